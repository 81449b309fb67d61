/* SPDX-License-Identifier: MIT */
/* kernel/entropy/chacha: the block function against RFC 8439 2.3.2 and its appendix A.1. */
#include <stdlib.h>
#include <string.h>

#include "kernel/entropy/chacha.h"
#include "tests/runner/unit.h"

struct vector {
	uint8_t key[CHACHA_KEY_LEN];
	uint8_t nonce[CHACHA_NONCE_LEN];
	uint32_t counter;
	const char *hex;
};

static const struct vector vectors[] = {
	/* 2.3.2 */
	{
		.key = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
			21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31},
		.nonce = {0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0},
		.counter = 1,
		.hex = "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
		       "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
	},
	/* A.1, vectors 1 to 5 */
	{
		.hex = "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
		       "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
	},
	{
		.counter = 1,
		.hex = "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
		       "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
	},
	{
		.key = {[31] = 1},
		.counter = 1,
		.hex = "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
		       "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
	},
	{
		.key = {[1] = 0xff},
		.counter = 2,
		.hex = "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
		       "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
	},
	{
		.nonce = {[11] = 2},
		.hex = "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
		       "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d",
	},
};

TEST(rfc8439_blocks)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];
		uint8_t out[CHACHA_BLOCK_LEN];
		char hex[2 * CHACHA_BLOCK_LEN + 1] = "";

		chacha20_block(v->key, v->counter, v->nonce, out);
		for (size_t j = 0; j < sizeof(out); j++) {
			hex[2 * j] = "0123456789abcdef"[out[j] >> 4];
			hex[2 * j + 1] = "0123456789abcdef"[out[j] & 15];
		}
		assert_string_equal(hex, v->hex);
	}
}
