/*
 * SPDX-License-Identifier: MIT
 *
 * A user that writes small amounts and wants full segments (SOCK_TCP_CORK, SOCK_MSG_MORE): the last
 * segment, as long as it is not full, waits for more.  Not for ever, since he may forget: what has
 * waited for 200 ms goes, and so it does with a FIN, with urgent data, when it fills the send buffer
 * and he has more, and when he takes the cork off, whatever Nagle would say.  Without the cork Nagle
 * decides as ever: the last of a series of SOCK_MSG_MORE is a write like any other.
 */
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/tcb.h"

static void set(struct tcb *tcb, enum tcp_cork bit, bool on)
{
	tcb->snd.cork = (uint8_t)(on ? tcb->snd.cork | bit : tcb->snd.cork & ~(unsigned)bit);
}

void tcp_cork_more(struct stack *stack, struct tcb *tcb, bool more)
{
	set(tcb, TCP_CORK_MORE, more);
	if (tcb->snd.cork == 0)
		tcp_timer_clear(stack, tcb, TCP_TIMER_CORK);
}

void tcp_cork_written(struct tcb *tcb)
{
	if (tcb->snd.nxt == tcb->snd.end) /* what had to go has gone */
		set(tcb, TCP_CORK_FLUSH, false);
}

bool tcp_cork_sent(struct stack *stack, struct tcb *tcb, uint32_t waits, bool sent,
		   uint64_t now_ns)
{
	if (waits == 0 || !tcp_cork_holds(tcb)) {
		tcp_timer_clear(stack, tcb, TCP_TIMER_CORK);
		return false;
	}
	tcp_persist_stop(stack, tcb); /* the window is open */
	if (sent || !tcp_timer_is_set(tcb, TCP_TIMER_CORK))
		tcp_timer_set(stack, tcb, TCP_TIMER_CORK, now_ns + TCP_CORK_NS);
	return true;
}

void tcp_cork_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	set(tcb, TCP_CORK_FLUSH, tcb->snd.nxt != tcb->snd.end);
	tcp_output(stack, tcb, now_ns);
}

void tcp_cork_full(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcp_cork_holds(tcb) && tcb_flight(tcb) == 0)
		tcp_cork_fired(stack, tcb, now_ns);
}

void tcp_set_cork(struct stack *stack, struct tcb *tcb, bool on, uint64_t now_ns)
{
	bool was_on = tcb->snd.cork & TCP_CORK_ON;

	set(tcb, TCP_CORK_ON, on);
	if (!was_on || on)
		return;
	tcp_timer_clear(stack, tcb, TCP_TIMER_CORK);
	tcb->snd.cork = 0;
	tcp_cork_fired(stack, tcb, now_ns);
}
