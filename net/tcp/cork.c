/*
 * SPDX-License-Identifier: MIT
 *
 * A user who writes in pieces and wants full segments (SOCK_TCP_CORK, SOCK_MSG_MORE): the last
 * segment, as long as it is not full, waits for more.  Not for ever, since he may forget: what has
 * waited for 200 ms goes, and so it does with a FIN, with urgent data, and when he takes the cork off,
 * whatever Nagle would say.  Without the cork Nagle decides as ever: the last of a series of
 * SOCK_MSG_MORE is a write like any other.
 */
#include "net/tcp/internal.h"

void tcp_cork_written(struct tcb *tcb, bool more)
{
	if (tcb->snd_nxt == tcb->snd_end)
		tcb->flush = false; /* what had to go has gone */
	tcb->more = more;
}

void tcp_cork_sent(struct stack *stack, struct tcb *tcb, bool waits, bool sent, uint64_t now_ns)
{
	if (!waits) {
		tcp_timer_clear(stack, tcb, TCP_TIMER_CORK);
		return;
	}
	tcp_persist_stop(stack, tcb); /* the window is open */
	if (sent || !tcp_timer_is_set(tcb, TCP_TIMER_CORK))
		tcp_timer_set(stack, tcb, TCP_TIMER_CORK, now_ns + TCP_CORK_NS);
}

static void flush(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcb->flush = tcb->snd_nxt != tcb->snd_end;
	tcp_output(stack, tcb, now_ns);
}

void tcp_cork_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	flush(stack, tcb, now_ns);
}

void tcp_set_cork(struct stack *stack, struct tcb *tcb, bool on, uint64_t now_ns)
{
	bool was_on = tcb->corked;

	tcb->corked = on;
	if (!was_on || on)
		return;
	tcb->more = false;
	flush(stack, tcb, now_ns);
}
