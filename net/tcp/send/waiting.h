/*
 * SPDX-License-Identifier: MIT
 *
 * What waits to be sent, and why: meter.c, cork.c, persist.c.
 */
#ifndef NET_TCP_SEND_WAITING_H
#define NET_TCP_SEND_WAITING_H

#include "net/tcp/tcb.h"

/* --- meter.c: how long the connection was limited by what ------------------------------------ */

void tcp_meter_change(struct tcb *tcb, enum tcp_limit limit, uint64_t now_ns);
static inline void tcp_meter_set(struct tcb *tcb, enum tcp_limit limit, uint64_t now_ns)
{
	if (tcb->snd.limit != limit)
		tcp_meter_change(tcb, limit, now_ns);
}
/* The user was sent away with all he had. */
void tcp_meter_full(struct tcb *tcb, uint64_t now_ns);
/* Microseconds so far; TCP_LIMIT_NONE: of all. */
uint64_t tcp_meter_us(const struct tcb *tcb, enum tcp_limit limit, uint64_t now_ns);

static inline void tcp_meter_begin(struct tcb *tcb)
{
	tcb->meter = (struct tcp_meter){.since = 0};
}

/* So much has the user read in a round trip (receive/tune.c). */
static inline void tcp_meter_read(struct tcb *tcb, uint32_t bytes)
{
	tcb->meter.rcv_space = bytes;
}

/* --- cork.c ---------------------------------------------------------------------------------- */

/* Does a last segment that is not full wait for more? */
static inline bool tcp_cork_holds(const struct tcb *tcb)
{
	return tcb->snd.cork != 0 && !(tcb->snd.cork & TCP_CORK_FLUSH) && !tcb->snd.fin_queued &&
	       !tcb_urgent_waits(tcb);
}
/* What the user is about to write is to be followed by more, or not. */
void tcp_cork_more(struct stack *stack, struct tcb *tcb, bool more);
/* He has written, where there is a cork; before SND.END moves. */
void tcp_cork_written(struct tcb *tcb);
/* All was sent that may be, if anything (`sent`).  `waits`: so many bytes that would be no full
 * segment, and that the window allows; true: the cork alone holds them back. */
bool tcp_cork_sent(struct stack *stack, struct tcb *tcb, uint32_t waits, bool sent,
		   uint64_t now_ns);
/* The user has more than there is room for: where only what is held takes it up, he would wait for the
 * cork, and the cork for him. */
void tcp_cork_full(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_cork_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

/* --- persist.c ------------------------------------------------------------------------------- */

/* Data waits, nothing is out, and the window does not let us send: ask from time to time. */
void tcp_persist_start(struct stack *stack, struct tcb *tcb, uint64_t now_ns);
void tcp_persist_stop(struct stack *stack, struct tcb *tcb);
/* False: it has given up, the TCB may be gone. */
bool tcp_persist_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

#endif
