/*
 * SPDX-License-Identifier: MIT
 *
 * Loss, and what it leads to.  How it is noticed: by RACK (rack.c) and its tail loss probe (tlp.c)
 * where the peer has SACK, by three duplicate ACKs (duplicates.c) where it has not, by a timeout at
 * last.  What follows is decided here: fast recovery (RFC 6675, under PRR, prr.c), or slow start
 * after a timeout (RFC 5681 3.1), or back again when it was for nothing (undo.c).  What is lost
 * stands in the scoreboard; output.c sends it again as the congestion window allows.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/rate.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

static const struct tcp_ack_info no_ack_info;

/* --- entering -------------------------------------------------------------------------------- */

void tcp_recovery_enter(struct stack *stack, struct tcb *tcb, uint32_t flight, uint64_t now_ns)
{
	stack->counters.tcp_fast_retransmits++;
	tcp_congestion_loss(tcb, flight, now_ns);
	tcp_undo_begin(tcb, false);
	tcb->loss.recovery = TCP_RECOVERY_FAST;
	tcb->loss.recover = tcb->snd.nxt;
	tcb->loss.tlp.open = false;
	tcp_rtt_cancel(tcb);
}

/* FlightSize when the ACK came.  RFC 5681 3.2, step 2: what limited transmit has sent does not
 * count; it is beyond cwnd. */
static uint32_t flight_before(const struct tcb *tcb, const struct tcp_ack_info *ack_info)
{
	return MIN(tcb_flight(tcb) + ack_info->acked, tcb->cc.cwnd);
}

static void enter_by_sack(struct stack *stack, struct tcb *tcb, const struct tcp_ack_info *ack_info,
			  uint64_t now_ns)
{
	tcp_recovery_enter(stack, tcb, flight_before(tcb, ack_info), now_ns);
	tcp_prr_begin(tcb, ack_info);
	tcp_prr_acked(tcb, ack_info);
}

void tcp_recovery_timeout(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct scoreboard *sb = tcb->loss.sent; /* something is out, or the timer would be off */
	/* RFC 2018 8: SND.UNA would have moved over what is SACKed there, unless the peer has
	 * thrown it away; then none of it is to be believed.  Else RFC 6675 5.1 keeps it. */
	bool reneged = sb->count > 0 && (scoreboard_at(sb, 0)->flags & SENT_SACKED);

	/* RFC 5681 3.1: ssthresh is taken once per loss, not again when the timeout backs off,
	 * nor when a recovery from the same loss fails */
	tcb->loss.spurious.frto = 0;
	if (tcb->snd.attempts <= 1 && tcb->loss.recovery != TCP_RECOVERY_FAST) {
		tcp_congestion_loss(tcb, tcb_flight(tcb), now_ns);
		tcp_undo_begin(tcb, true);
	}
	tcp_congestion_timeout(tcb, now_ns);
	tcb->loss.recovery = TCP_RECOVERY_LOSS;
	tcb->loss.recover = tcb->snd.nxt; /* RFC 6582 3.2, step 4 */
	tcb->loss.duplicate_acks = 0;
	tcb->loss.tlp.open = false;
	stack->counters.tcp_sack_reneged += reneged;
	scoreboard_all_lost(sb, reneged);
	tcp_timer_clear(stack, tcb, TCP_TIMER_PROBE);
	tcp_timer_clear(stack, tcb, TCP_TIMER_REORDER);
	tcp_rtt_cancel(tcb);
}

/* --- going on -------------------------------------------------------------------------------- */

static void leave(struct tcb *tcb)
{
	if (tcb->loss.recovery == TCP_RECOVERY_FAST && tcb->agreed.sack)
		tcp_window_to_ssthresh(tcb); /* RFC 9937 6 */
	else if (tcb->loss.recovery == TCP_RECOVERY_FAST)
		tcp_window_deflate(tcb);
	tcp_rack_recovered(tcb);
	tcb->loss.recovery = TCP_RECOVERY_NONE;
}

static bool is_complete(const struct tcb *tcb)
{
	return tcb->loss.recovery != TCP_RECOVERY_NONE && seq_geq(tcb->snd.una, tcb->loss.recover);
}

/* RFC 8985 7.4.2: the loss that a probe has repaired. */
static void probe_repaired(struct tcb *tcb, const struct tcp_ack_info *ack_info, uint64_t now_ns)
{
	tcp_congestion_loss(tcb, flight_before(tcb, ack_info), now_ns);
	tcp_window_at_most_ssthresh(tcb);
	tcb->loss.spurious.armed = false; /* this one is not for nothing */
}

static void acked_with_sack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
			    struct tcp_ack_info *ack_info, bool duplicate)
{
	uint64_t now_ns = seg->now_ns;
	bool of_probe = tcb->loss.tlp.open && ack_info->has_dsack && ack_info->dsack.end ==
		tcb->loss.tlp.end;
	bool complete = is_complete(tcb);

