/*
 * SPDX-License-Identifier: MIT
 *
 * UDP as its neighbours in the stack see it (RFC 768, RFC 1122 4.1).  A struct udp_pcb is the
 * control block of one bound port; the socket layer owns it, zeroed before its first use.  It serves
 * ICMP's echo (net/udp/echo.h) as well, whose identifiers are ports of a kind of their own.
 */
#ifndef NET_UDP_UDP_H
#define NET_UDP_UDP_H

#include "base/err.h"
#include "base/net_addr.h"
#include "base/refused.h"
#include "net/pktbuf.h"
#include "net/wire/udp.h"

struct stack;
struct awaited;
struct netif;
struct ip_error;
struct ip_facts;
struct ip_route;
struct ip_send;
struct udp_layer; /* every bound port of one stack */

/* What may wait to be read at one port; more is dropped and counted. */
#define UDP_QUEUE_MAX 64                  /* datagrams */
#define UDP_RCVBUF_DEFAULT (256u * 1024)  /* bytes of memory that they occupy */
#define UDP_RCVBUF_MIN (2u * 1024)

enum udp_pmtu { /* as enum sock_pmtu in net/socket.h */
	UDP_PMTU_DONT, /* DF clear: any router may fragment */
	UDP_PMTU_WANT, /* DF set on what fits the path as far as it is known; we cut what does not */
	UDP_PMTU_DO,   /* DF always; ERR_MSGSIZE for what does not fit */
};

struct udp_pcb {
	struct udp_pcb *key_next, *port_next; /* the layer's lists */
	/* The address of no family: any; port 0: not bound. */
	struct net_endpoint local;
	struct net_endpoint remote; /* connected peer; the address of no family: none */
	bool echo;           /* it is ICMP's: the local port is the identifier, the remote one 0 */
	uint8_t pmtu;        /* enum udp_pmtu */
	uint8_t tos, ttl;    /* of what is sent; ttl 0: the default */
	bool reuse;          /* shares its port with others that would */
	bool asked;          /* connected, and since then nothing came back: */
	uint8_t doubts;      /* ... so often that was too long ago */
	int error;           /* pending: what an ICMP error said, negative enum err */
	struct net_addr error_by; /* who sent that; of no family: our own stack, as the next hop did
				   * not answer */
	uint32_t resolve_ms; /* the next hop of what is sent is asked for so long at least; 0: as usual */
	struct awaited *awaited; /* what came from its peer and was dropped; NULL: nothing */
	uint32_t rcvbuf;     /* bytes; 0: UDP_RCVBUF_DEFAULT */
	uint32_t received_memory;
	uint32_t asked_ms;   /* when it last began to wait, where `asked`; wraps */
	struct pktbuf_queue received; /* l3_off is valid; [data, tail) is the payload */
};

struct udp_layer *udp_layer_create(struct stack *stack) MUST_CHECK;
/* Every port is unbound already. */
void udp_layer_destroy(struct stack *stack, struct udp_layer *layer);

/* --- udp/ports.c ---------------------------------------------------------------------------------- */

/* Any address of ours where local->addr is unspecified.  Port 0 takes an ephemeral one,
 * unpredictably (RFC 6056).  ERR_ADDRINUSE, ERR_ADDRNOTAVAIL. */
int udp_bind(struct stack *stack, struct udp_pcb *pcb, const struct net_endpoint *local) MUST_CHECK;
/* Also throws away what waits to be read. */
void udp_unbind(struct stack *stack, struct udp_pcb *pcb);
/* A bound port hears this peer only, at this address of ours. */
void udp_connect(struct stack *stack, struct udp_pcb *pcb, const struct net_addr *local,
		 const struct net_endpoint *remote);
/* Any peer again, at `local`. */
void udp_disconnect(struct stack *stack, struct udp_pcb *pcb, const struct net_addr *local);
/* Whose datagram it is, or NULL. */
struct udp_pcb *udp_find(const struct stack *stack, const struct net_endpoint *remote,
			 const struct net_endpoint *local);
/* The control block at that port and address of ours that is connected to (another) peer; NULL: none. */
struct udp_pcb *udp_find_connected(const struct stack *stack, bool echo,
				   const struct net_endpoint *local);
