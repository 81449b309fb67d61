/*
 * SPDX-License-Identifier: MIT
 *
 * The three-way handshake (handshake.c), initial sequence numbers, the timestamp clock (isn.c).
 */
#ifndef NET_TCP_CONN_HANDSHAKE_H
#define NET_TCP_CONN_HANDSHAKE_H

#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

/* --- isn.c ----------------------------------------------------------------------------------- */

/* RFC 6528 */
uint32_t tcp_initial_sequence(const struct stack *stack, const struct tcb *tcb, uint64_t now_ns);
/* RFC 7323 5.4: where the timestamp clock of this connection starts. */
uint32_t tcp_timestamp_offset(const struct stack *stack, const struct tcb *tcb);
uint32_t tcp_timestamp(const struct tcb *tcb, uint64_t now_ns);

/* --- handshake.c: 3.10.7.3, and what both opens share ---------------------------------------- */

void tcp_syn_sent_arrives(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* Sequence numbers, MSS, options to offer; the route gives the MTU.  Errors of ip_route(). */
int tcp_prepare(struct stack *stack, struct tcb *tcb, uint64_t now_ns) MUST_CHECK;
/* Sequence numbers that begin beyond `last`, a number of the four-tuple's previous life. */
void tcp_begin_beyond(struct tcb *tcb, uint32_t last);
/* All of them, from this one on. */
void tcp_begin_at(struct tcb *tcb, uint32_t iss);
/* What the peer's SYN says about options, and its sequence number. */
void tcp_read_syn(struct tcb *tcb, const struct tcp_segment *seg);
/* Step 13, and 15: the user is notified. */
void tcp_log_established(struct stack *stack, struct tcb *tcb, const char *checked);
void tcp_notify_user(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* Our SYN is acknowledged: windows, congestion state, ESTABLISHED. */
void tcp_become_established(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);

#endif
