/*
 * SPDX-License-Identifier: MIT
 *
 * ARP as its neighbours in the stack see it (RFC 826): the resolver of the neighbour cache for IPv4.
 */
#ifndef NET_LINK_ARP_H
#define NET_LINK_ARP_H

#include "net/netif.h"

/* Registers ARP with the link, and with the stack's neighbour cache, which exists already. */
void arp_init(struct stack *stack);

/* RFC 5227 2.1.1 and 2.3: is our address free; it is ours. */
void arp_probe(struct stack *stack, struct netif *netif, uint64_t now_ns);
void arp_announce(struct stack *stack, struct netif *netif, uint64_t now_ns);

#endif
