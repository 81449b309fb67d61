/*
 * SPDX-License-Identifier: MIT
 *
 * The Internet checksum (RFC 1071): sums, folding, and sums over a packet with pieces.
 *
 * Every sum here is a plain number: the sum of 16-bit words as big-endian values, so it can be
 * compared with, and added to, what load_be16() gives.  Sums of parts are added as numbers and
 * folded once at the end; a part that starts at an odd offset goes through checksum_shift().
 */
#ifndef NET_CHECKSUM_H
#define NET_CHECKSUM_H

#include "base/compiler.h"

struct pktbuf;

/* The sum over p[0..len), at most 0xffff; an odd last byte is padded with zero on its right.
 * `p` needs no alignment. */
uint32_t checksum_sum(const void *p, size_t len) MUST_CHECK;

/* The sum over everything from data + off to the end of the packet, pieces included. */
uint32_t checksum_sum_packet(const struct pktbuf *pkt, size_t off) MUST_CHECK;

/* Stores the checksum that a packet with PKTBUF_CSUM_PARTIAL still lacks, and clears the flag. */
void checksum_complete(struct pktbuf *pkt);

/* A sum of up to 65,536 words, folded to 16 bits. */
static inline uint16_t checksum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The value for a checksum field.  Over data that holds a right checksum it is 0. */
static inline uint16_t checksum_finish(uint32_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

/* The sum of a part, as it counts when the part starts at an odd offset: RFC 1071 2 (B), the
 * bytes are swapped. */
static inline uint32_t checksum_shift(uint32_t sum)
{
	return __builtin_bswap16(checksum_fold(sum));
}

#endif
