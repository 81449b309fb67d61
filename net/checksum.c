/*
 * SPDX-License-Identifier: MIT
 *
 * The Internet checksum (RFC 1071), eight bytes a step: one's-complement addition does not care
 * about word size, so 64-bit sums with end-around carry fold down to the 16-bit one, and byte order
 * is repaired once at the end (RFC 1071 2 (B) and (C)).
 */
#include "net/checksum.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "net/pktbuf.h"

static inline uint64_t load_native64(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

/* The last 0-7 bytes as they would lie in a zero-filled 64-bit word. */
static uint64_t load_tail(const uint8_t *p, size_t len)
{
	uint8_t bytes[8] = {0};

	for (size_t i = 0; i < len; i++)
		bytes[i] = p[i];
	return load_native64(bytes);
}

static uint16_t fold64(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return checksum_fold((uint32_t)sum);
}

/* Adds 8 bytes; the carries are counted apart and come back in at the end, where they belong in
 * one's complement.  Compilers make two instructions of this: add, and add with carry. */
#define SUM_STEP(sum, carries, p) \
	((carries) += __builtin_add_overflow((sum), load_native64(p), &(sum)))

uint32_t checksum_sum(const void *ptr, size_t len)
{
	const uint8_t *p = ptr;
	uint64_t sum = 0, carries = 0;
	uint16_t native;
	bool last;

	for (; len >= 32; p += 32, len -= 32) {
		SUM_STEP(sum, carries, p);
		SUM_STEP(sum, carries, p + 8);
		SUM_STEP(sum, carries, p + 16);
		SUM_STEP(sum, carries, p + 24);
	}
	for (; len >= 8; p += 8, len -= 8)
		SUM_STEP(sum, carries, p);
	carries += __builtin_add_overflow(sum, load_tail(p, len), &sum);
	last = __builtin_add_overflow(sum, carries, &sum);
	native = fold64(sum + last);
	return load_be16(&native);
}

uint32_t checksum_sum_packet(const struct pktbuf *pkt, size_t off)
{
	size_t n = pktbuf_len(pkt) - off;
	uint32_t sum = checksum_sum(pkt->data + off, n);
	bool odd = n & 1;

	for (unsigned i = 0; i < pkt->n_pieces; i++) {
		const struct pktbuf_piece *piece = &pkt->pieces[i];
		uint32_t part = checksum_sum(piece->base, piece->len);

		sum += odd ? checksum_shift(part) : part;
		odd ^= piece->len & 1;
	}
	return sum;
}

void checksum_complete(struct pktbuf *pkt)
{
	uint16_t value;

	ASSERT((size_t)pkt->csum_start + pkt->csum_off + 2 <= pktbuf_len(pkt));
	value = checksum_finish(checksum_sum_packet(pkt, pkt->csum_start));
	/* RFC 768: a computed 0 is sent as all ones; TCP's receiver cannot tell the two apart. */
	if (value == 0)
		value = 0xffff;
	store_be16(pkt->data + pkt->csum_start + pkt->csum_off, value);
	pkt->flags &= (uint16_t)~PKTBUF_CSUM_PARTIAL;
}
