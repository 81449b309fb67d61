/*
 * SPDX-License-Identifier: MIT
 *
 * The path's MTU, and so the size of segments (pmtu.c).
 */
#ifndef NET_TCP_SEND_PMTU_H
#define NET_TCP_SEND_PMTU_H

#include "net/tcp/tcb.h"

struct tcp_send;

/* --- pmtu.c ---------------------------------------------------------------------------------- */

/* The route is known: what of the path is; and what the peer takes. */
void tcp_pmtu_begin(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_pmtu_offered(struct tcb *tcb, uint32_t mss);
/* The user has chosen a largest segment. */
void tcp_pmtu_chosen(struct tcb *tcb);
/* Text went out; SND.UNA has moved; a timeout, before anything goes again. */
void tcp_pmtu_sent(struct tcb *tcb, const struct tcp_send *send);
void tcp_pmtu_acked(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_pmtu_timeout(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

#endif
