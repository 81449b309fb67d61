/*
 * SPDX-License-Identifier: MIT
 *
 * IP as the layers above see it: TCP, UDP, ICMP's echo, the socket layer.  No family shows:
 * addresses are struct net_addr, and net/ip/ip.c finds the family's own functions by their family.
 * What only one family has (broadcasts, ARP, fragments on the way) stays below.
 */
#ifndef NET_IP_IP_H
#define NET_IP_IP_H

#include "base/err.h"
#include "base/net_addr.h"
#include "net/netif.h"
#include "net/wire/ip.h"

struct refused;

#define IP_TTL 64 /* RFC 1122 3.2.1.7; the value that RFC 1340 and its successors name */

/* --- addresses -------------------------------------------------------------------------------- */

/* A family that packets can be sent in and received by. */
static inline bool ip_family_is_known(uint8_t family)
{
	return family == NET_FAMILY_IPV4;
}

/* The header without options or extensions, bytes. */
static inline uint32_t ip_header_len(const struct net_addr *a)
{
	return a->family == NET_FAMILY_IPV6 ? 40 : 20;
}

/* What fits behind it: IPv4's total length counts the header, IPv6's payload length does not. */
static inline uint32_t ip_payload_max(const struct net_addr *a)
{
	return a->family == NET_FAMILY_IPV6 ? UINT16_MAX : UINT16_MAX - 20;
}

/* Gives the interface an address, or the one that it has another prefix length and lifetime.
 * ERR_NOSPC: it has NETIF_ADDRS_MAX. */
int ip_add_address(struct netif *netif, const struct netif_addr *addr) MUST_CHECK;
void ip_remove_address(struct netif *netif, const struct net_addr *addr);
/* NULL: the interface does not have it. */
const struct netif_addr *ip_find_address(const struct netif *netif, const struct net_addr *addr);
/* The oldest of a family; NULL: it has none. */
const struct netif_addr *ip_first_address(const struct netif *netif, uint8_t family);
/* Both have the first `prefix_len` bits in common. */
bool ip_prefix_equal(const struct net_addr *a, const struct net_addr *b, uint8_t prefix_len);

/* One of our addresses, on whichever interface. */
bool ip_is_ours(const struct stack *stack, const struct net_addr *addr);

/* The pseudo-header's part of a TCP or UDP checksum, unfolded (RFC 9293 3.1, RFC 8200 8.1). */
uint32_t ip_pseudo_sum(const struct net_addr *src, const struct net_addr *dst, uint8_t protocol,
		       uint32_t len);

/* --- where to -------------------------------------------------------------------------------- */

struct ip_route {
	struct netif *netif;
	struct net_addr src;      /* our address on it */
	struct net_addr next_hop; /* the destination itself, or a router */
	bool broadcast;           /* to all hosts on the link */
};

/* Where a packet for `dst` goes.  ERR_NETUNREACH: no route; ERR_ADDRNOTAVAIL: no address yet, or
 * `dst` is our own (there is no loopback); ERR_ACCES: a broadcast address; ERR_AFNOSUPPORT. */
int ip_route(struct stack *stack, const struct net_addr *dst, struct ip_route *route) MUST_CHECK;
/* The same for senders that may broadcast: the limited broadcast address leaves by the first
 * interface that has an address. */
int ip_route_broadcast(struct stack *stack, const struct net_addr *dst,
		       struct ip_route *route) MUST_CHECK;

/* The neighbour that packets for a destination go to. */
struct ip_next_hop {
	bool link_up;
	uint64_t unresolved_ns; /* its link address has been asked for so long; 0: it is not */
	const struct refused *refused; /* what came instead of an answer; NULL: nothing is asked */
};
/* False: no route to `dst`, or a broadcast.  hop->refused is valid until the stack runs again. */
bool ip_next_hop(struct stack *stack, const struct net_addr *dst, uint64_t now_ns,
		 struct ip_next_hop *hop) MUST_CHECK;

