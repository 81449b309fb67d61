/*
 * SPDX-License-Identifier: MIT
 *
 * Was the recovery for nothing?  Three witnesses:
 *
 *   - Eifel (RFC 3522): the first ACK of new data echoes a timestamp from before the first
 *     retransmission, so it answers the original, which was only late;
 *   - F-RTO (RFC 5682 2.1), where there are no timestamps: after a timeout two ACKs in a row
 *     acknowledge what was not retransmitted;
 *   - D-SACK (RFC 2883; RFC 3708): every retransmission has arrived twice.
 *
 * Then the congestion window is what it was (RFC 4015 3.2), and nothing counts as lost any more.
 * NOT DONE: RFC 4015 3.3, learning the delay: it looks like a lost ACK at a peer without D-SACK,
 * whose timeout would then feed on itself.
 */
#include "net/tcp/congestion/congestion_past.h"
#include "net/tcp/congestion/control.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/segment.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define FRTO_WINDOW_SEGMENTS 3 /* RFC 5682 2.1, step 3a */

enum frto_step { FRTO_OFF, FRTO_FIRST_ACK, FRTO_SECOND_ACK };

/* RFC 5682 2.1, step 1: not when a recovery was under way; and Eifel is better where it can be. */
void tcp_undo_begin(struct tcb *tcb, bool timeout)
{
	bool frto = timeout && !tcb->agreed.timestamps && tcb->loss.recovery == TCP_RECOVERY_NONE;

	tcb->loss.spurious = (struct tcp_spurious){
		.marker = tcb->snd.una,
		.end = tcb->snd.nxt,
		.armed = true,
		.eifel = tcb->agreed.timestamps,
		.frto = frto ? FRTO_FIRST_ACK : FRTO_OFF,
	};
}

void tcp_undo_retransmitted(struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_spurious *spurious = &tcb->loss.spurious;

	if (!spurious->armed)
		return;
	if (!spurious->retransmitted)
		spurious->first_ts = tcp_timestamp(tcb, now_ns);
	spurious->retransmitted = true;
	spurious->again++;
}

/* RFC 3522 3.2, steps 4-6: the first acceptable ACK; not when it says that the retransmission was
 * the second copy (what was lost then is an ACK). */
static bool eifel_detects(struct tcp_spurious *spurious, const struct tcp_segment *seg,
		       const struct tcp_ack_info *ack_info)
{
	if (!spurious->eifel || !spurious->retransmitted || ack_info->acked == 0)
		return false;
	spurious->eifel = false;
	return seg->opt.has_timestamps && seg->opt.ts_ecr != 0 && !ack_info->has_dsack &&
	       (int32_t)(seg->opt.ts_ecr - spurious->first_ts) < 0;
}

/* RFC 5682 2.1, steps 2 and 3 */
static bool frto_detects(struct tcb *tcb, const struct tcp_segment *seg, const struct tcp_ack_info *ack_info,
		      bool duplicate)
{
	struct tcp_spurious *spurious = &tcb->loss.spurious;
	bool first = spurious->frto == FRTO_FIRST_ACK;

	if (spurious->frto == FRTO_OFF)
		return false;
	if (duplicate || ack_info->has_dsack || (first && seq_geq(seg->ack, tcb->loss.recover))) {
		if (spurious->frto == FRTO_SECOND_ACK) /* 3a: what was held back goes now */
			tcp_window_of_segments(tcb, FRTO_WINDOW_SEGMENTS);
		spurious->frto = FRTO_OFF; /* 2a, 3a: as usual */
		return false;
	}
	if (ack_info->acked == 0)
		return false;
	if (spurious->frto == FRTO_SECOND_ACK)
		return true; /* 3b */
	spurious->frto = FRTO_SECOND_ACK; /* 2b: two new segments, and wait */
	return false;
}

/* Of what was out when the recovery began; anything that is doubled later is no witness. */
static bool dsack_detects(struct tcp_spurious *spurious, const struct tcp_ack_info *ack_info)
{
	if (!ack_info->has_dsack || spurious->again == 0 || seq_lt(ack_info->dsack.start, spurious->marker) ||
	    seq_gt(ack_info->dsack.end, spurious->end))
		return false;
	return --spurious->again == 0;
}

bool tcp_undo_acked(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		    const struct tcp_ack_info *ack_info, bool duplicate)
{
	bool timeout = tcb->loss.recovery == TCP_RECOVERY_LOSS;

	if (!tcb->loss.spurious.armed)
		return false;
	if (!eifel_detects(&tcb->loss.spurious, seg, ack_info) && !frto_detects(tcb, seg, ack_info, duplicate) &&
	    !dsack_detects(&tcb->loss.spurious, ack_info))
		return false;
	stack->counters.tcp_undos++;
	tcb->loss.spurious.armed = false;
	tcb->loss.spurious.frto = FRTO_OFF;
	if (tcb->loss.recovery == TCP_RECOVERY_FAST) /* not what RFC 5681 3.2, step 4, made of it */
		tcp_window_at_most_ssthresh(tcb);
	tcp_congestion_undo(tcb);
	if (tcb->loss.sent != NULL)
		scoreboard_none_lost(tcb->loss.sent);
	if (timeout) /* what it took for the retransmission's answer was the original's, late */
		tcb->loss.rack.valid = false;
	else if (tcb->agreed.sack)
		tcb->loss.rack.reordering_seen = true;
	tcb->loss.recovery = TCP_RECOVERY_NONE;
	return true;
}
