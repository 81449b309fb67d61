/* SPDX-License-Identifier: MIT */
/* A stretch of text that somebody else owns; not terminated. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/compiler.h"

struct span {
	const char *at;
	size_t len;
};

#endif
