/*
 * SPDX-License-Identifier: MIT
 *
 * What is known of the MTU of paths (RFC 1191, RFC 8201): a bounded cache, kept by IP for the transports.
 * Each protocol has its own entries, since each has its own way to tell a forged report from a true
 * one (RFC 5927), and the weaker must not speak for the stronger.
 */
#ifndef NET_IP_PATH_MTU_H
#define NET_IP_PATH_MTU_H

#include "base/net_addr.h"

struct stack;

#define IP_PMTU_ENTRIES 64
#define IP_PMTU_NS (600 * NS_PER_S) /* RFC 1191 6.3, RFC 8201 4: then a larger one is tried */
#define IPV4_MTU_MIN 68u   /* RFC 791: what every link carries */
#define IPV6_MTU_MIN 1280u /* RFC 8200 5 */
/* No path is taken for narrower than this, or a host that can forge a report makes us send tiny packets.  Where
 * a router says less, packets go with DF clear and it may cut them: RFC 1191 3 leaves the choice.
 * IPv6's routers cannot cut, and RFC 8201 4 has its own floor, IPV6_MTU_MIN. */
#define IPV4_PMTU_FLOOR 552u

struct ip_path_mtus {
	uint32_t count; /* entries in use, those past their time included */
	struct ip_path_entry {
		uint64_t until_ns;
		struct net_addr dst;
		uint16_t mtu;
		uint8_t protocol;
		bool narrow;
	} entries[IP_PMTU_ENTRIES];
};

struct ip_path {
	uint16_t mtu;
	bool narrow; /* narrower than the floor: routers must be allowed to cut */
};

/* The path to `dst` through a link with `link_mtu`. */
struct ip_path ip_path_find(const struct stack *stack, const struct net_addr *dst, uint8_t protocol,
			    uint16_t link_mtu, uint64_t now_ns);

/* A router's report that a packet to `dst` was too long: the MTU it names, the packet's total length, the
 * MTU assumed so far.  The MTU to go down to, or 0 where the report makes no sense. */
uint16_t ip_path_candidate(const struct net_addr *dst, uint16_t reported, uint16_t quoted_len,
		       uint16_t current) MUST_CHECK;

/* The transport has accepted a candidate.  Returns the path as it is from now on. */
struct ip_path ip_path_lower(struct stack *stack, const struct net_addr *dst, uint8_t protocol,
			     uint16_t candidate, uint64_t now_ns);

#endif
