/* SPDX-License-Identifier: MIT */
/* app/http/crc32 against the definition, bit by bit, at every length around its edges. */
#include <stdlib.h>
#include <string.h>

#include "app/http/crc32.h"
#include "tests/runner/unit.h"

static struct crc32 crc;

/* ISO 3309's definition, as slow as it gets. */
static uint32_t reference(uint32_t reg, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		reg ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			reg = reg >> 1 ^ (reg & 1 ? 0xedb88320 : 0);
	}
	return reg;
}

TEST(known_values)
{
	crc32_init(&crc);
	assert_int_equal(crc32_value(&crc), 0);
	crc32_update(&crc, "123456789", 9);
	assert_int_equal(crc32_value(&crc), 0xcbf43926);
	crc32_init(&crc);
	crc32_update(&crc, "The quick brown fox jumps over the lazy dog", 43);
	assert_int_equal(crc32_value(&crc), 0x414fa339);
}

/* One byte at a time, checked at every length: all alignments of the tail, words before and after
 * the window is full, moves of the window. */
TEST(every_length)
{
	uint32_t reg = UINT32_MAX, seed = 1;

	crc32_init(&crc);
	for (size_t len = 1; len <= 8 * (CRC32_BLOCK + CRC32_REACH) + 100; len++) {
		uint8_t byte;

		seed = seed * 1664525 + 1013904223;
		byte = (uint8_t)(seed >> 24);
		crc32_update(&crc, &byte, 1);
		reg = reference(reg, &byte, 1);
		if (len < 100 || len % 37 == 0 || len % (8 * CRC32_BLOCK) < 20)
			assert_int_equal(crc32_value(&crc), ~reg);
	}
}

/* Long messages in pieces of odd sizes, zeros in front, ones all over. */
TEST(pieces_of_any_size)
{
	enum { LEN = 200000 };
	uint8_t *data = malloc(LEN);
	uint32_t seed = 7;

	for (int kind = 0; kind < 4; kind++) {
		crc32_init(&crc);
		for (size_t i = 0; i < LEN; i++) {
			seed = seed * 1664525 + 1013904223;
			data[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)(seed >> 24);
		}
		if (kind == 3)
			memset(data, 0, LEN / 2);
		for (size_t at = 0; at < LEN;) {
			size_t n = (seed >> 20) % (kind == 2 ? 20000 : 50);

			n = MIN(n, LEN - at);
			crc32_update(&crc, data + at, n);
			at += n;
			seed = seed * 1664525 + 1013904223;
		}
		assert_int_equal(crc32_value(&crc), ~reference(UINT32_MAX, data, LEN));
	}
	free(data);
}
