/* SPDX-License-Identifier: MIT */
/* Erasing a secret from memory that nobody reads afterwards, which a memset() would not survive. */
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
