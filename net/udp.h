/*
 * UDP as its neighbours in the stack see it (RFC 768, RFC 1122 4.1).  A struct udp_pcb is the
 * control block of one bound port; the socket layer owns it, zeroed before its first use.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/err.h"
#include "base/net_addr.h"
#include "net/pktbuf.h"

struct stack;
struct ipv4_too_big;
struct udp_layer; /* every bound port of one stack */

/* What may wait to be read at one port; more is dropped and counted. */
#define UDP_QUEUE_MAX 64                  /* datagrams */
#define UDP_RCVBUF_DEFAULT (256u * 1024)  /* bytes of memory that they occupy */
#define UDP_RCVBUF_MIN (2u * 1024)

#define UDP_PAYLOAD_MAX 65507u /* what IPv4's total length leaves */

enum udp_pmtu { /* as enum sock_pmtu in net/socket.h */
	UDP_PMTU_DONT, /* DF clear: whoever must may cut */
	UDP_PMTU_WANT, /* DF set on what fits the path as far as it is known; we cut what does not */
	UDP_PMTU_DO,   /* DF always; ERR_MSGSIZE for what does not fit */
};

struct udp_pcb {
	struct udp_pcb *key_next, *port_next; /* the layer's lists */
	uint32_t local;      /* host order, 0: any */
	uint16_t local_port; /* 0: not bound */
	uint32_t remote;     /* connected peer, 0: none */
	uint16_t remote_port;
	uint8_t pmtu;        /* enum udp_pmtu */
	bool reuse;          /* shares its port with others that would */
	int error;           /* pending: what an ICMP error said, negative enum err */
	uint32_t rcvbuf;     /* bytes; 0: UDP_RCVBUF_DEFAULT */
	uint32_t received_memory;
	struct pktbuf_queue received; /* l3_off is valid; [data, tail) is the payload */
};

struct udp_layer *udp_layer_create(struct stack *stack) MUST_CHECK;
/* Every port is unbound already. */
void udp_layer_destroy(struct stack *stack, struct udp_layer *layer);

/* --- udp_ports.c ---------------------------------------------------------------------------------- */

/* Port 0 takes an ephemeral one, unpredictably (RFC 6056).  ERR_ADDRINUSE, ERR_ADDRNOTAVAIL. */
int udp_bind(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint16_t port) MUST_CHECK;
/* Also throws away what waits to be read. */
void udp_unbind(struct stack *stack, struct udp_pcb *pcb);
/* A bound port hears this peer only, at this address of ours (0, 0, 0: everybody again, at `local`). */
void udp_connect(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint32_t remote,
		 uint16_t remote_port);
/* Whose datagram it is, or NULL. */
struct udp_pcb *udp_find(const struct stack *stack, uint32_t src, uint16_t src_port, uint32_t dst,
			 uint16_t dst_port);
/* The port that is connected like that, or NULL. */
struct udp_pcb *udp_find_connected(const struct stack *stack, uint32_t local, uint16_t local_port,
				   uint32_t remote, uint16_t remote_port);

/* --- udp.c ---------------------------------------------------------------------------------------- */

/* Copies `len` bytes, up to 65,507, into one datagram.  ERR_MSGSIZE, ERR_NOBUFS, ERR_INVAL (port 0),
 * and what ipv4_output() says; ERR_ACCES: a broadcast address, and not `broadcast`. */
int udp_send(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
	     uint32_t dst, uint16_t dst_port, uint64_t now_ns) MUST_CHECK;
int udp_send_broadcast(struct stack *stack, const struct udp_pcb *pcb, const void *buf, size_t len,
		       uint32_t dst, uint16_t dst_port, uint64_t now_ns) MUST_CHECK;
/* Takes the oldest datagram, or NULL; the caller frees it. */
struct pktbuf *udp_receive(struct udp_pcb *pcb, uint32_t *src, uint16_t *src_port);
/* Who sent it. */
void udp_source(const struct pktbuf *pkt, uint32_t *src, uint16_t *src_port);
uint32_t udp_rcvbuf(const struct udp_pcb *pcb);

/* IPv4 -> UDP.  Consumes. */
void udp_input(struct stack *stack, struct pktbuf *pkt, uint32_t src, uint32_t dst, uint64_t now_ns);
/* A router could not send on a datagram of ours whole: RFC 1191. */
void udp_too_big(struct stack *stack, const struct ipv4_too_big *report, uint64_t now_ns);
/* A datagram we sent could not be delivered. */
void udp_unreachable(struct stack *stack, uint32_t local, uint16_t local_port, uint32_t remote,
		     uint16_t remote_port, int err);

#endif
