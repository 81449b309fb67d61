/*
 * SPDX-License-Identifier: MIT
 *
 * ICMP as its neighbours in the stack see it (RFC 792, RFC 1122 3.2.2).
 */
#ifndef NET_IP_ICMP_H
#define NET_IP_ICMP_H

#include "net/netif.h"

struct ip_facts;

/* IPv4 -> ICMP: [data, tail) is the message, trimmed to the IP length.  Consumes. */
void icmp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		uint64_t now_ns);

/* Sends an error about a packet that was received and passed ipv4_input's checks (l3_off is valid,
 * protocol is not ICMP).  Borrows pkt.  Says nothing where RFC 1122 3.2.2 forbids it, or when too
 * many were sent lately. */
void icmp_send_error(struct stack *stack, const struct pktbuf *pkt, uint8_t type, uint8_t code,
		     uint64_t now_ns);
/* As above: the octet at `pointer` of the packet is wrong (RFC 1122 3.2.2.5). */
void icmp_send_parameter_problem(struct stack *stack, const struct pktbuf *pkt, uint8_t pointer,
				 uint64_t now_ns);

#endif
