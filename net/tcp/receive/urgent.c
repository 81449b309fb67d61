/*
 * SPDX-License-Identifier: MIT
 *
 * Urgent data (RFC 9293 3.8.5; RFC 6093 advises new applications not to use it): a mark in the
 * stream, nothing more.  What comes stays in line (MUST-30, MUST-31); the user can see that a mark
 * lies ahead and how far (MUST-32, MUST-33), and one read never goes across it.  The pointer names
 * the octet behind the last urgent one (MUST-62).
 *
 * A pointer is a number that a stranger wrote: it is compared, never used to reach for bytes.
 */
#include "net/tcp/receive/receive.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

/* --- received -------------------------------------------------------------------------------- */

/* The number of the byte that the user reads next. */
static uint32_t read_position(const struct tcb *tcb)
{
	bool fin = tcb->rcv.fin_known && seq_gt(tcb->rcv.nxt, tcb->rcv.fin);

	return tcb->rcv.nxt - fin - tcb->rcv.unread;
}

/* 3.10.7.4, sixth: RCV.UP <- max(RCV.UP, SEG.UP), where that is ahead of what the user has read. */
void tcp_check_urgent(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_URG) || tcb->rcv.closed)
		return;
	if (tcb->life.state != TCP_ESTABLISHED && tcb->life.state != TCP_FIN_WAIT_1 &&
	    tcb->life.state != TCP_FIN_WAIT_2)
		return; /* the peer has sent a FIN: "ignore the URG" */
	if (seq_leq(seg->up, tcb->rcv.urgent ? tcb->rcv.up : read_position(tcb)))
		return;
	tcb->rcv.up = seg->up;
	tcb->rcv.urgent = true;
	stack->counters.tcp_urgent_in++;
}

uint32_t tcp_urgent_left(const struct tcb *tcb)
{
	return tcb->rcv.urgent ? tcb->rcv.up - read_position(tcb) : 0;
}

/* Up to the last urgent octet, which begins a read of its own. */
size_t tcp_readable_before_mark(const struct tcb *tcb, size_t len)
{
	uint32_t left = tcp_urgent_left(tcb);

	return left > 1 ? MIN(len, (size_t)left - 1) : len;
}

void tcp_urgent_read(struct tcb *tcb)
{
	if (tcb->rcv.urgent && seq_leq(tcb->rcv.up, read_position(tcb)))
		tcb->rcv.urgent = false;
}