	if (ack_info->has_dsack && !of_probe) /* 6.2, step 4: a probe is no mistake of RACK's */
		tcp_rack_dsack(tcb);
	ack_info->lost = tcp_rack_detect(stack, tcb, now_ns);
	if (tcp_tlp_acked(tcb, seg, ack_info, duplicate) && tcb->loss.recovery == TCP_RECOVERY_NONE &&
	    !ack_info->lost) /* one reduction is enough */
		probe_repaired(tcb, ack_info, now_ns);
	if (complete) {
		if (tcb->loss.recovery == TCP_RECOVERY_LOSS)
			tcp_congestion_acked(tcb, ack_info->acked, now_ns);
		leave(tcb);
	} else if (tcb->loss.recovery == TCP_RECOVERY_FAST) {
		tcp_prr_acked(tcb, ack_info);
	} else if (ack_info->acked > 0) {
		tcp_congestion_acked(tcb, ack_info->acked, now_ns);
	}
	/* What is still lost when a recovery is over was sent in its course, and is of another
	 * window (RFC 6675 5) */
	if (tcb->loss.recovery == TCP_RECOVERY_NONE && (ack_info->lost || (complete &&
								       tcp_has_lost(tcb))))
		enter_by_sack(stack, tcb, ack_info, now_ns);
}

static void acked_without_sack(struct stack *stack, struct tcb *tcb, const struct tcp_ack_info *ack_info,
			       bool duplicate, uint64_t now_ns)
{
	if (duplicate)
		tcp_duplicates_one(stack, tcb, now_ns);
	if (ack_info->acked == 0)
		return;
	if (tcb->loss.recovery == TCP_RECOVERY_FAST && !is_complete(tcb)) {
		tcp_duplicates_partial(stack, tcb, ack_info->acked, now_ns);
		return;
	}
	if (tcb->loss.recovery != TCP_RECOVERY_FAST)
		tcp_congestion_acked(tcb, ack_info->acked, now_ns);
	if (is_complete(tcb))
		leave(tcb);
}

void tcp_recovery_acked(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
			struct tcp_ack_info *ack_info, bool duplicate)
{
	if (duplicate) {
		stack->counters.tcp_duplicate_acks++;
		if (tcb->loss.duplicate_acks < UINT8_MAX)
			tcb->loss.duplicate_acks++;
		tcp_work_add(stack, tcb); /* limited transmit may allow more */
	}
	/* Dragged along, or it would look like the future after half of the number space. */
	if (tcb->loss.recovery == TCP_RECOVERY_NONE && seq_gt(tcb->snd.una, tcb->loss.recover))
		tcb->loss.recover = tcb->snd.una - 1;
	if (ack_info->acked > 0)
		tcb->loss.duplicate_acks = 0;
	(void)tcp_undo_acked(stack, tcb, seg, ack_info, duplicate);
	if (tcb->agreed.sack)
		acked_with_sack(stack, tcb, seg, ack_info, duplicate);
	else
		acked_without_sack(stack, tcb, ack_info, duplicate, seg->now_ns);
	if (ack_info->acked > 0)
		tcp_tlp_schedule(stack, tcb, seg->now_ns);
	tcp_rate_acked(tcb, seg->now_ns);
}

void tcp_recovery_reorder_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_ack_info ack_info = no_ack_info;

	ack_info.lost = tcp_rack_detect(stack, tcb, now_ns);
	if (!ack_info.lost)
		return;
	if (tcb->loss.recovery == TCP_RECOVERY_NONE)
		enter_by_sack(stack, tcb, &ack_info, now_ns);
	else if (tcb->loss.recovery == TCP_RECOVERY_FAST)
		tcp_prr_acked(tcb, &ack_info);
	tcp_output(stack, tcb, now_ns);
}

/* --- no loss --------------------------------------------------------------------------------- */

void tcp_recovery_mtu_reduced(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct scoreboard *sb = tcb->loss.sent;

	for (uint32_t i = 0; sb != NULL && i < sb->count; i++) {
		struct sent_segment *s = scoreboard_at(sb, i);

		if (sent_len(s) > tcb_eff_mss(tcb) && !(s->flags & (SENT_SACKED | SENT_LOST)))
			scoreboard_mark_lost(sb, s);
	}
	tcp_output(stack, tcb, now_ns);
}

/* --- what may be sent ------------------------------------------------------------------------ */

void tcp_recovery_sent(struct tcb *tcb, uint32_t len, bool again, uint64_t now_ns)
{
	if (tcb->loss.recovery == TCP_RECOVERY_FAST)
		tcp_prr_sent(tcb, len);
	if (again)
		tcp_undo_retransmitted(tcb, now_ns);
	tcp_rate_sent(tcb, len, now_ns);
}

#define LIMITED_TRANSMIT 2 /* RFC 3042: segments for the first two duplicate ACKs */

uint32_t tcp_congestion_room(const struct tcb *tcb)
{
	uint32_t out = tcp_pipe(tcb);
	uint32_t wnd = tcb->cc.cwnd;

	if (!tcb->agreed.sack && tcb->loss.recovery == TCP_RECOVERY_FAST)
		out = tcb_flight(tcb); /* the inflated window of RFC 5681 3.2 counts all */
	else if (!tcb->agreed.sack && tcb->loss.recovery == TCP_RECOVERY_NONE)
		wnd += MIN(tcb->loss.duplicate_acks, LIMITED_TRANSMIT) * tcb_eff_mss(tcb);
	return wnd > out ? wnd - out : 0;
}
