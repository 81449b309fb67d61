/*
 * SPDX-License-Identifier: MIT
 *
 * Resets, received and sent; challenge ACKs (reset.c).
 */
#ifndef NET_TCP_CONN_RESET_H
#define NET_TCP_CONN_RESET_H

#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

/* --- reset.c: second and fourth; RST out ----------------------------------------------------- */

enum tcp_verdict tcp_check_rst(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
enum tcp_verdict tcp_check_syn(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
void tcp_rst_received(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		      const char *meaning);
/* RFC 5961: an ACK that makes an honest peer repeat itself; rate-limited. */
void tcp_challenge_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* Why a RST is sent; the phrases stand in reset.c. */
enum tcp_reset_reason {
	TCP_RESET_NO_CONNECTION,
	TCP_RESET_BAD_ACK,
	TCP_RESET_ABORTED,
	TCP_RESET_UNREAD_DATA,
	TCP_RESET_DATA_AFTER_CLOSE,
	TCP_RESET_LISTENER_CLOSED,
	TCP_RESET_ECN,
	TCP_RESET_REASONS,
};
const char *tcp_reset_reason_text(unsigned reason);
/* 3.10.7.1 and wherever a segment is answered with <SEQ=SEG.ACK><CTL=RST>.  tcb may be NULL. */
void tcp_reset_segment(struct stack *stack, const struct tcb *tcb, const struct tcp_segment *seg,
		       enum tcp_reset_reason reason);
/* 3.10.5: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK> on a connection of ours. */
void tcp_reset_connection(struct stack *stack, struct tcb *tcb, enum tcp_reset_reason reason,
			  uint64_t now_ns);
/* tcp_reset_connection() where the state asks for one (3.10.5), then tcp_end(). */
void tcp_abort_with(struct stack *stack, struct tcb *tcb, enum tcp_reset_reason reason,
		    uint64_t now_ns);

#endif
