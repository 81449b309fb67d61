/*
 * SPDX-License-Identifier: MIT
 *
 * The TCP header on the wire (RFC 9293 3.1).  Reading checks the data offset against the segment;
 * the options behind the fixed part are parsed in net/tcp/.
 */
#ifndef NET_WIRE_TCP_H
#define NET_WIRE_TCP_H

#include "base/bytes.h"
#include "base/compiler.h"

#define TCP_HEADER_LEN 20 /* without options */
#define TCP_HEADER_MAX 60
#define TCP_OPTIONS_MAX 40

enum tcp_off {
	TCP_OFF_SRC = 0,
	TCP_OFF_DST = 2,
	TCP_OFF_SEQ = 4,
	TCP_OFF_ACK = 8,
	TCP_OFF_DATA_OFFSET = 12,
	TCP_OFF_FLAGS = 13,
	TCP_OFF_WINDOW = 14,
	TCP_OFF_CHECKSUM = 16,
	TCP_OFF_URGENT = 18,
	TCP_OFF_OPTIONS = 20,
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
	TCP_AE = 0x100, /* RFC 9768; in the octet of the data offset */
};
#define TCP_FLAGS_MASK 0x1ff

enum tcp_option_kind {
	TCP_OPT_END = 0,
	TCP_OPT_NOP = 1,
	TCP_OPT_MSS = 2,            /* length 4, RFC 9293 3.7.1 */
	TCP_OPT_WINDOW_SCALE = 3,   /* length 3, RFC 7323 2 */
	TCP_OPT_SACK_PERMITTED = 4, /* length 2, RFC 2018 2 */
	TCP_OPT_SACK = 5,           /* length 2 + 8n, RFC 2018 3 */
	TCP_OPT_TIMESTAMPS = 8,     /* length 10, RFC 7323 3 */
	TCP_OPT_ACCECN0 = 172,      /* length 2 + 3n, RFC 9768 3.2.3 */
	TCP_OPT_ACCECN1 = 174,
};

struct tcp_header {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint8_t header_len; /* bytes, options included */
	uint16_t flags;     /* enum tcp_flag */
	uint16_t window;    /* as on the wire, not scaled */
	uint16_t urgent;
};

/* False when the fixed header, or the header that the data offset claims, is not in `len` bytes. */
static inline bool tcp_header_read(const uint8_t *p, size_t len, struct tcp_header *h)
{
	if (len < TCP_HEADER_LEN)
		return false;
	h->src_port = load_be16(p + TCP_OFF_SRC);
	h->dst_port = load_be16(p + TCP_OFF_DST);
	h->seq = load_be32(p + TCP_OFF_SEQ);
	h->ack = load_be32(p + TCP_OFF_ACK);
	h->header_len = (uint8_t)((p[TCP_OFF_DATA_OFFSET] >> 4) * 4);
	h->flags = load_be16(p + TCP_OFF_DATA_OFFSET) & TCP_FLAGS_MASK;
	h->window = load_be16(p + TCP_OFF_WINDOW);
	h->urgent = load_be16(p + TCP_OFF_URGENT);
	return h->header_len >= TCP_HEADER_LEN && h->header_len <= len;
}

/* Writes the fixed TCP_HEADER_LEN bytes with a checksum of 0; the caller writes the options. */
static inline void tcp_header_write(uint8_t *p, const struct tcp_header *h)
{
	store_be16(p + TCP_OFF_SRC, h->src_port);
	store_be16(p + TCP_OFF_DST, h->dst_port);
	store_be32(p + TCP_OFF_SEQ, h->seq);
	store_be32(p + TCP_OFF_ACK, h->ack);
	store_be16(p + TCP_OFF_DATA_OFFSET, (uint16_t)(h->header_len / 4 << 12 | h->flags));
	store_be16(p + TCP_OFF_WINDOW, h->window);
	store_be16(p + TCP_OFF_CHECKSUM, 0);
	store_be16(p + TCP_OFF_URGENT, h->urgent);
}

#endif
