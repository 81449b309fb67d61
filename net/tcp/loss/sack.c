/*
 * SPDX-License-Identifier: MIT
 *
 * What an ACK tells about the segments that are out: the cumulative acknowledgement, the blocks of
 * RFC 2018 (as RFC 6675 3 wants them stored), and the D-SACK of RFC 2883.  What follows is
 * handled in recovery.c.
 *
 * Blocks come from outside: whatever lies beyond SND.NXT, before SND.UNA or the wrong way round is
 * counted and ignored, and the work for one ACK is that of scoreboard.h.
 */
#include "net/tcp/congestion/rate.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/segment.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

struct taking {
	struct tcb *tcb;
	const struct tcp_segment *seg;
	struct tcp_ack_info *ack_info;
};

/* --- the cumulative acknowledgement ---------------------------------------------------------- */

/* Karn: where one of them was sent twice, the ACK may have been held back by it, and tells nothing
 * of the others either. */
static void note_rtt(struct tcp_ack_info *ack_info, const struct sent_segment *s, uint64_t now_ns,
		     bool *ambiguous)
{
	if (s->flags & SENT_AGAIN) {
		*ambiguous = true;
		ack_info->rtt_ns = 0;
	} else if (!*ambiguous && ack_info->rtt_ns == 0) {
		ack_info->rtt_ns = MAX(now_ns - s->sent_ns, UINT64_C(1));
	}
}

static void process_cumulative(struct tcb *tcb, const struct tcp_segment *seg, struct tcp_ack_info *ack_info)
{
	struct scoreboard *sb = tcb->loss.sent;
	bool ambiguous = false;

	ack_info->acked = seg->ack - tcb->snd.una;
	while (sb->count > 0 && seq_lt(scoreboard_at(sb, 0)->seq, seg->ack)) {
		const struct sent_segment *s = scoreboard_at(sb, 0);
		uint32_t end = seq_min(s->end, seg->ack);

		if (!(s->flags & SENT_SACKED)) {
			ack_info->delivered += end - s->seq;
			ack_info->segments++;
			note_rtt(ack_info, s, seg->now_ns, &ambiguous);
			tcp_rate_delivered(tcb, s, end - s->seq, seg->now_ns);
			if (end == s->end)
				tcp_rack_delivered(tcb, s, seg);
		}
		scoreboard_acked(sb, seg->ack);
	}
}

/* --- blocks ---------------------------------------------------------------------------------- */

static void newly_sacked(void *ctx, const struct sent_segment *s)
{
	const struct taking *t = ctx;

	t->ack_info->delivered += sent_len(s);
	t->ack_info->segments++;
	t->ack_info->sacked += sent_len(s);
	tcp_rate_delivered(t->tcb, s, sent_len(s), t->seg->now_ns);
	tcp_rack_delivered(t->tcb, s, t->seg);
}

/* RFC 2883 4: the first block is a D-SACK when it lies before the ACK, or inside the second one.
 * Nobody can have got twice what is older than the largest window. */
static bool is_dsack(const struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_sack_block *b = seg->opt.sack;

	if (!seq_lt(b[0].start, b[0].end) || seq_gt(b[0].end, tcb->snd.nxt) ||
	    seq_lt(b[0].start, seg->ack - tcb->snd.wnd_max))
		return false;
	return seq_leq(b[0].end, seg->ack) ||
	       (seg->opt.n_sack > 1 && seq_geq(b[0].start, b[1].start) &&
		seq_leq(b[0].end, b[1].end));
}

/* SND.UNA =< start < end =< SND.NXT, with the SND.UNA that this segment brings.  One that straddles
 * it cannot be, not even beside an old ACK: who had the whole would have acknowledged the whole. */
static bool is_block(const struct tcb *tcb, const struct tcp_segment *seg,
		     const struct tcp_sack_block *b)
{
	uint32_t una = seq_max(seg->ack, tcb->snd.una);

	return seq_leq(una, b->start) && seq_lt(b->start, b->end) && seq_leq(b->end, tcb->snd.nxt);
}

