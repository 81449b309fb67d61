/*
 * SPDX-License-Identifier: MIT
 *
 * The states of a connection, and its end (state.c).
 */
#ifndef NET_TCP_CONN_STATE_H
#define NET_TCP_CONN_STATE_H

#include "net/tcp/tcb.h"

/* --- state.c --------------------------------------------------------------------------------- */

/* The one place where a state changes. */
void tcp_set_state(struct stack *stack, struct tcb *tcb, enum tcp_state state);
/* Notifies the user, if it asked for that, that the connection should be checked. */
void tcp_user_active(struct stack *stack, const struct tcb *tcb);
/* The connection is over: to CLOSED, timers off, buffers given back.  What was received stays for
 * the user.  `error` is what the user will read.  Frees the TCB if it has no owner. */
void tcp_end(struct stack *stack, struct tcb *tcb, int error);
/* As tcp_end, with an event that says why we gave up. */
void tcp_end_with_reason(struct stack *stack, struct tcb *tcb, int error, const char *reason);
void tcp_free(struct stack *stack, struct tcb *tcb);
void tcp_step(struct tcb *tcb, uint8_t step); /* one of the sixteen was reached */

#endif
