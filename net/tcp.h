/*
 * TCP as its neighbours in the stack see it (RFC 9293).  What is inside stands in net/tcp/ and is
 * included from nowhere else.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "base/compiler.h"
#include "base/net_addr.h"
#include "net/pktbuf.h"

struct stack;
struct tcp_layer; /* every connection and listener of one stack */

struct tcp_layer *tcp_layer_create(struct stack *stack) MUST_CHECK;
void tcp_layer_destroy(struct stack *stack, struct tcp_layer *layer);

/* IPv4 -> TCP: [data, tail) is the segment, trimmed to the IP length; src and dst host order.
 * Consumes. */
void tcp_input(struct stack *stack, struct pktbuf *pkt, uint32_t src, uint32_t dst, uint64_t now_ns);

/* Sends what connections held back while frames were coming in (ACKs, window updates, data). */
void tcp_poll(struct stack *stack, uint64_t now_ns);
/* True when tcp_poll() has something to do now. */
bool tcp_has_work(const struct stack *stack);

/* A device has taken a frame that TCP marked (pktbuf.note).  `frame`: the Ethernet frame, the
 * first `len` bytes of `frame_len`. */
void tcp_frame_sent(struct stack *stack, uint8_t note, uint32_t note_arg, const uint8_t *frame,
		    size_t len, size_t frame_len, uint32_t next_hop, uint64_t now_ns);

/* A segment we sent could not be delivered: an ICMP error about it (`seq` is the sequence number
 * that the error quotes; `hard`: RFC 1122 4.2.3.9), or ARP got no answer (`local_only`, no seq). */
struct tcp_trouble {
	uint32_t local, remote; /* host order */
	uint16_t local_port, remote_port;
	uint32_t seq;
	int err; /* enum err: ERR_HOSTUNREACH, ERR_NETUNREACH, ERR_CONNREFUSED, ... */
	bool hard;
	bool local_only;
};
void tcp_unreachable(struct stack *stack, const struct tcp_trouble *trouble, uint64_t now_ns);

#endif
