/*
 * SPDX-License-Identifier: MIT
 *
 * RACK (RFC 8985 6): a segment is lost when one that was sent sufficiently later has been
 * delivered.  "Sufficiently" is the reordering window: nothing where no reordering was ever seen and
 * it is urgent, else a quarter of the minimum round trip, more while D-SACKs say it was too short.
 *
 * Losses are looked for along the list of what is in flight by time of sending, so each look costs
 * what it finds.  The timer is set for the first segment that may become lost, where 6.2, step 5,
 * would wait for the last of them: it fires more often and nothing waits longer than it must.
 */
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/segment.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define REORDER_THRESHOLD 3u         /* RFC 8985 5.1, DupThresh of RFC 5681 3.2 */
#define REO_WND_PERSIST 16u          /* RFC 8985 6.2, step 4: recoveries */
#define MIN_RTT_WINDOW_NS (300 * NS_PER_S) /* RFC 8985 6.2, step 1: a windowed minimum */

/* RACK_sent_after(): batches leave in one instant, then the number decides. */
static bool sent_after(uint64_t t1, uint32_t seq1, uint64_t t2, uint32_t seq2)
{
	return t1 > t2 || (t1 == t2 && seq_gt(seq1, seq2));
}

/* Step 1 */
static void update_min_rtt(struct tcp_rack *rack, uint64_t rtt_ns, uint64_t now_ns)
{
	if (rack->min_rtt_ns != 0 && rtt_ns > rack->min_rtt_ns &&
	    now_ns - rack->min_rtt_at_ns < MIN_RTT_WINDOW_NS)
		return;
	rack->min_rtt_ns = MAX(rtt_ns, UINT64_C(1));
	rack->min_rtt_at_ns = now_ns;
}

/* Step 2: of what was sent twice it is not known which of the two came through; where the answer
 * is older than the second, or came too quickly for it, it was the first.  The echo beside a SACK
 * block tells nothing: what is out of order does not move TS.Recent (RFC 7323 4.3). */
static bool is_of_the_first(const struct tcb *tcb, const struct sent_segment *s,
			    const struct tcp_segment *seg, uint64_t rtt_ns)
{
	if (!(s->flags & SENT_AGAIN))
		return false;
	if (tcb->agreed.timestamps && seg->opt.has_timestamps && seq_leq(s->end, seg->ack) &&
	    (int32_t)(seg->opt.ts_ecr - tcp_timestamp(tcb, s->sent_ns)) < 0)
		return true;
	return rtt_ns < tcb->loss.rack.min_rtt_ns;
}

/* `s` was overtaken by what ends at RACK.fack, and was not lost. */
static void was_late(struct tcb *tcb, const struct sent_segment *s)
{
	struct tcp_rack *rack = &tcb->loss.rack;
	uint32_t mss = tcb_eff_mss(tcb);
	uint32_t segments = (rack->fack - s->seq + mss - 1) / mss;

	rack->reordering_seen = true;
	rack->reordering = (uint16_t)MAX(rack->reordering, MIN(segments, (uint32_t)UINT16_MAX));
	rack->reordered++;
}

void tcp_rack_delivered(struct tcb *tcb, const struct sent_segment *s,
			const struct tcp_segment *seg)
{
	struct tcp_rack *rack = &tcb->loss.rack;
	uint64_t rtt_ns = seg->now_ns - s->sent_ns;

	if (!(s->flags & SENT_AGAIN))
		update_min_rtt(rack, rtt_ns, seg->now_ns);
	/* Step 3 */
	if (!rack->valid || seq_gt(s->end, rack->fack))
		rack->fack = s->end;
	else if (seq_lt(s->end, rack->fack) && !(s->flags & SENT_AGAIN))
		was_late(tcb, s);
	if (is_of_the_first(tcb, s, seg, rtt_ns))
		return;
	rack->rtt_ns = rtt_ns;
	if (rack->valid && !sent_after(s->sent_ns, s->end, rack->sent_ns, rack->end))
		return;
	rack->valid = true;
	rack->sent_ns = s->sent_ns;
	rack->end = s->end;
}

/* --- step 4: the reordering window ----------------------------------------------------------- */

void tcp_rack_dsack(struct tcb *tcb)
{
	struct tcp_rack *rack = &tcb->loss.rack;

	if (rack->in_dsack_round)
		return; /* once in a round trip */
	rack->in_dsack_round = true;
	rack->dsack_round = tcb->snd.nxt;
	if (rack->reo_wnd_mult < UINT8_MAX)
		rack->reo_wnd_mult++;
	rack->reo_wnd_persist = REO_WND_PERSIST;
}

void tcp_rack_recovered(struct tcb *tcb)
{
	if (tcb->loss.rack.reo_wnd_persist > 0 && --tcb->loss.rack.reo_wnd_persist == 0)
		tcb->loss.rack.reo_wnd_mult = 0;
}

uint64_t tcp_rack_window(const struct tcb *tcb)
{
	const struct tcp_rack *rack = &tcb->loss.rack;

	if (!rack->reordering_seen &&
	    (tcb->loss.recovery == TCP_RECOVERY_FAST || tcb->loss.recovery == TCP_RECOVERY_LOSS ||
	     tcb->loss.sent->n_sacked >= REORDER_THRESHOLD))
		return 0;
	/* reo_wnd_mult counts from 0 here and from 1 in the RFC */
	return MIN((rack->reo_wnd_mult + 1) * rack->min_rtt_ns / 4, tcb->loss.srtt_ns);
}

/* --- step 5 ---------------------------------------------------------------------------------- */

/* Something that was sent later has been delivered. */
static bool is_overtaken(const struct tcp_rack *rack, const struct sent_segment *s)
{
	return s != NULL && sent_after(rack->sent_ns, rack->end, s->sent_ns, s->end);
}

bool tcp_rack_detect(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_rack *rack = &tcb->loss.rack;
	struct sent_segment *s, *next;
	bool found = false;
	uint64_t wait_ns;

	/* Step 4: at once, or it would look like the future after half of the number space */
	if (rack->in_dsack_round && seq_gt(tcb->snd.una, rack->dsack_round))
		rack->in_dsack_round = false;
	if (tcp_timer_is_set(tcb, TCP_TIMER_REORDER))
		tcp_timer_clear(stack, tcb, TCP_TIMER_REORDER);
	if (tcb->loss.sent == NULL || !rack->valid)
		return false;
	s = scoreboard_oldest(tcb->loss.sent);
	if (!is_overtaken(rack, s))
		return false; /* as nearly always */
	wait_ns = rack->rtt_ns + tcp_rack_window(tcb);
	for (; is_overtaken(rack, s); s = next) {
		if (s->sent_ns + wait_ns > now_ns) {
			tcp_timer_set(stack, tcb, TCP_TIMER_REORDER, s->sent_ns + wait_ns);
			break;
		}
		next = scoreboard_next_in_flight(tcb->loss.sent, s);
		scoreboard_mark_lost(tcb->loss.sent, s);
		found = true;
	}
	return found;
}
