/*
 * SPDX-License-Identifier: MIT
 *
 * Listeners, SYN cookies, TIME-WAIT (listen.c, cookie.c, time_wait.c).
 */
#ifndef NET_TCP_CONN_LISTEN_H
#define NET_TCP_CONN_LISTEN_H

#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

/* --- listen.c: 3.10.7.2 ---------------------------------------------------------------------- */

/* NULL, or the new connection in SYN-RECEIVED that the segment is for, since it brought a cookie. */
struct tcb *tcp_listen_arrives(struct stack *stack, struct tcb *listener, struct tcp_segment *seg);
/* A SYN for the four-tuple of `old`, in TIME-WAIT, which makes room if there is room for it. */
void tcp_listen_reopen(struct stack *stack, struct tcb *listener, struct tcb *old,
		       struct tcp_segment *seg);
/* Do as many wait to be accepted as may? */
bool tcp_accept_is_full(const struct tcb *listener);
/* A passive connection is established: it joins its listener's accept queue. */
void tcp_listen_established(struct tcb *tcb);
/* A passive connection that was not accepted is removed from its listener. */
void tcp_listen_remove(struct tcb *tcb);
/* The listener closes: so do those that were not accepted. */
void tcp_listen_close(struct stack *stack, struct tcb *listener, uint64_t now_ns);

/* --- cookie.c -------------------------------------------------------------------------------- */

/* Answers a SYN without keeping anything. */
void tcp_cookie_send(struct stack *stack, const struct tcb *listener,
		     const struct tcp_segment *syn);
/* Does the ACK bring back a cookie that is still good?  *syn: what the SYN must have been. */
bool tcp_cookie_check(const struct stack *stack, const struct tcp_segment *ack,
		      struct tcp_segment *syn);
/* When the last cookie made now is not good any more. */
uint64_t tcp_cookies_end(uint64_t now_ns);

/* --- time_wait.c ----------------------------------------------------------------------------- */

/* TIME-WAIT begins, or begins again; where there are too many, that of the oldest ends. */
void tcp_enter_time_wait(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* One that is in it leaves the layer's list of them. */
void tcp_time_wait_remove(struct stack *stack, struct tcb *tcb);
/* TCP_DONE: it was a SYN that opens a new connection in the place of this one, which is gone. */
enum tcp_verdict tcp_time_wait_syn(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg);
/* May a new active open take the four-tuple of this one? */
bool tcp_may_replace(const struct tcb *old, uint64_t now_ns);
/* The old one ends; the new one's sequence numbers, not used yet, lie beyond its. */
void tcp_replace(struct stack *stack, struct tcb *old, struct tcb *tcb);

#endif
