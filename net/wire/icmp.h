/*
 * SPDX-License-Identifier: MIT
 *
 * ICMP on the wire (RFC 792): type, code, checksum, four bytes whose meaning depends on the type.
 */
#ifndef NET_WIRE_ICMP_H
#define NET_WIRE_ICMP_H

#include "base/bytes.h"
#include "base/compiler.h"

#define ICMP_HEADER_LEN 8

enum icmp_off {
	ICMP_OFF_TYPE = 0,
	ICMP_OFF_CODE = 1,
	ICMP_OFF_CHECKSUM = 2,
	ICMP_OFF_REST = 4,
	ICMP_OFF_ID = 4,  /* echo */
	ICMP_OFF_SEQ = 6, /* echo */
};

enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
};

enum icmp_unreachable_code {
	ICMP_UNREACH_NET = 0,
	ICMP_UNREACH_HOST = 1,
	ICMP_UNREACH_PROTOCOL = 2,
	ICMP_UNREACH_PORT = 3,
	ICMP_UNREACH_FRAG_NEEDED = 4,
	ICMP_UNREACH_SOURCE_ROUTE = 5,
	ICMP_UNREACH_NET_UNKNOWN = 6,
	ICMP_UNREACH_HOST_UNKNOWN = 7,
	ICMP_UNREACH_ISOLATED = 8,
	ICMP_UNREACH_NET_PROHIBITED = 9,
	ICMP_UNREACH_HOST_PROHIBITED = 10,
	ICMP_UNREACH_NET_TOS = 11,
	ICMP_UNREACH_HOST_TOS = 12,
	ICMP_UNREACH_ADMIN = 13,
	ICMP_UNREACH_PRECEDENCE = 14,
	ICMP_UNREACH_PRECEDENCE_CUTOFF = 15,
};

enum icmp_time_exceeded_code {
	ICMP_TIME_EXCEEDED_TRANSIT = 0,
	ICMP_TIME_EXCEEDED_REASSEMBLY = 1,
};

struct icmp_header {
	uint8_t type, code;
	uint32_t rest; /* bytes 4-7: identifier and sequence number of an echo */
};

/* False when `len` bytes cannot hold the header. */
static inline bool icmp_header_read(const uint8_t *p, size_t len, struct icmp_header *h)
{
	if (len < ICMP_HEADER_LEN)
		return false;
	h->type = p[ICMP_OFF_TYPE];
	h->code = p[ICMP_OFF_CODE];
	h->rest = load_be32(p + ICMP_OFF_REST);
	return true;
}

/* Writes ICMP_HEADER_LEN bytes with a checksum of 0. */
static inline void icmp_header_write(uint8_t *p, const struct icmp_header *h)
{
	p[ICMP_OFF_TYPE] = h->type;
	p[ICMP_OFF_CODE] = h->code;
	store_be16(p + ICMP_OFF_CHECKSUM, 0);
	store_be32(p + ICMP_OFF_REST, h->rest);
}

#endif
