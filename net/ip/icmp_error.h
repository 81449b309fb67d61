/*
 * SPDX-License-Identifier: MIT
 *
 * ICMP errors that come in.  Private to ICMP: net/ip/icmp.c hands them over.
 */
#ifndef NET_IP_ICMP_ERROR_H
#define NET_IP_ICMP_ERROR_H

#include "net/ip/ip.h"
#include "net/wire/icmp.h"

/* [data, tail) is the whole ICMP message, checksum verified, `h` its header.  Borrows pkt. */
void icmp_error_input(struct stack *stack, const struct pktbuf *pkt, const struct icmp_header *h,
		      const struct ip_facts *facts, uint64_t now_ns);

/* True as long as ICMP has not logged too much lately. */
bool icmp_may_log(struct stack *stack, uint64_t now_ns);

#endif
