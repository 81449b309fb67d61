/*
 * SPDX-License-Identifier: MIT
 *
 * Network addresses and endpoints, family included, so that IPv6 can stand beside IPv4 wherever
 * one is stored or passed.  Bytes are in network order; ports are host-order integers.
 *
 * IPv6 fits as it is: 16 bytes, and the byte behind them in struct net_endpoint, which is padding
 * today, has room for the zone of a link-local address (RFC 4007).
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

/* The unspecified address: 0.0.0.0, ::, or none at all (NET_FAMILY_NONE). */
static inline bool net_addr_is_any(const struct net_addr *a)
{
	return (load_le64(a->bytes) | load_le64(a->bytes + 8)) == 0;
}

static inline bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && load_le64(a->bytes) == load_le64(b->bytes) &&
	       load_le64(a->bytes + 8) == load_le64(b->bytes + 8);
}

static inline bool net_endpoint_equal(const struct net_endpoint *a, const struct net_endpoint *b)
{
	return a->port == b->port && net_addr_equal(&a->addr, &b->addr);
}

/* 224.0.0.0/4 (RFC 1112), ff00::/8 (RFC 4291 2.7) */
static inline bool net_addr_is_multicast(const struct net_addr *a)
{
	return a->family == NET_FAMILY_IPV6 ? a->bytes[0] == 0xff : a->bytes[0] >> 4 == 0xe;
}

/* 127.0.0.0/8 (RFC 1122 3.2.1.3), ::1 (RFC 4291 2.5.3) */
static inline bool net_addr_is_loopback(const struct net_addr *a)
{
	if (a->family != NET_FAMILY_IPV6)
		return a->bytes[0] == 127;
	return (load_le64(a->bytes) | load_le32(a->bytes + 8)) == 0 && load_be32(a->bytes + 12) == 1;
}

/* 255.255.255.255; IPv6 has none.  An interface's network may have another: net/ip/route.c. */
static inline bool net_addr_is_broadcast(const struct net_addr *a)
{
	return a->family == NET_FAMILY_IPV4 && load_le32(a->bytes) == UINT32_MAX;
}

/* An address that one host can have and others can reach it by: not 0/8 or ::, loopback, multicast,
 * reserved (240/4), or broadcast. */
static inline bool net_addr_is_host(const struct net_addr *a)
{
	if (net_addr_is_any(a) || net_addr_is_loopback(a) || net_addr_is_multicast(a))
		return false;
	return a->family == NET_FAMILY_IPV6 || (a->bytes[0] != 0 && a->bytes[0] < 0xf0);
}

/* 169.254.0.0/16 (RFC 3927), fe80::/10 (RFC 4291 2.5.6): means something on its own link only. */
static inline bool net_addr_is_link_local(const struct net_addr *a)
{
	if (a->family == NET_FAMILY_IPV6)
		return a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80;
	return a->bytes[0] == 169 && a->bytes[1] == 254;
}

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
