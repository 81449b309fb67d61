/*
 * SPDX-License-Identifier: MIT
 *
 * The routes of a stack, as its own files see them: a short table, longest prefix first.  An
 * interface's own network is not in it: it is known from the interface's address and mask.
 */
#ifndef NET_IP_ROUTE_H
#define NET_IP_ROUTE_H

#include "base/err.h"
#include "net/netif.h"

#define IPV4_ROUTES_MAX 20u /* what one DHCP message may bring (16), a default route, and some more */

struct ipv4_routes {
	unsigned n;
	struct ipv4_route_row {
		struct netif *netif;
		uint32_t dst, mask; /* host order; of equal masks the older is first */
		uint32_t router;    /* 0: the destinations are on the link itself */
		bool far;           /* the router is not on the network of the interface's address */
	} rows[IPV4_ROUTES_MAX];
};

/* The interface can have this address, with this mask: a host's, and neither the network's own nor
 * its broadcast address (/31, RFC 3021, and /32 have neither); the mask without holes. */
bool ipv4_is_address_of_host(uint32_t ipv4, uint32_t mask);
/* Frames to it go to itself: a neighbour by the interface's mask or by a route without a router, or the
 * router of a route, wherever its address lies. */
bool ipv4_is_on_link(const struct stack *stack, const struct netif *netif, uint32_t ipv4);
/* See net_add_route(). */
int ipv4_add_route(struct stack *stack, struct netif *netif, uint32_t dst, uint32_t mask,
		   uint32_t router) MUST_CHECK;
/* The interface's address is another one: routes go whose router was on the network of the old one and
 * is not on that of the new. */
void ipv4_prune_routes(struct stack *stack, struct netif *netif);
void ipv4_clear_routes(struct stack *stack, const struct netif *netif);

#endif
