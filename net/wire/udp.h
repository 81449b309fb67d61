/*
 * SPDX-License-Identifier: MIT
 *
 * The UDP header on the wire (RFC 768).
 */
#ifndef NET_WIRE_UDP_H
#define NET_WIRE_UDP_H

#include "base/bytes.h"
#include "base/compiler.h"

#define UDP_HEADER_LEN 8

enum udp_off { UDP_OFF_SRC = 0, UDP_OFF_DST = 2, UDP_OFF_LEN = 4, UDP_OFF_CHECKSUM = 6 };

struct udp_header {
	uint16_t src_port, dst_port;
	uint16_t len;      /* bytes, header included */
	uint16_t checksum; /* 0: the sender made none */
};

/* False when the header or the length it claims does not lie in `len` bytes. */
static inline bool udp_header_read(const uint8_t *p, size_t len, struct udp_header *h)
{
	if (len < UDP_HEADER_LEN)
		return false;
	h->src_port = load_be16(p + UDP_OFF_SRC);
	h->dst_port = load_be16(p + UDP_OFF_DST);
	h->len = load_be16(p + UDP_OFF_LEN);
	h->checksum = load_be16(p + UDP_OFF_CHECKSUM);
	return h->len >= UDP_HEADER_LEN && h->len <= len;
}

/* Writes UDP_HEADER_LEN bytes. */
static inline void udp_header_write(uint8_t *p, const struct udp_header *h)
{
	store_be16(p + UDP_OFF_SRC, h->src_port);
	store_be16(p + UDP_OFF_DST, h->dst_port);
	store_be16(p + UDP_OFF_LEN, h->len);
	store_be16(p + UDP_OFF_CHECKSUM, h->checksum);
}

#endif
