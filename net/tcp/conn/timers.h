/*
 * SPDX-License-Identifier: MIT
 *
 * One timer in the heap for all of a connection's deadlines (timers.c).
 */
#ifndef NET_TCP_CONN_TIMERS_H
#define NET_TCP_CONN_TIMERS_H

#include "net/tcp/tcb.h"

/* --- timers.c -------------------------------------------------------------------------------- */

void tcp_timers_init(struct tcb *tcb);
void tcp_timer_set(struct stack *stack, struct tcb *tcb, enum tcp_timer which,
		   uint64_t deadline_ns);
void tcp_timer_clear(struct stack *stack, struct tcb *tcb, enum tcp_timer which);
void tcp_timers_clear(struct stack *stack, struct tcb *tcb);
/* RFC 9293 3.8.3, R2: how long the peer may stay silent in this state. */
uint64_t tcp_user_timeout_ns(const struct tcb *tcb);
/* A deadline that does not lie behind the end of the user's own timeout, where there is one. */
uint64_t tcp_within_user_timeout(const struct tcb *tcb, uint64_t deadline_ns);
/* R2 has been reached: ERR_TIMEDOUT, or what was heard meanwhile.  The reason begins with `what`,
 * how many, and of what: `tries`. */
void tcp_time_out(struct stack *stack, struct tcb *tcb, const char *what, const char *tries,
		  uint64_t now_ns);
static inline bool tcp_timer_is_set(const struct tcb *tcb, enum tcp_timer which)
{
	return tcb->timers.deadline_ns[which] != TIME_NEVER;
}

#endif
