/*
 * SPDX-License-Identifier: MIT
 *
 * Steps of RFC 9293 3.10.7.4 that belong to the connection (check.c, ack.c); those for resets and
 * payload stand in reset.h and receive/receive.h.
 */
#ifndef NET_TCP_CONN_STEPS_H
#define NET_TCP_CONN_STEPS_H

#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

/* --- check.c: 3.10.7.4, first, and the checks around it -------------------------------------- */

enum tcp_verdict tcp_check_sequence(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* Takes `n` bytes of payload, or all there are, off its front. */
void tcp_trim_front(struct tcp_segment *seg, uint32_t n);
/* The segment's ACK is believed: RFC 7323 4.3, (2). */
void tcp_note_timestamp(struct tcb *tcb, const struct tcp_segment *seg);
/* 3.10.7.4 first, the table: is any of it inside the window? */
bool tcp_segment_acceptable(const struct tcb *tcb, const struct tcp_segment *seg);

/* --- ack.c: fifth ---------------------------------------------------------------------------- */

enum tcp_verdict tcp_check_ack(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* SND.UNA moves to `ack`: buffer, timers.  `rtt_ns`: what the records say of the round trip. */
void tcp_advance_una(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		     uint64_t rtt_ns);

#endif
