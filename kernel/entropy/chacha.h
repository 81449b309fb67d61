/* SPDX-License-Identifier: MIT */
/* The ChaCha20 block function, RFC 8439 2.3.  Pure. */
#ifndef KERNEL_ENTROPY_CHACHA_H
#define KERNEL_ENTROPY_CHACHA_H

#include "base/compiler.h"

#define CHACHA_KEY_LEN 32
#define CHACHA_NONCE_LEN 12
#define CHACHA_BLOCK_LEN 64

void chacha20_block(const uint8_t key[CHACHA_KEY_LEN], uint32_t counter,
		    const uint8_t nonce[CHACHA_NONCE_LEN], uint8_t out[CHACHA_BLOCK_LEN]);

#endif
