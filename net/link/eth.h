/*
 * SPDX-License-Identifier: MIT
 *
 * Ethernet as its neighbours in the stack see it.
 */
#ifndef NET_LINK_ETH_H
#define NET_LINK_ETH_H

#include "net/netif.h"

/* netif_input -> Ethernet: [data, tail) is the frame, pkt->netif is set.  Consumes. */
void eth_input(struct stack *stack, struct pktbuf *pkt, uint64_t now_ns);

struct eth_send {
	struct netif *netif;
	const uint8_t *dst; /* NETIF_MAC_LEN bytes */
	uint16_t type;      /* enum eth_type */
	const struct net_addr *next_hop; /* for the packet's completion; NULL: does not apply */
};

/* Puts the Ethernet header before [data, tail) and hands the frame to the device.  Consumes.
 * A packet's completion is called when, and only when, the device has taken it.  Returns what
 * netif_send() returned. */
int eth_output(struct stack *stack, struct pktbuf *pkt, const struct eth_send *how,
	       uint64_t now_ns);

#endif
