/*
 * SPDX-License-Identifier: MIT
 *
 * Urgent data that we send (RFC 9293 3.8.5).
 */
#include "net/tcp/send/output.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "net/wire/tcp.h"

/* Every segment from before the end of the urgent data points to it, the empty ones too. */
void tcp_point_to_urgent(struct tcb *tcb, uint32_t seq, struct tcp_header *h)
{
	if (seq_geq(tcb->snd.una, tcb->snd.up)) {
		tcb->snd.urgent = false;
	} else if (seq_gt(tcb->snd.up, seq)) {
		h->flags |= TCP_URG;
		h->urgent = (uint16_t)MIN(tcb->snd.up - seq, UINT16_MAX);
	}
}

/* The peer is notified while its window is closed, and "special allowance should be made to
 * accept URGs" then (3.10.7.4, first), but from RCV.NXT on: an empty segment there, which a probe of
 * the window, being from before it, is not. */
void tcp_announce_urgent(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcb_synchronized(tcb) && tcb_flight(tcb) == 0 && tcb_urgent_waits(tcb))
		tcp_send_ack(stack, tcb, now_ns);
}
