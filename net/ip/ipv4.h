/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 as its neighbours in the stack see it (RFC 791, RFC 1122 3.2).
 */
#ifndef NET_IP_IPV4_H
#define NET_IP_IPV4_H

#include "base/err.h"
#include "net/netif.h"
#include "net/wire/ip.h"

struct refused;

struct ipv4_route {
	struct netif *netif;
	uint32_t src;      /* our address on it */
	uint32_t next_hop; /* the destination itself, or the gateway */
	bool broadcast;    /* to everybody on the link */
};

/* Where a packet for `dst` goes.  ERR_NETUNREACH: no route; ERR_ADDRNOTAVAIL: no address yet, or
 * `dst` is our own (there is no loopback); ERR_ACCES: a broadcast address. */
int ipv4_route(struct stack *stack, uint32_t dst, struct ipv4_route *route) MUST_CHECK;
/* The same for those who may broadcast: the limited broadcast address leaves by the first interface
 * that has an address. */
int ipv4_route_broadcast(struct stack *stack, uint32_t dst, struct ipv4_route *route) MUST_CHECK;

/* A transport has sent to `dst` again and again and heard nothing: is the next hop still there? */
void ipv4_negative_advice(struct stack *stack, uint32_t dst, uint64_t now_ns);

#define IPV4_TTL 64 /* RFC 1122 3.2.1.7; the value that RFC 1340 and its successors name */

struct ipv4_send {
	uint32_t src, dst; /* host order */
	uint8_t protocol;
	uint8_t tos;
	uint8_t ttl; /* 0: IPV4_TTL */
	bool dont_fragment;
	bool broadcast; /* dst may be a broadcast address */
	uint64_t resolve_until_ns; /* the next hop is asked for until then at least; 0: as usual */
};

/* Sends a packet whose [data, tail) starts with the transport header.  Consumes pkt.  The packet
 * may wait for ARP; it is then sent or, when nobody answers, dropped and the transport told
 * (tcp_unreachable, udp_unreachable).  What is longer than the path's MTU goes in fragments, or is
 * refused with dont_fragment (ERR_MSGSIZE). */
int ipv4_output(struct stack *stack, struct pktbuf *pkt, const struct ipv4_send *how,
		uint64_t now_ns);

/* To everybody on that interface's link, whatever its address and routes are: for who is about to get
 * them.  how->src may be 0.  Consumes; nothing is cut. */
int ipv4_output_everybody(struct stack *stack, struct netif *netif, struct pktbuf *pkt,
			  const struct ipv4_send *how, uint64_t now_ns);

/* The owner of completions (pktbuf.sent_owner) is about to be freed: of its packets that still wait for
 * their next hop they are called without an owner. */
void ip_unlink_owner(struct stack *stack, const void *owner);

/* Where a packet of ours goes, from its header. */
struct net_addr ip_destination(const struct pktbuf *pkt);

/* An empty buffer for a datagram: PKTBUF_HEADROOM, and room for `len` bytes.  NULL: no memory. */
struct pktbuf *ipv4_alloc(struct stack *stack, size_t len) MUST_CHECK;

/* Registers IPv4 with the link; the first protocol is the one that is found soonest. */
void ipv4_init(struct stack *stack);

/* The pseudo-header's part of a TCP or UDP checksum, unfolded. */
uint32_t ipv4_pseudo_sum(uint32_t src, uint32_t dst, uint8_t protocol, uint32_t len);

#endif
