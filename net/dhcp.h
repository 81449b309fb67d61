/*
 * SPDX-License-Identifier: MIT
 *
 * DHCP for IPv4 (RFC 2131, 2132, 3397, 3442): an interface gets its address, mask, routes, MTU and the
 * names of servers from the network, and keeps them as long as the network lets it.
 *
 * The client does everything itself, driven by net_poll(): it asks, takes what it is given
 * (address, default route, classless routes, MTU), renews it, gives it back when another host has
 * it, and says each of these things in an event (dhcp.*, addr.set, addr.lost).  While it runs the
 * interface's address and routes are its own.
 */
#ifndef NET_DHCP_H
#define NET_DHCP_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/refused.h"
#include "net/netif.h"

struct stack;

#define NET_LEASE_DNS_MAX 3u

/* What the network said; valid until the next net_poll().  Addresses are host order. */
struct net_lease {
	uint32_t address, mask;
	uint32_t server;  /* the server that gave it; 0: none (link_local) */
	uint32_t gateway; /* 0: none */
	uint32_t dns[NET_LEASE_DNS_MAX];
	unsigned n_dns;
	const char *domain, *hostname; /* "": none; printable ASCII */
	const char *search; /* all domains to look names up in, `domain` first, separated by spaces */
	uint16_t mtu;                  /* 0: not said, or not usable */
	uint32_t lease_s, t1_s, t2_s;  /* UINT32_MAX: for ever */
	unsigned n_routes;             /* classless ones that were taken */
	bool link_local; /* not a lease: 169.254/16 by RFC 3927, because it was asked for */
};

/* How far the client got, for people who have no address. */
enum net_dhcp_reached {
	NET_DHCP_NOTHING_SENT, /* no link, or the device takes no frames */
	NET_DHCP_NO_OFFER,
	NET_DHCP_NO_ACK,  /* an offer, but no acknowledgment */
	NET_DHCP_REFUSED, /* a server said no (NAK) */
	NET_DHCP_IN_USE,  /* another host had the address, and it was declined */
	NET_DHCP_BOUND,
};

struct net_dhcp_options {
	const char *hostname; /* sent to the server; copied.  NULL or "": none */
	bool link_local;      /* takes an address of 169.254/16 while no server answers (RFC 3927) */
	/* The caller waits for an address until then, so that the last question leaves a few seconds
	 * before; the client itself goes on asking after it.  0: no caller waits. */
	uint64_t deadline_ns;
};

/* Starts asking; `options` may be NULL.  The first DISCOVER leaves with the next net_poll() that
 * finds the link up.  ERR_ALREADY: it runs, or the interface has an address.  ERR_NOMEM. */
int net_dhcp_start(struct stack *stack, struct netif *netif, const struct net_dhcp_options *options,
		   uint64_t now_ns) MUST_CHECK;
/* Ends it; the address goes.  With `release` the server is notified (RELEASE). */
void net_dhcp_stop(struct stack *stack, struct netif *netif, bool release, uint64_t now_ns);

/* NULL: no address (yet, or any more). */
const struct net_lease *net_dhcp_lease(const struct stack *stack, const struct netif *netif);
enum net_dhcp_reached net_dhcp_reached(const struct stack *stack, const struct netif *netif);
/* How many of its addresses so far another host had, and have been declined. */
uint32_t net_dhcp_declines(const struct stack *stack, const struct netif *netif);
/* The same as a phrase in `buf`, always terminated: "no offer after 4 DISCOVERs in 15.2 s".
 * Returns its length as it would be if there were room. */
size_t net_dhcp_describe(const struct stack *stack, const struct netif *netif, char *buf, size_t cap,
			 uint64_t now_ns);

/* What came since the client last had nothing, and could not be used; borrowed, NULL: no client. */
const struct refused *net_dhcp_refused(const struct stack *stack, const struct netif *netif);

#endif
