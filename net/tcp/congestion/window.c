/*
 * SPDX-License-Identifier: MIT
 *
 * The congestion window while a loss is repaired, where the peer has no SACK (with SACK: prr.c).
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/tcb.h"

/* RFC 5681 3.2, step 3: the segments that have left the network */
void tcp_window_begin_inflation(struct tcb *tcb, uint32_t segments)
{
	tcb->cc.cwnd = tcb->cc.ssthresh + segments * tcb_eff_mss(tcb);
}

void tcp_window_inflate(struct tcb *tcb)
{
	tcb->cc.cwnd += tcb_eff_mss(tcb);
}

/* The window shrinks by what has left, plus one segment. */
void tcp_window_partial_ack(struct tcb *tcb, uint32_t acked)
{
	uint32_t mss = tcb_eff_mss(tcb);

	tcb->cc.cwnd -= MIN(tcb->cc.cwnd, acked);
	if (acked >= mss)
		tcb->cc.cwnd += mss;
	tcb->cc.cwnd = MAX(tcb->cc.cwnd, mss);
}

/* RFC 6582 3.2, step 3, (1): no burst */
void tcp_window_deflate(struct tcb *tcb)
{
	tcb->cc.cwnd = MIN(tcb->cc.ssthresh, MAX(tcb_flight(tcb), tcb_eff_mss(tcb)) + tcb_eff_mss(tcb));
}

void tcp_window_to_ssthresh(struct tcb *tcb)
{
	tcb->cc.cwnd = tcb->cc.ssthresh;
}

void tcp_window_at_most_ssthresh(struct tcb *tcb)
{
	tcb->cc.cwnd = MIN(tcb->cc.cwnd, tcb->cc.ssthresh);
}

void tcp_window_of_segments(struct tcb *tcb, uint32_t segments)
{
	tcb->cc.cwnd = segments * tcb_eff_mss(tcb);
}
