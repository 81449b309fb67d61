/*
 * SPDX-License-Identifier: MIT
 *
 * The receive window (RFC 9293 3.8.6): what we announce is what we keep.  The right edge never
 * moves back (SHLD-14), and it moves forward in steps worth a segment (MUST-39, silly windows).
 *
 * On the wire the window is rounded down to a multiple of 2^scale (RFC 7323 2.3), so the edge that
 * the peer sees may waver by less than that; the edge we accept up to, rcv.adv, does not.
 */
#include "net/tcp/receive/receive.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

uint32_t tcp_receive_window(const struct tcb *tcb)
{
	return seq_gt(tcb->rcv.adv, tcb->rcv.nxt) ? tcb->rcv.adv - tcb->rcv.nxt : 0;
}

/* The largest window that can be said: never scaled on a SYN (RFC 7323 2.2). */
static uint32_t sayable(const struct tcb *tcb, bool syn)
{
	return (uint32_t)UINT16_MAX << (syn ? 0 : tcb->agreed.rcv_wscale);
}

/* What there is room for from RCV.NXT on, as far as it can be said, whatever was announced. */
static uint32_t room(const struct tcb *tcb, bool syn)
{
	uint32_t free = tcb->rcv.unread < tcb->rcv.buf_size ?
		tcb->rcv.buf_size - tcb->rcv.unread : 0;

	return MIN(free, sayable(tcb, syn));
}

/* RFC 9293 3.8.6.2.2: Fr * RCV.BUFF with Fr = 1/2, or Eff.snd.MSS of the peer */
static uint32_t worthwhile_step(const struct tcb *tcb)
{
	return MIN(tcb->rcv.buf_size / 2, (uint32_t)tcb->agreed.mss_offered);
}

uint16_t tcp_announce_window(struct tcb *tcb, bool syn)
{
	uint32_t edge = tcb->rcv.nxt + room(tcb, syn);

	if (seq_diff(edge, tcb->rcv.adv) >= (int32_t)worthwhile_step(tcb))
		tcb->rcv.adv = edge;
	return (uint16_t)(MIN(tcp_receive_window(tcb), sayable(tcb, syn)) >>
			  (syn ? 0 : tcb->agreed.rcv_wscale));
}

bool tcp_window_update_due(const struct tcb *tcb)
{
	uint32_t announced = tcp_receive_window(tcb);
	uint32_t now = room(tcb, false);

	/* As long as half of the buffer is announced the peer is not held up, and the next ACK
	 * carries the update. */
	return announced <= tcb->rcv.buf_size / 2 && now >= 2 * announced &&
	       now - announced >= worthwhile_step(tcb);
}
