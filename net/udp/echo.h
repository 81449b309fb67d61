/*
 * SPDX-License-Identifier: MIT
 *
 * ICMP's echo as an application uses it: "ping sockets", as Linux calls them.  It writes requests and
 * reads the replies to them; the control block is UDP's (net/udp/udp.h), with the identifier as its port.
 */
#ifndef NET_UDP_ECHO_H
#define NET_UDP_ECHO_H

#include "net/ip/ip.h"
#include "net/udp/udp.h"
#include "net/wire/icmp.h"

/* Sends a copy of an ICMP message: an echo request, all other kinds are ERR_INVAL.  Identifier and
 * checksum are filled in.  ERR_MSGSIZE, ERR_NOBUFS, and what ip_output() says; ERR_ACCES: a
 * broadcast address, and not `broadcast`. */
int echo_send(struct stack *stack, const struct udp_pcb *pcb, const void *message, size_t len,
	      const struct net_addr *dst, bool broadcast, uint64_t now_ns) MUST_CHECK;

/* Registers it with IP. */
void echo_init(struct stack *stack);

#endif
