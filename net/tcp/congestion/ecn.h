/*
 * SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification: what the files of net/tcp/ ask of ecn.c and accurate.c.
 */
#ifndef NET_TCP_CONGESTION_ECN_H
#define NET_TCP_CONGESTION_ECN_H

#include "net/tcp/tcb.h"

struct tcp_ack_info;
struct tcp_segment;
struct tcp_send;

/* --- ecn.c: RFC 3168; RFC 9768 3.1 ----------------------------------------------------------- */

void tcp_ecn_init(struct stack *stack, struct tcb *tcb, enum net_ecn wanted);
/* The peer's SYN or SYN-ACK. */
void tcp_ecn_read_syn(struct tcb *tcb, const struct tcp_segment *seg);
/* Behind it, of a connection that stays: memory for the mode, or another mode. */
void tcp_ecn_settle(struct stack *stack, struct tcb *tcb);
/* The SYN again, before our SYN-ACK goes again; false: it asks for something else now, RFC 9768 3.1.5
 * wants a RST. */
bool tcp_ecn_reread_syn(struct tcb *tcb, const struct tcp_segment *seg) MUST_CHECK;
/* What of AE, ECE and CWR a segment gets, and whether it may be marked; then it has been sent. */
uint16_t tcp_ecn_flags(const struct tcb *tcb, const struct tcp_send *send);
bool tcp_ecn_capable(const struct tcb *tcb, const struct tcp_send *send);
void tcp_ecn_sent(struct tcb *tcb, const struct tcp_send *send);
/* An acceptable ACK, before SND.UNA moves: cwnd is reduced once a window. */
void tcp_ecn_check_ack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* A segment inside the window: from the first mark to the CWR our ACKs have ECE. */
void tcp_ecn_check_data(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);

/* --- accurate.c: RFC 9768 3.2; only in AccECN mode, but for those that say so ------------------ */

/* Memory, and counters as they are at first; false: none.  In any mode, as the next. */
bool tcp_accurate_begin(struct stack *stack, struct tcb *tcb) MUST_CHECK;
void tcp_accurate_end(struct stack *stack, struct tcb *tcb);
/* The flags that say how the peer's SYN or SYN-ACK came. */
uint16_t tcp_accurate_echo(const struct tcb *tcb);
/* The SYN-ACK has opened our connection; the ACK of our SYN-ACK has.  cwnd is set.  In any mode. */
void tcp_accurate_opened(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
void tcp_accurate_third_ack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* Checks the first segment after the handshake. */
void tcp_accurate_first(struct tcb *tcb, const struct tcp_segment *seg);
/* A segment that is not acceptable: perhaps the SYN-ACK again.  In any mode. */
void tcp_accurate_synack_again(struct tcb *tcb, const struct tcp_segment *seg);
/* It was dealt with: unless an ACK of it is still to leave, none will. */
void tcp_accurate_synack_unanswered(struct tcb *tcb);
/* A segment inside the window. */
void tcp_accurate_came(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* The ACE field of a segment; it has been sent. */
uint16_t tcp_accurate_ace(const struct tcb *tcb, const struct tcp_send *send);
void tcp_accurate_sent(struct tcb *tcb);
/* What an ACK says, before SND.UNA moves. */
void tcp_accurate_feedback(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		       const struct tcp_ack_info *ack_info);
/* True where it says how many bytes came marked. */
bool tcp_accurate_read_option(struct tcb *tcb, const struct tcp_segment *seg);
void tcp_accurate_add_option(struct tcb *tcb, struct tcp_options *opt, const struct tcp_send *send);

#endif
