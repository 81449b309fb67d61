/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 as the rest of net/ip/ and the link layer see it (RFC 791, RFC 1122 3.2).  The layers above use
 * net/ip/ip.h.  Addresses are host-order integers in here.
 */
#ifndef NET_IP_IPV4_H
#define NET_IP_IPV4_H

#include "net/ip/ip.h"

struct ipv4_route {
	struct netif *netif;
	uint32_t src;      /* our address on it */
	uint32_t next_hop; /* the destination itself, or the gateway */
	bool broadcast;    /* to all hosts on the link */
};

/* Where a packet for `dst` goes.  ERR_NETUNREACH: no route; ERR_ADDRNOTAVAIL: no address yet, or
 * `dst` is our own (there is no loopback); ERR_ACCES: a broadcast address. */
int ipv4_route(struct stack *stack, uint32_t dst, struct ipv4_route *route) MUST_CHECK;
/* The same for those who may broadcast: the limited broadcast address leaves by the first interface
 * that has an address. */
int ipv4_route_broadcast(struct stack *stack, uint32_t dst, struct ipv4_route *route) MUST_CHECK;

/* A transport has sent to `dst` again and again and received nothing: is the next hop still there? */
void ipv4_negative_advice(struct stack *stack, uint32_t dst, uint64_t now_ns);

/* As ip_output() and ip_output_on_link(); how->src and how->dst are IPv4's. */
int ipv4_output(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how,
		uint64_t now_ns);
int ipv4_output_on_link(struct stack *stack, struct netif *netif, struct pktbuf *pkt,
			const struct ip_send *how, uint64_t now_ns);

struct ipv4_header;
/* The facts for the layers above of a received packet with that header. */
void ipv4_facts(const struct pktbuf *pkt, const struct ipv4_header *h, struct ip_facts *facts);

/* As struct link_protocol has it. */
struct refused *ipv4_awaits(struct stack *stack, struct netif *netif, const uint8_t *p, size_t len);

/* Registers IPv4 with the link; the first protocol is the one that is found soonest. */
void ipv4_init(struct stack *stack);

#endif
