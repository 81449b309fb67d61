/*
 * SPDX-License-Identifier: MIT
 *
 * Is the peer still there, and for how long is it waited for: user_options.c, keep_alive.c,
 * reachability.c, delivery_error.c.
 */
#ifndef NET_TCP_CONN_LIVENESS_H
#define NET_TCP_CONN_LIVENESS_H

#include "net/awaited.h"
#include "net/tcp/tcb.h"

struct tcp_segment;

/* --- user_options.c, keep_alive.c ------------------------------------------------------------ */

void tcp_user_options_init(struct tcb *tcb);
/* The connection is established, or the user has changed his mind. */
void tcp_keep_alive_start(struct stack *stack, struct tcb *tcb);
/* False: it has given up, the TCB may be gone. */
bool tcp_keep_alive_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
/* The peer has been heard. */
static inline void tcp_peer_answered(struct tcb *tcb, uint64_t now_ns)
{
	tcb->life.last_received_ns = now_ns;
	tcb->life.keep_probes = 0;
	tcb->life.soft_error = ERR_OK; /* it was about a silence that is over */
}

/* --- reachability.c --------------------------------------------------------------------------------- */

/* A segment of what has been acknowledged came again; of nothing else it takes notice. */
void tcp_reachability_old_segment(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg);
/* Something has to be retransmitted, and the peer may have been silent for long. */
void tcp_reachability_silence(struct stack *stack, const struct tcb *tcb, uint64_t now_ns);
/* The user has read all there was. */
void tcp_reachability_reader_waits(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_reachability_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- delivery_error.c: what came and was not what is awaited ------------------------------------------ */

/* The segment is of no connection: is it the answer to a SYN of ours, from another host? */
void tcp_refuse_stranger(struct stack *stack, const struct tcp_segment *seg);

/* Progress: what was refused before it does not matter any more. */
static inline void tcp_clear_refused(struct stack *stack, struct tcb *tcb)
{
	awaited_free(stack, &tcb->life.awaited);
}

#endif
