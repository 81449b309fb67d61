/*
 * SPDX-License-Identifier: MIT
 *
 * The stack as a whole: create it, give it interfaces, addresses and routes, and drive it.
 *
 * It never blocks, never reads a clock and keeps nothing outside `struct stack`, so any number of
 * stacks live in one process.  One context: no call may be made from another thread, nor from a
 * callback of the port.
 *
 *   loop:  netif->ops->poll(netif, now)     frames in
 *          net_poll(stack, now)             timers, and answers that were held back, go out
 *          sleep until net_next_deadline(stack) or netif_poll_by(netif, now), whichever is first, or
 *          until a device interrupts
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/net_addr.h"
#include "net/congestion.h"
#include "net/counters.h"
#include "net/netif.h"
#include "net/port.h"

struct stack;

struct net_options {
	uint32_t sndbuf; /* bytes of send buffer per TCP connection; 0: default (256 KiB) */
	uint32_t rcvbuf; /* bytes of receive buffer per TCP connection; 0: default (256 KiB) */
	uint16_t max_sockets; /* descriptors; 0: default (64) */
	uint16_t max_time_wait; /* connections in TIME-WAIT, the oldest gives way; 0: default (4096) */
	uint8_t congestion; /* enum net_congestion, of sockets that choose none; 0: CUBIC */
	uint8_t ecn;        /* enum net_ecn; 0: when the peer asks */
};

/* A new stack, or NULL when there is no memory.  `port` must outlive it; options may be NULL. */
struct stack *net_create(const struct net_port *port, const struct net_options *options,
			 uint64_t now_ns) MUST_CHECK;
/* Frees everything; sockets are dropped without a word on the wire. */
void net_destroy(struct stack *stack);

/* Attaches an interface; it must outlive the stack. */
void net_attach(struct stack *stack, struct netif *netif);
/* Sets the interface's IPv4 address and mask (host order).  ERR_INVAL: not a host's address, or
 * the mask has holes.  Routes by routers on its old network that are not on the new one go. */
int net_set_ipv4(struct stack *stack, struct netif *netif, uint32_t ipv4, uint32_t mask) MUST_CHECK;
/* Takes the address away, and the interface's routes: TCP connections from it end with
 * ERR_ADDRNOTAVAIL, and nothing more is sent from it. */
void net_clear_ipv4(struct stack *stack, struct netif *netif);
/* Default route.  The gateway may lie outside the interface's own network: it is a neighbour all the
 * same, on this interface.  ERR_NETUNREACH: it is not the address of a host, or our own; or the
 * interface has none. */
int net_set_gateway(struct stack *stack, struct netif *netif, uint32_t gateway) MUST_CHECK;
/* What is in dst/mask goes by this router, or with router 0 is on the interface's link itself (which
 * may then be a router's address).  The longest mask that fits is taken; a route to the same dst/mask
 * is replaced.  ERR_INVAL: a mask with holes, or bits of dst outside it.  The router
 * may be a far one, as above; ERR_NETUNREACH is the same, too.  ERR_NOSPC: there are 20. */
int net_add_route(struct stack *stack, struct netif *netif, uint32_t dst, uint32_t mask,
		  uint32_t router) MUST_CHECK;

/* Runs the timers that are due and sends what waits to be sent. */
void net_poll(struct stack *stack, uint64_t now_ns);
/* When net_poll() wants to be called next: absolute, TIME_NEVER when nothing is pending,
 * a time already past when something waits now. */
uint64_t net_next_deadline(const struct stack *stack);

/* One `drop` event for each counter of dropped packets that is not 0. */
void net_report_drops(struct stack *stack);

#endif
