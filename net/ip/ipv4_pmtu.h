/*
 * SPDX-License-Identifier: MIT
 *
 * What is known of the MTU of paths (RFC 1191): a bounded cache, kept by IP for the transports.
 * Each protocol has its own entries, since each has its own way to tell a forged report from a true
 * one (RFC 5927), and the weaker must not speak for the stronger.
 */
#ifndef NET_IP_IPV4_PMTU_H
#define NET_IP_IPV4_PMTU_H

#include "base/compiler.h"

struct stack;

#define IPV4_PMTU_ENTRIES 64
#define IPV4_PMTU_NS (600 * NS_PER_S) /* RFC 1191 6.3: then a larger one is tried */
#define IPV4_MTU_MIN 68u              /* RFC 791: what every link carries */
/* No path is taken for narrower than this, or whoever can forge a report makes us send dust.  Where
 * a router says less, packets go with DF clear and it may cut them: RFC 1191 3 leaves the choice. */
#define IPV4_PMTU_FLOOR 552u

struct ipv4_pmtu {
	uint32_t count; /* entries in use, those past their time included */
	struct ipv4_pmtu_entry {
		uint64_t until_ns;
		uint32_t dst;
		uint16_t mtu;
		uint8_t protocol;
		bool narrow;
	} entries[IPV4_PMTU_ENTRIES];
};

struct ipv4_path {
	uint16_t mtu;
	bool narrow; /* narrower than the floor: routers must be allowed to cut */
};

/* The path to `dst` through a link with `link_mtu`. */
struct ipv4_path ipv4_path_find(const struct stack *stack, uint32_t dst, uint8_t protocol,
				uint16_t link_mtu, uint64_t now_ns);

/* An ICMP error, "fragmentation needed and DF set", about a packet of ours. */
struct ipv4_too_big {
	uint32_t local, remote; /* host order */
	uint16_t local_port, remote_port; /* ICMP: the echo's identifier, and 0 */
	uint8_t protocol;
	uint32_t seq;           /* the quoted segment's, where it is TCP */
	uint32_t said_by;
	uint16_t said;          /* next-hop MTU */
	uint16_t quoted_len;    /* total length of the packet that was dropped */
};

/* A router's "fragmentation needed": `said` and `quoted_len` as above, `current` the MTU
 * assumed so far.  The MTU to go down to, or 0 where the report makes no sense. */
uint16_t ipv4_pmtu_claim(uint16_t said, uint16_t quoted_len, uint16_t current) MUST_CHECK;

/* The transport has believed a claim.  Returns the path as it is from now on. */
struct ipv4_path ipv4_pmtu_lower(struct stack *stack, uint32_t dst, uint8_t protocol,
				 uint16_t claim, uint64_t now_ns);

#endif