/* Of an old ACK: was waiting then, and has been acknowledged since. */
static bool is_past(const struct tcb *tcb, const struct tcp_segment *seg,
		    const struct tcp_sack_block *b)
{
	return seq_leq(seg->ack, b->start) && seq_lt(b->start, b->end) &&
	       seq_leq(b->end, tcb->snd.una);
}

/* The usable ones in sequence order, as RACK needs them; returns how many. */
static uint8_t sort_blocks(struct stack *stack, const struct tcb *tcb,
			   const struct tcp_segment *seg, uint8_t from,
			   struct tcp_sack_block sorted[TCP_SACK_BLOCKS_MAX])
{
	uint8_t n = 0;

	for (uint8_t i = from; i < seg->opt.n_sack; i++) {
		struct tcp_sack_block b = seg->opt.sack[i];
		uint8_t at = n;

		if (!is_block(tcb, seg, &b)) {
			stack->counters.tcp_sack_ignored += !is_past(tcb, seg, &b);
			continue;
		}
		for (; at > 0 && seq_lt(b.start, sorted[at - 1].start); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = b;
		n++;
	}
	return n;
}

/* A record of which a block holds a part only: two, or what was SACKed would be retransmitted with the
 * rest.  False: it stays whole. */
static bool cut(struct stack *stack, struct tcb *tcb, uint32_t i, uint32_t at)
{
	bool no_memory = false;

	if (tcb->loss.sent->n_pieces >= SCOREBOARD_PIECES_MAX ||
	    !scoreboard_reserve(&tcb->loss.sent, stack->port, 1, SCOREBOARD_CUT_MAX, &no_memory)) {
		stack->counters.tcp_no_memory += no_memory;
		return false;
	}
	scoreboard_split(tcb->loss.sent, i, at);
	return true;
}

static void process_block(struct stack *stack, struct taking *t, const struct tcp_sack_block *b)
{
	struct tcb *tcb = t->tcb;
	uint32_t start = b->start, i;

	while ((i = scoreboard_sack(tcb->loss.sent, start, b->end, newly_sacked, t)) !=
	       SCOREBOARD_NO_RECORD) {
		const struct sent_segment *s = scoreboard_at(tcb->loss.sent, i);
		bool in_front = seq_lt(s->seq, start);
		uint32_t behind = s->end;

		if (cut(stack, tcb, i, in_front ? start : b->end))
			continue;
		if (!in_front)
			return;
		start = behind;
	}
}

static void process_blocks(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
			struct tcp_ack_info *ack_info)
{
	struct tcp_sack_block sorted[TCP_SACK_BLOCKS_MAX];
	struct taking t = {.tcb = tcb, .seg = seg, .ack_info = ack_info};
	uint8_t n;

	ack_info->has_dsack = is_dsack(tcb, seg);
	if (ack_info->has_dsack) {
		stack->counters.tcp_dsacks_in++;
		tcb->loss.dsacks++;
		ack_info->dsack = seg->opt.sack[0];
	}
	n = sort_blocks(stack, tcb, seg, ack_info->has_dsack, sorted);
	ack_info->has_sack = n > 0;
	for (uint8_t i = 0; i < n; i++)
		process_block(stack, &t, &sorted[i]);
}

void tcp_sack_process(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		   struct tcp_ack_info *ack_info)
{
	*ack_info = (struct tcp_ack_info){.acked = 0};
	if (tcb->loss.sent == NULL)
		return; /* nothing is out, and has not been for a while */
	if (seq_gt(seg->ack, tcb->snd.una))
		process_cumulative(tcb, seg, ack_info);
	if (tcb->agreed.sack && seg->opt.n_sack > 0)
		process_blocks(stack, tcb, seg, ack_info);
}
