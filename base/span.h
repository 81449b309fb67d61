/*
 * SPDX-License-Identifier: MIT
 *
 * Bytes of memory that another owner holds: where they are and how many.  No terminator, no ownership: a span is valid as
 * long as the memory that it points into.  tools/check_layers.py keeps it the only type of its kind.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "base/compiler.h"

struct span {
	const char *at; /* may be anything where len is 0 */
	size_t len;
};

/* All of a string. */
struct span span_of(const char *string);
/* The same bytes. */
bool span_equal(struct span a, struct span b);
/* The same but for the case of letters. */
bool span_equal_any_case(struct span a, struct span b);
bool span_is(struct span s, const char *string);
/* The index of the first byte that is one of `any_of`; `len` if there is none. */
size_t span_find(struct span s, const char *any_of);
/* Without the spaces and tabs around it. */
struct span span_trim(struct span s);
/* Removes the first `len` bytes, at most all, from *rest and returns them. */
struct span span_take(struct span *rest, size_t len);

/* For what reads numbers from it. */
static inline const uint8_t *span_bytes(struct span s)
{
	return (const uint8_t *)s.at;
}

#endif
