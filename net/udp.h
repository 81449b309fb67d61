/*
 * UDP as its neighbours in the stack see it (RFC 768, RFC 1122 4.1).  A struct udp_pcb is the
 * control block of one bound port; the socket layer owns it.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/err.h"
#include "base/net_addr.h"
#include "net/pktbuf.h"

struct stack;
struct ipv4_too_big;

#define UDP_QUEUE_MAX 64 /* datagrams that wait to be read; more are dropped and counted */

enum udp_pmtu { /* the values of Linux's IP_MTU_DISCOVER */
	UDP_PMTU_DONT, /* DF clear: whoever must may cut */
	UDP_PMTU_WANT, /* DF set on what fits the path as far as it is known; we cut what does not */
	UDP_PMTU_DO,   /* DF always; ERR_MSGSIZE for what does not fit */
};

struct udp_pcb {
	struct udp_pcb *next;
	uint32_t local;      /* host order, 0: any */
	uint16_t local_port;
	uint32_t remote;     /* connected peer, 0: none */
	uint16_t remote_port;
	uint8_t pmtu;        /* enum udp_pmtu */
	int error;           /* pending: what an ICMP error said, negative enum err */
	struct pktbuf_queue received; /* l3_off is valid; [data, tail) is the payload */
};

/* Port 0 takes an ephemeral one, unpredictably (RFC 6056).  ERR_ADDRINUSE. */
int udp_bind(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint16_t port) MUST_CHECK;
void udp_unbind(struct stack *stack, struct udp_pcb *pcb);
/* Copies `len` bytes, up to 65,507, into one datagram.  ERR_MSGSIZE, ERR_NOBUFS, and what ipv4_output() says. */
int udp_send(struct stack *stack, struct udp_pcb *pcb, const void *buf, size_t len, uint32_t dst,
	     uint16_t dst_port, uint64_t now_ns) MUST_CHECK;
/* Takes the oldest datagram, or NULL; the caller frees it. */
struct pktbuf *udp_receive(struct udp_pcb *pcb, uint32_t *src, uint16_t *src_port);

/* IPv4 -> UDP.  Consumes. */
void udp_input(struct stack *stack, struct pktbuf *pkt, uint32_t src, uint32_t dst, uint64_t now_ns);
/* A router could not send on a datagram of ours whole: RFC 1191. */
void udp_too_big(struct stack *stack, const struct ipv4_too_big *report, uint64_t now_ns);
/* A datagram we sent could not be delivered. */
void udp_unreachable(struct stack *stack, uint32_t local, uint16_t local_port, uint32_t remote,
		     uint16_t remote_port, int err);

#endif
