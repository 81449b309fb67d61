/*
 * SPDX-License-Identifier: MIT
 *
 * ChaCha20, one block at a time (RFC 8439 2.1-2.3).  Small rather than fast: a run draws a few dozen
 * blocks, and in an emulator code that runs once costs more by its length than by its loops.
 */
#include "kernel/entropy/chacha.h"

#include "base/bytes.h"
#include "base/string.h"

static uint32_t rotate(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static void store_le32(uint8_t *p, uint32_t v)
{
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		v = __builtin_bswap32(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

/* RFC 8439 2.1 */
static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

void chacha20_block(const uint8_t key[CHACHA_KEY_LEN], uint32_t counter,
		    const uint8_t nonce[CHACHA_NONCE_LEN], uint8_t out[CHACHA_BLOCK_LEN])
{
	/* RFC 8439 2.3: "expand 32-byte k", the key, the counter, the nonce. */
	uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	uint32_t s[16];

	for (unsigned i = 0; i < 8; i++)
		start[4 + i] = load_le32(key + 4 * i);
	start[12] = counter;
	for (unsigned i = 0; i < 3; i++)
		start[13 + i] = load_le32(nonce + 4 * i);

	memcpy(s, start, sizeof(s));
	/* Ten times four columns and four diagonals, each diagonal a column turned by its row. */
	for (unsigned i = 0; i < 80; i++) {
		unsigned turn = i / 4 % 2;

		quarter_round(&s[i % 4], &s[4 + (i + turn) % 4], &s[8 + (i + 2 * turn) % 4],
			      &s[12 + (i + 3 * turn) % 4]);
	}
	for (unsigned i = 0; i < 16; i++)
		store_le32(out + 4 * i, s[i] + start[i]);
}
