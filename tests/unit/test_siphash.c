/* SPDX-License-Identifier: MIT */
/* net/siphash against the test values of the SipHash paper and its reference vectors: key
 * 00 01 .. 0f, message 00 01 .. of each length. */
#include <stdlib.h>
#include <string.h>

#include "net/siphash.h"
#include "tests/runner/unit.h"

static const uint8_t key[SIPHASH_KEY_LEN] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static uint64_t hash_of_length(size_t len)
{
	uint8_t *message = malloc(len + (len == 0)); /* exact, so that ASan sees a byte too far */
	uint64_t h;

	for (size_t i = 0; i < len; i++)
		message[i] = (uint8_t)i;
	h = siphash(key, message, len);
	free(message);
	return h;
}

TEST(published_vectors)
{
	assert_true(hash_of_length(0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(hash_of_length(1) == UINT64_C(0x74f839c593dc67fd));
	assert_true(hash_of_length(2) == UINT64_C(0x0d6c8009d9a94f5a));
	assert_true(hash_of_length(7) == UINT64_C(0xab0200f58b01d137));
	assert_true(hash_of_length(8) == UINT64_C(0x93f5f5799a932462));
	/* The worked example of the paper's appendix A. */
	assert_true(hash_of_length(15) == UINT64_C(0xa129ca6149be45e5));
	assert_true(hash_of_length(63) == UINT64_C(0x958a324ceb064572));
}

TEST(key_and_length_matter)
{
	uint8_t other[SIPHASH_KEY_LEN], zeros[16] = {0};

	memcpy(other, key, sizeof(other));
	other[15] ^= 1;
	assert_true(siphash(key, "x", 1) != siphash(other, "x", 1));
	for (size_t len = 1; len <= sizeof(zeros); len++)
		assert_true(siphash(key, zeros, len) != siphash(key, zeros, len - 1));
}
