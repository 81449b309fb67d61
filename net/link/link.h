/*
 * SPDX-License-Identifier: MIT
 *
 * What lies above the link: a protocol for each Ethernet type, registered when the stack is made
 * (net/net.c).  The link knows them by these operations alone and calls nothing above it by name.
 */
#ifndef NET_LINK_LINK_H
#define NET_LINK_LINK_H

#include "base/net_addr.h"
#include "base/refused.h"
#include "net/netif.h"

struct link_protocol {
	uint16_t type; /* enum eth_type */
	/* A packet: [data, tail), the link's padding still there.  Consumes. */
	void (*input)(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns);
	/* [p, p + len) is what stands behind the type in a frame that is dropped; it may be anything, of any
	 * length.  Where a party waits that it could, as far as it can be read, have been the answer for:
	 * where to count that.  NULL: no party does. */
	struct refused *(*awaits)(struct stack *stack, struct netif *netif, const uint8_t *p,
				  size_t len);

	/* --- of a protocol whose packets wait for neighbours; others have NULL --- */

	/* A packet that waited will not be sent; `refused` came in place of the neighbour's answer.
	 * Consumes. */
	void (*undeliverable)(struct stack *stack, struct pktbuf *pkt,
			      const struct refused *refused, uint64_t now_ns);
	/* Frames to `addr` go to itself: it is a neighbour by the interface's address, or by a route. */
	bool (*is_on_link)(const struct stack *stack, const struct netif *netif,
			   const struct net_addr *addr);
};

#define LINK_PROTOCOLS_MAX 3

/* In the order of registration a frame's type is looked for, so the most frequent one goes first. */
void link_register(struct stack *stack, const struct link_protocol *protocol);
/* NULL: there is none for that type. */
const struct link_protocol *link_protocol(const struct stack *stack, uint16_t type);

/* A frame is dropped for that reason, and its bytes are as for awaits(): it is counted where a party
 * waits for it. */
void link_refuse(struct stack *stack, struct netif *netif, uint16_t type, const uint8_t *p, size_t len,
		 struct refused_reason why);

#endif
