/*
 * SPDX-License-Identifier: MIT
 *
 * What lies above IP: a transport for each protocol number, registered when the stack is made
 * (net/net.c).  IP knows them by these operations alone and calls nothing above it by name.
 */
#ifndef NET_IP_TRANSPORT_H
#define NET_IP_TRANSPORT_H

#include "base/refused.h"
#include "net/ip/ip.h"

struct ip_transport {
	uint8_t protocol; /* enum ip_protocol; IP_PROTO_ICMP: echo requests that we send, and their replies */
	/* A message: [data, tail), trimmed to IP's length; ICMP: an echo reply with a right checksum.
	 * Consumes. */
	void (*input)(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		      uint64_t now_ns);
	/* A packet of ours could not be delivered. */
	void (*error)(struct stack *stack, const struct ip_error *error, uint64_t now_ns);
	/* A packet is dropped whose facts are these, with [l4, l4 + len) behind its header; it may be
	 * anything, of any length.  Where to count it if a party waits that it could have been the answer
	 * for; NULL: none does. */
	struct refused *(*awaits)(struct stack *stack, const struct ip_facts *facts,
				  const uint8_t *l4, size_t len);
	/* A whole packet for no address of ours is for the transport all the same.  NULL: none is. */
	bool (*expects)(const struct stack *stack, const struct ip_facts *facts, const uint8_t *l4,
			size_t len);
	/* An address of ours is gone.  NULL: of no interest. */
	void (*address_gone)(struct stack *stack, const struct net_addr *addr);
};

#define IP_TRANSPORTS_MAX 4

/* In the order of registration a packet's protocol is looked for, so the most frequent one goes first. */
void ip_register(struct stack *stack, const struct ip_transport *transport);
/* NULL: there is none for that protocol. */
const struct ip_transport *ip_transport(const struct stack *stack, uint8_t protocol);
void ip_address_gone(struct stack *stack, const struct net_addr *addr);

/* A received packet is dropped for that reason, whose IP header stands at l3_off and has been read: it is
 * counted where a party waits for it. */
void ip_refuse(struct stack *stack, const struct pktbuf *pkt, struct refused_reason why);
/* [data, tail), from the IP header on, was counted so, and turns out to be in order. */
void ip_refuse_undo(struct stack *stack, const struct pktbuf *pkt, struct refused_reason why);

#endif
