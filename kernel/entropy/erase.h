/* SPDX-License-Identifier: MIT */
/* Erasing a secret from memory that is not read afterwards, where the compiler would leave out a memset(). */
#ifndef KERNEL_ENTROPY_ERASE_H
#define KERNEL_ENTROPY_ERASE_H

#include "base/compiler.h"

static inline void erase(void *secret, size_t len)
{
	volatile uint8_t *at = secret;

	while (len-- > 0)
		*at++ = 0;
}

#endif