/* Whose answer it is to an echo request with the identifier local->port, or NULL. */
struct udp_pcb *udp_find_echo(const struct stack *stack, const struct net_addr *remote,
			      const struct net_endpoint *local);
/* The port that is connected like that, or NULL. */
struct udp_pcb *udp_find_sender(const struct stack *stack, const struct ip_error *error);

static inline bool udp_is_connected(const struct udp_pcb *pcb)
{
	return pcb->remote.addr.family != NET_FAMILY_NONE;
}

/* --- udp.c ---------------------------------------------------------------------------------------- */

/* Copies `len` bytes into one datagram.  ERR_MSGSIZE (longer than ip_payload_max()), ERR_NOBUFS,
 * ERR_INVAL (port 0), and what ip_output() says; ERR_ACCES: a broadcast address, and not
 * `broadcast`. */
int udp_send(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
	     const struct net_endpoint *to, uint64_t now_ns) MUST_CHECK;
int udp_send_broadcast(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
		       const struct net_endpoint *to, uint64_t now_ns) MUST_CHECK;
/* On one interface's link, whatever its addresses are: from `src`, which may be 0.0.0.0 before there
 * is one, to a broadcast or multicast address. */
struct udp_flow {
	struct netif *netif;
	struct net_endpoint src, dst;
};
int udp_send_on_link(struct stack *stack, const struct udp_flow *flow, const void *buf, size_t len,
		     uint64_t now_ns) MUST_CHECK;
/* Takes the oldest datagram, or NULL; the caller frees it. */
struct pktbuf *udp_receive(struct udp_pcb *pcb);
/* Who sent it; of an echo reply the port is its type and code. */
struct net_endpoint udp_source(const struct pktbuf *pkt);
uint32_t udp_rcvbuf(const struct udp_pcb *pcb);

/* Registers UDP with IP. */
void udp_init(struct stack *stack);

/* A port that the stack itself has, before whatever is bound to it. */
struct udp_service {
	uint16_t port;
	/* pkt->data is the header `h`.  True: it took the datagram, and consumes it. */
	bool (*input)(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		      const struct udp_header *h, uint64_t now_ns);
	/* As struct ip_transport has them; `udp`: the header, as far as there are `len` bytes. */
	struct refused *(*awaits)(struct stack *stack, const struct ip_facts *facts,
				  const uint8_t *udp, size_t len);
	bool (*expects)(const struct stack *stack, const struct ip_facts *facts, const uint8_t *udp,
			size_t len);
};
/* There is one such port. */
void udp_register(struct stack *stack, const struct udp_service *service);
/* NULL: none is registered. */
const struct udp_service *udp_service(const struct stack *stack);

/* A connected port has sent, or is about to be closed: where nothing has come back for long IP is notified of
 * it (RFC 1122 3.3.1.4). */
void udp_asked(struct stack *stack, struct udp_pcb *pcb, uint64_t now_ns);
void udp_gave_up(struct stack *stack, struct udp_pcb *pcb, uint64_t now_ns);
/* A datagram, or an echo request, could not be delivered: reported to the port, if it is connected.
 * ERR_MSGSIZE: a router could not send it on whole (RFC 1191). */
void udp_error(struct stack *stack, const struct ip_error *error, uint64_t now_ns);

/* --- for what else is sent and received by such a block --------------------------------------------- */

/* How `len` bytes above IP leave for `dst`; borrows all three for as long as the result is used. */
struct ip_send udp_how(const struct stack *stack, const struct udp_pcb *pcb,
		       const struct ip_route *route, const struct net_addr *dst, size_t len,
		       uint64_t now_ns);
/* Where to count what could have been for `pcb` (NULL: for none) and is dropped; NULL: it waits for
 * nothing. */
struct refused *udp_tally(struct stack *stack, struct udp_pcb *pcb);
/* A copy of the bytes in a packet of its own; NULL: no memory. */
struct pktbuf *udp_packet_of(struct stack *stack, const void *buf, size_t len) MUST_CHECK;
/* [data, tail) waits to be read.  False: it is dropped, there is no room.  Consumes. */
bool udp_queue(struct stack *stack, struct udp_pcb *pcb, struct pktbuf *pkt) MUST_CHECK;

#endif