/* A transport has sent to `dst` again and again and received nothing: is the next hop still there? */
void ip_negative_advice(struct stack *stack, const struct net_addr *dst, uint64_t now_ns);

/* --- sending --------------------------------------------------------------------------------- */

struct ip_send {
	const struct net_addr *src, *dst; /* of one family; borrowed */
	uint8_t protocol; /* enum ip_protocol */
	uint8_t tos;      /* IPv6: the traffic class */
	uint8_t ttl;      /* IPv6: the hop limit; 0: IP_TTL */
	bool dont_fragment;
	bool broadcast;   /* dst may be a broadcast address */
	uint64_t resolve_until_ns; /* the next hop is asked for until then at least; 0: as usual */
};

/* Sends a packet whose [data, tail) starts with the transport header.  Consumes pkt.  The packet
 * may wait until its next hop is resolved; it is then sent or, where no neighbour answers, dropped and the
 * transport gets a struct ip_error.  What is longer than the path's MTU goes in fragments, or is
 * refused with dont_fragment (ERR_MSGSIZE). */
int ip_output(struct stack *stack, struct pktbuf *pkt, const struct ip_send *how, uint64_t now_ns);

/* To how->dst on that interface's link, whatever its addresses and routes are: for a sender that is
 * about to get them.  Consumes; never fragments. */
int ip_output_on_link(struct stack *stack, struct netif *netif, struct pktbuf *pkt,
		      const struct ip_send *how, uint64_t now_ns);

/* The owner of completions (pktbuf.sent_owner) is about to be freed: of its packets that still wait for
 * their next hop they are called without an owner. */
void ip_unlink_owner(struct stack *stack, const void *owner);

/* Where a packet of ours goes, from its header at l3_off. */
struct net_addr ip_destination(const struct pktbuf *pkt);

/* An empty buffer for a datagram: PKTBUF_HEADROOM, and room for `len` bytes.  NULL: no memory. */
struct pktbuf *ip_alloc(struct stack *stack, size_t len) MUST_CHECK;

/* --- what arrives ---------------------------------------------------------------------------- */

/* What IP has read of a received packet: handed to the transport with it. */
struct ip_facts {
	struct net_addr src, dst;
	struct netif *netif; /* where it came in */
	uint8_t protocol;    /* enum ip_protocol */
	uint8_t tos;         /* IPv6: the traffic class */
	uint8_t ttl;         /* IPv6: the hop limit */
	bool unicast;        /* dst is an address of ours, and the frame came to us alone */
};

/* The facts of a packet that has waited to be read, from its header at l3_off. */
void ip_facts_of(const struct pktbuf *pkt, struct ip_facts *facts);
/* No port has the number that the packet is for: its sender gets an ICMP error, where one is allowed.
 * Borrows. */
void ip_port_unreachable(struct stack *stack, const struct pktbuf *pkt, uint64_t now_ns);

/* A packet of ours could not be delivered: an ICMP error about it, or no neighbour answers.  The
 * transport alone can judge whether an ICMP error is forged (RFC 5927). */
struct ip_error {
	struct net_endpoint local, remote; /* ICMP: the echo request's identifier, and 0 */
	uint8_t protocol;   /* enum ip_protocol; ICMP: an echo request of ours */
	bool hard;          /* RFC 1122 4.2.3.9 */
	bool local_only;    /* reported by our own neighbour cache: the packet never left */
	int err;            /* negative enum err; ERR_MSGSIZE: a router had to drop it, being too long */
	uint32_t seq;       /* TCP: the quoted sequence number; not where local_only */
	const char *what;   /* the ICMP error in words (static); NULL: local_only */
	struct net_addr reporter; /* who sent the ICMP error; NET_FAMILY_NONE: local_only */
	const struct refused *refused; /* local_only: what came instead of an answer; NULL: not known */
	uint16_t mtu;        /* ERR_MSGSIZE: the next hop's MTU, as reported */
	uint16_t quoted_len; /* ERR_MSGSIZE: total length of the packet that was dropped */
};

#endif
