/*
 * SPDX-License-Identifier: MIT
 *
 * The IPv4 header on the wire (RFC 791 3.1): offsets, numbers, and the functions that read and
 * write it.  Reading checks every length that later code relies on; checksum and addresses are
 * judged by net/ip/ipv4_input.c.
 */
#ifndef NET_WIRE_IPV4_H
#define NET_WIRE_IPV4_H

#include "base/bytes.h"
#include "base/compiler.h"
#include "net/wire/ip.h"

#define IPV4_HEADER_LEN 20 /* without options */
#define IPV4_HEADER_MAX 60
#define IPV4_OPTIONS_MAX 40

enum ipv4_off {
	IPV4_OFF_VERSION_IHL = 0,
	IPV4_OFF_TOS = 1,
	IPV4_OFF_TOTAL_LEN = 2,
	IPV4_OFF_ID = 4,
	IPV4_OFF_FRAGMENT = 6,
	IPV4_OFF_TTL = 8,
	IPV4_OFF_PROTOCOL = 9,
	IPV4_OFF_CHECKSUM = 10,
	IPV4_OFF_SRC = 12,
	IPV4_OFF_DST = 16,
	IPV4_OFF_OPTIONS = 20,
};

enum ipv4_fragment_bits {
	IPV4_DF = 0x4000,
	IPV4_MF = 0x2000,
	IPV4_FRAGMENT_OFFSET = 0x1fff, /* in units of 8 bytes */
};

enum ipv4_option {
	IPV4_OPT_END = 0,
	IPV4_OPT_NOP = 1,
	IPV4_OPT_LSRR = 131,
	IPV4_OPT_SSRR = 137,
};

#define IPV4_ADDR_BROADCAST UINT32_C(0xffffffff)
#define IPV4_LINK_LOCAL_NET UINT32_C(0xa9fe0000)  /* 169.254/16, RFC 3927 */
#define IPV4_ADDR_ALL_HOSTS UINT32_C(0xe0000001) /* 224.0.0.1, RFC 1112 */

struct ipv4_header {
	uint8_t header_len; /* bytes, options included */
	uint8_t tos;
	uint8_t ttl;
	uint8_t protocol;
	uint16_t total_len; /* bytes, header included */
	uint16_t id;
	uint16_t fragment; /* enum ipv4_fragment_bits */
	uint32_t src, dst; /* host order */
};

/* The header's own fields.  False when it is not IPv4 or its header does not lie in `len` bytes;
 * total_len is not judged against `len` (the packet that an ICMP error quotes is truncated). */
static inline bool ipv4_header_read_quoted(const uint8_t *p, size_t len, struct ipv4_header *h)
{
	if (len < IPV4_HEADER_LEN || p[IPV4_OFF_VERSION_IHL] >> 4 != 4)
		return false;
	h->header_len = (uint8_t)((p[IPV4_OFF_VERSION_IHL] & 0xf) * 4);
	h->tos = p[IPV4_OFF_TOS];
	h->ttl = p[IPV4_OFF_TTL];
	h->protocol = p[IPV4_OFF_PROTOCOL];
	h->total_len = load_be16(p + IPV4_OFF_TOTAL_LEN);
	h->id = load_be16(p + IPV4_OFF_ID);
	h->fragment = load_be16(p + IPV4_OFF_FRAGMENT);
	h->src = load_be32(p + IPV4_OFF_SRC);
	h->dst = load_be32(p + IPV4_OFF_DST);
	return h->header_len >= IPV4_HEADER_LEN && h->header_len <= len &&
	       h->total_len >= h->header_len;
}

/* A packet that was received: all of total_len must be there.  What is behind it is padding. */
static inline bool ipv4_header_read(const uint8_t *p, size_t len, struct ipv4_header *h)
{
	return ipv4_header_read_quoted(p, len, h) && h->total_len <= len;
}

/* Writes IPV4_HEADER_LEN bytes with a checksum of 0; h->header_len is not used. */
static inline void ipv4_header_write(uint8_t *p, const struct ipv4_header *h)
{
	p[IPV4_OFF_VERSION_IHL] = 0x45;
	p[IPV4_OFF_TOS] = h->tos;
	store_be16(p + IPV4_OFF_TOTAL_LEN, h->total_len);
	store_be16(p + IPV4_OFF_ID, h->id);
	store_be16(p + IPV4_OFF_FRAGMENT, h->fragment);
	p[IPV4_OFF_TTL] = h->ttl;
	p[IPV4_OFF_PROTOCOL] = h->protocol;
	store_be16(p + IPV4_OFF_CHECKSUM, 0);
	store_be32(p + IPV4_OFF_SRC, h->src);
	store_be32(p + IPV4_OFF_DST, h->dst);
}

static inline bool ipv4_addr_is_multicast(uint32_t a)
{
	return a >> 28 == 0xe;
}

static inline bool ipv4_addr_is_loopback(uint32_t a)
{
	return a >> 24 == 127;
}

/* An address that one host can have: not 0/8, loopback, multicast, reserved, or broadcast. */
static inline bool ipv4_addr_is_host(uint32_t a)
{
	return a >> 24 != 0 && !ipv4_addr_is_loopback(a) && a >> 28 < 0xe;
}

#endif
