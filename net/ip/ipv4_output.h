/*
 * SPDX-License-Identifier: MIT
 *
 * What the files of outgoing IPv4 offer each other.  Private to them: others use net/ip/ipv4.h.
 */
#ifndef NET_IP_IPV4_OUTPUT_H
#define NET_IP_IPV4_OUTPUT_H

#include "net/ip/ipv4.h"

/* One packet, header and out to the next hop.  `fragment`: the flags and offset field.  Consumes. */
int ipv4_send_one(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how,
		  const struct ipv4_route *route, uint16_t id, uint16_t fragment, uint64_t now_ns);

/* RFC 6864, RFC 7739: an id for a datagram that may be cut. */
uint16_t ipv4_choose_id(struct stack *stack, const struct ip_send *how);

/* Sends a datagram that is longer than `mtu` as fragments (RFC 791 3.2).  Consumes. */
int ipv4_output_fragments(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how,
			  const struct ipv4_route *route, uint16_t mtu, uint64_t now_ns);

/* Reports to the transport that no neighbour took a packet that ipv4_output() made, and what came
 * meanwhile and was refused.  Consumes pkt. */
void ipv4_undeliverable(struct stack *stack, struct pktbuf *pkt, const struct refused *refused,
			uint64_t now_ns);

#endif
