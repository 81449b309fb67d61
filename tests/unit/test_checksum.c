/* SPDX-License-Identifier: MIT */
/* net/checksum against RFC 1071's own example and a byte-by-byte reference. */
#include <stdlib.h>

#include "net/checksum.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

/* RFC 1071 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2, so the checksum is 220d. */
TEST(the_example_of_rfc_1071)
{
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	assert_int_equal(checksum_fold(checksum_sum(bytes, sizeof(bytes))), 0xddf2);
	assert_int_equal(checksum_finish(checksum_sum(bytes, sizeof(bytes))), 0x220d);
}

/* A published IPv4 header: 45 00 00 73 00 00 40 00 40 11 b8 61 c0 a8 00 01 c0 a8 00 c7. */
TEST(a_right_header_checks_to_zero)
{
	uint8_t h[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		       0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

	assert_int_equal(checksum_finish(checksum_sum(h, sizeof(h))), 0);
	h[3] ^= 1;
	assert_int_not_equal(checksum_finish(checksum_sum(h, sizeof(h))), 0);
}

/* Zero and all ones are the same number in one's complement: compare what goes on the wire. */
static uint16_t wire_value(uint32_t sum)
{
	uint16_t v = checksum_finish(sum);

	return v == 0xffff ? 0 : v;
}

TEST(every_length_and_alignment)
{
	struct kit_port kp;

	kit_port_open(&kp, 42);
	for (size_t len = 0; len <= 300; len++) {
		for (size_t align = 0; align < 9; align++) {
			uint8_t *block = malloc(align + len + 1), *p = block + align;

			kp.port.random(kp.port.ctx, block, align + len);
			/* Exactly to the end of the heap block, so that a byte too far is seen. */
			p = memmove(block + 1 + align, p, len);
			assert_int_equal(wire_value(checksum_sum(p, len)),
					 wire_value(kit_sum(0, p, len)));
			free(block);
		}
	}
	kit_port_close(&kp);
}

TEST(all_ones_carry_all_the_way)
{
	static uint8_t ones[65535];

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(checksum_fold(checksum_sum(ones, 65534)), 0xffff);
	assert_int_equal(wire_value(checksum_sum(ones, 65535)),
			 wire_value(kit_sum(0, ones, 65535)));
}

/* Adding the carries can carry once more: 2^64-1, 1 and 2^64-1 in either byte order. */
TEST(the_last_carry_is_not_lost)
{
	uint8_t little[24], big[24];

	memset(little, 0xff, sizeof(little));
	memset(little + 8, 0, 8);
	memcpy(big, little, sizeof(big));
	little[8] = big[15] = 1;
	assert_int_equal(wire_value(checksum_sum(little, 24)), wire_value(kit_sum(0, little, 24)));
	assert_int_equal(wire_value(checksum_sum(big, 24)), wire_value(kit_sum(0, big, 24)));
}

/* A packet in pieces of odd lengths sums to what its bytes in a row sum to. */
TEST(pieces_of_odd_lengths)
{
	struct kit_port kp;
	struct pktbuf_pool pool;
	uint8_t bytes[400];

	kit_port_open(&kp, 7);
	pktbuf_pool_init(&pool, &kp.port, 512, 1);
	for (unsigned round = 0; round < 500; round++) {
		struct pktbuf *pkt = pktbuf_alloc(&pool, round % 7);
		uint8_t cut[5];
		size_t at, off;

		kp.port.random(kp.port.ctx, bytes, sizeof(bytes));
		kp.port.random(kp.port.ctx, cut, sizeof(cut));
		at = 21 + cut[0] % 40;
		memcpy(pktbuf_put(pkt, at), bytes, at);
		for (unsigned i = 1; i < 5; i++) {
			uint32_t n = cut[i] % 80;

			assert_true(pktbuf_add_piece(pkt, bytes + at, n));
			at += n;
		}
		off = cut[0] % 21;
		assert_int_equal(wire_value(checksum_sum_packet(pkt, off)),
				 wire_value(kit_sum(0, bytes + off, at - off)));
		pktbuf_free(pkt);
	}
	pktbuf_pool_destroy(&pool);
	kit_port_close(&kp);
}

TEST(completing_stores_the_value_and_clears_the_flag)
{
	static const uint8_t piece[3] = {1, 2, 3};
	struct kit_port kp;
	struct pktbuf_pool pool;
	struct pktbuf *pkt;
	uint8_t flat[23];
	uint8_t *p;

	kit_port_open(&kp, 7);
	pktbuf_pool_init(&pool, &kp.port, 512, 1);
	pkt = pktbuf_alloc(&pool, 0);
	p = pktbuf_put(pkt, 20);
	for (unsigned i = 0; i < 20; i++)
		p[i] = (uint8_t)(i * 37);
	assert_true(pktbuf_add_piece(pkt, piece, 3));
	store_be16(p + 4 + 6, 0x1234); /* the pseudo-header's part */
	pkt->flags = PKTBUF_CSUM_PARTIAL;
	pkt->csum_start = 4;
	pkt->csum_off = 6;
	memcpy(flat, p, 20);
	memcpy(flat + 20, piece, 3);
	checksum_complete(pkt);
	assert_int_equal(load_be16(p + 10), kit_checksum(kit_sum(0, flat + 4, 19)));
	assert_int_equal(pkt->flags, 0);
	pktbuf_free(pkt);
	pktbuf_pool_destroy(&pool);
	kit_port_close(&kp);
}

/* RFC 768: an all-zero result is sent as all ones, since 0 says "none was made". */
TEST(completing_never_stores_zero)
{
	struct kit_port kp;
	struct pktbuf_pool pool;
	struct pktbuf *pkt;
	uint8_t *p;

	kit_port_open(&kp, 7);
	pktbuf_pool_init(&pool, &kp.port, 64, 1);
	pkt = pktbuf_alloc(&pool, 0);
	p = pktbuf_put(pkt, 8);
	memset(p, 0, 8);
	store_be16(p, 0xffff);
	pkt->flags = PKTBUF_CSUM_PARTIAL;
	pkt->csum_off = 6;
	checksum_complete(pkt);
	assert_int_equal(load_be16(p + 6), 0xffff);
	pktbuf_free(pkt);
	pktbuf_pool_destroy(&pool);
	kit_port_close(&kp);
}
