/*
 * SPDX-License-Identifier: MIT
 *
 * Network addresses and endpoints, family included, so that IPv6 can stand beside IPv4 wherever
 * one is stored or passed.  Bytes are in network order; ports are host-order integers.
 */
#ifndef BASE_NET_ADDR_H
#define BASE_NET_ADDR_H

#include "base/bytes.h"
#include "base/compiler.h"

enum net_family {
	NET_FAMILY_NONE = 0,
	NET_FAMILY_IPV4 = 2,  /* the value of AF_INET */
	NET_FAMILY_IPV6 = 10, /* the value of AF_INET6 */
};

struct net_addr {
	uint8_t family;    /* enum net_family */
	uint8_t bytes[16]; /* IPv4: the first four; the rest is zero */
};

struct net_endpoint {
	struct net_addr addr;
	uint16_t port;
};

/* IPv4 addresses travel inside the stack as host-order integers: 10.0.0.1 is 0x0a000001. */
static inline struct net_addr net_addr_ipv4(uint32_t ipv4)
{
	struct net_addr a = {.family = NET_FAMILY_IPV4, .bytes = {0}};
	store_be32(a.bytes, ipv4);
	return a;
}

static inline uint32_t net_addr_to_ipv4(const struct net_addr *a)
{
	return load_be32(a->bytes);
}

static inline struct net_endpoint net_endpoint_ipv4(uint32_t ipv4, uint16_t port)
{
	const struct net_endpoint e = {.addr = net_addr_ipv4(ipv4), .port = port};
	return e;
}

#endif
