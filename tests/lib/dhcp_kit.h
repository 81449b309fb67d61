/*
 * SPDX-License-Identifier: MIT
 *
 * A DHCP server under a test's control, one message at a time: reads what the client sent, and makes
 * answers option by option, right or wrong.  Its bytes are made by code of its own.
 */
#ifndef TESTS_LIB_DHCP_KIT_H
#define TESTS_LIB_DHCP_KIT_H

#include "net/dhcp.h"
#include "tests/lib/stack_kit.h"

#define DHCP_KIT_SERVER KIT_PEER_IP
#define DHCP_KIT_LEASE 3600u

enum { /* RFC 2132 9.6 */
	DK_DISCOVER = 1, DK_OFFER, DK_REQUEST, DK_DECLINE, DK_ACK, DK_NAK, DK_RELEASE,
};

/* What a client said; 0: not there. */
struct dk_said {
	uint64_t t_ns;
	uint8_t type;
	uint32_t xid, ciaddr, requested, server_id;
	uint16_t secs, flags, max_size;
	uint32_t src, dst; /* of its packet */
	uint8_t mac[6];
	bool wants_121_before_3; /* RFC 3442 */
	bool wants_119_and_249;
	bool broadcast_dst;       /* by its Ethernet address */
	char hostname[64];
};

/* Decodes and checks it: a UDP datagram from port 68 to 67 of at least 300 bytes, with its client
 * identifier and each option whole; anything else fails the test.  False where the frame is none of
 * DHCP's. */
bool dk_read(const struct kit_sent *s, struct dk_said *said);
/* The same of the datagram's payload alone. */
void dk_parse(const uint8_t *p, size_t len, struct dk_said *said);

/* An answer under construction. */
struct dk_answer {
	uint8_t bytes[1400];
	size_t len;
};

/* A reply to `said` with that type and yiaddr, and no options but 53; then options; then END. */
void dk_begin(struct dk_answer *a, const struct dk_said *said, uint8_t type, uint32_t yiaddr);
void dk_option(struct dk_answer *a, uint8_t code, const void *data, size_t len);
void dk_option_u32(struct dk_answer *a, uint8_t code, uint32_t value);
void dk_end(struct dk_answer *a);
/* Type, server, mask /24, the server as router, a lease of DHCP_KIT_LEASE; without END. */
void dk_usual(struct dk_answer *a, const struct dk_said *said, uint8_t type, uint32_t yiaddr);

struct dk_way {
	uint32_t src, dst;       /* 0: DHCP_KIT_SERVER, 255.255.255.255 */
	uint16_t src_port;       /* 0: 67 */
	const uint8_t *eth_dst;  /* NULL: KIT_MAC */
};
/* Puts it on the wire; `way` may be NULL. */
void dk_send(struct kit *k, const struct dk_answer *a, const struct dk_way *way);

#endif
