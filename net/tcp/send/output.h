/*
 * SPDX-License-Identifier: MIT
 *
 * Sending: what goes out and when (output.c), how a segment is built (segment.c), what is reported when
 * it has left (sent.c).
 */
#ifndef NET_TCP_SEND_OUTPUT_H
#define NET_TCP_SEND_OUTPUT_H

#include "net/tcp/conn/reset.h"
#include "net/tcp/tcb.h"

/* --- output.c, segment.c, sent.c ------------------------------------------------------------- */

/* Sends what may be sent now: retransmissions, data, FIN, an ACK that is due. */
void tcp_output(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_send_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 3.8.6.2.1, (4): what the window allows, be it little; false: nothing was sent. */
bool tcp_send_override(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* 3.8.6.1: asks the peer for its window. */
void tcp_send_window_probe(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

enum tcp_retransmit_reason {
	TCP_RETRANSMIT_NONE, /* it goes for the first time */
	TCP_RETRANSMIT_TIMEOUT,
	TCP_RETRANSMIT_DUPLICATE_ACKS,
	TCP_RETRANSMIT_SYN_AGAIN, /* the peer's SYN came again */
	TCP_RETRANSMIT_RACK,      /* RFC 8985: what was sent later has arrived */
	TCP_RETRANSMIT_PROBE,     /* RFC 8985 7: the tail may be lost */
	TCP_RETRANSMIT_PATH_MTU,  /* it was too large for the path */
};

/* The SYN, or the SYN-ACK where the peer's SYN is here; built (steps 7, 11) and sent. */
void tcp_send_syn(struct stack *stack, struct tcb *tcb, enum tcp_retransmit_reason reason,
		  uint64_t now_ns);
/* Sends the first segment again, whatever the congestion window says. */
void tcp_retransmit_first(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* RFC 8985 7.3: a new segment beyond the congestion window, or the last one again.  False: nothing
 * could be sent. */
bool tcp_send_tail_probe(struct stack *stack, struct tcb *tcb, bool *is_retransmission, uint64_t now_ns);

/* One segment to send. */
struct tcp_send {
	uint32_t seq;
	uint32_t data_len; /* bytes from the send buffer */
	uint16_t flags;
	uint8_t note;      /* enum tcp_note */
	uint32_t sent_arg;
};

/* What a segment is whose way into the device is an event. */
enum tcp_note {
	TCP_NOTE_STEP = 1u << 0,       /* SYN, SYN-ACK, the handshake's last ACK */
	TCP_NOTE_RETRANSMIT = 1u << 1, /* sent_arg: see tcp_retransmit_arg() */
	TCP_NOTE_FIN = 1u << 2,
	TCP_NOTE_RST = 1u << 3,        /* sent_arg: see tcp_reset_arg() */
};

static inline uint32_t tcp_retransmit_arg(uint8_t attempt, enum tcp_retransmit_reason reason,
					  uint64_t rto_ns)
{
	return (uint32_t)attempt << 24 | (uint32_t)reason << 16 |
	       (uint32_t)MIN(rto_ns / NS_PER_MS, UINT64_C(0xffff));
}

static inline uint32_t tcp_reset_arg(enum tcp_reset_reason reason, uint32_t conn)
{
	return (uint32_t)reason << 24 | (conn & 0xffffff);
}

/* Builds and sends it; says what ip_output() says, or ERR_NOBUFS. */
int tcp_transmit(struct stack *stack, struct tcb *tcb, const struct tcp_send *send,
		 uint64_t now_ns);
/* Registers the completion of a segment with a note (sent.c); [data, tail) begins with its header.  `tcb`:
 * the connection, NULL for a RST. */
void tcp_watch_sent(struct pktbuf *pkt, struct tcb *tcb, uint8_t note, uint32_t sent_arg);
/* A RST: of a connection, whose options it has, or of none (NULL). */
int tcp_transmit_rst(struct stack *stack, const struct tcb *tcb, const struct net_endpoint *local,
		     const struct net_endpoint *remote, const struct tcp_send *send, uint32_t ack,
		     uint64_t now_ns);

#endif
