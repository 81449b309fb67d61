/*
 * SPDX-License-Identifier: MIT
 *
 * What must be true of a scoreboard (net/tcp/loss/scoreboard.h) whatever was sent, acknowledged and
 * SACKed: counted again from its records.
 */
#include "tests/fuzz/lib/talk.h"

#include <limits.h>

#include "net/tcp/conn/options.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

struct sums {
	uint32_t pipe, sacked, n_sacked, n_in_flight, n_lost, n_pieces;
};

static struct sums add_up(struct scoreboard *sb, const struct tcb *tcb)
{
	struct sums sums = {0};
	uint32_t at = tcb->snd.una;

	for (uint32_t i = 0; i < sb->count; i++) {
		const struct sent_segment *s = scoreboard_at(sb, i);
		bool sacked = s->flags & SENT_SACKED, lost = s->flags & SENT_LOST;

		FUZZ_CHECK(s->seq == at && seq_lt(s->seq, s->end), "record %u: %u to %u, behind %u", i,
			   s->seq - tcb->snd.iss, s->end - tcb->snd.iss, at - tcb->snd.iss);
		FUZZ_CHECK(!sacked || !lost, "record %u is SACKed and lost", i);
		at = s->end;
		sums.sacked += sacked ? sent_len(s) : 0;
		sums.n_sacked += sacked;
		sums.n_lost += lost;
		sums.n_pieces += !!(s->flags & SENT_PIECE);
		sums.n_in_flight += !sacked && !lost;
		sums.pipe += !sacked && !lost ? sent_len(s) : 0;
	}
	FUZZ_CHECK(at == tcb->snd.nxt, "records up to %u, SND.NXT is %u", at - tcb->snd.iss,
		   tcb->snd.nxt - tcb->snd.iss);
	return sums;
}

/* The peer has said of all these bytes that it has them. */
static bool is_logged(const struct talk_line *line, uint32_t at, uint32_t end)
{
	for (unsigned i = 0; i < line->n_blocks && seq_lt(at, end); i++) {
		const struct tcp_sack_block *b = &line->blocks[i];

		if (seq_gt(b->start, at) || seq_leq(b->end, at))
			continue;
		at = b->end;
		i = UINT_MAX; /* from the first on again */
	}
	return seq_geq(at, end);
}

/* What is SACKed was told by the peer; and all up to sacked_to are SACKed. */
static void check_sacked(struct scoreboard *sb, const struct talk_line *line)
{
	for (uint32_t i = 0; i < sb->count; i++) {
		const struct sent_segment *s = scoreboard_at(sb, i);

		if ((s->flags & SENT_SACKED) == 0)
			continue;
		FUZZ_CHECK(line->blocks_forgotten || is_logged(line, s->seq, s->end),
			   "record %u is SACKed by nobody", i);
		for (uint32_t j = i; j < sb->count && seq_lt(scoreboard_at(sb, j)->seq, s->sacked_to);
		     j++)
			FUZZ_CHECK(scoreboard_at(sb, j)->flags & SENT_SACKED,
				   "record %u says that %u is SACKed", i, j);
	}
}

static void check_list(struct scoreboard *sb, const struct sent_list *list, uint32_t n, bool lost)
{
	uint16_t slot = list->first, before = SCOREBOARD_NONE;

	for (; slot != SCOREBOARD_NONE; slot = sb->segments[slot].next, n--) {
		const struct sent_segment *s = &sb->segments[slot];

		FUZZ_CHECK(n > 0 && slot < sb->capacity && s->prev == before, "a broken list");
		FUZZ_CHECK(((s->flags & SENT_LOST) != 0) == lost && (s->flags & SENT_SACKED) == 0,
			   "flags %x in the list of the %s", s->flags, lost ? "lost" : "sent");
		FUZZ_CHECK(lost || before == SCOREBOARD_NONE ||
				   sb->segments[before].sent_ns <= s->sent_ns, "not by time");
		before = slot;
	}
	FUZZ_CHECK(n == 0 && list->last == before, "%u are in no list", n);
}

void talk_check_scoreboard(const struct talk_line *line, const struct tcb *tcb)
{
	struct scoreboard *sb = tcb->loss.sent;
	struct sums sums;

	if (sb == NULL) {
		FUZZ_CHECK(tcb->snd.una == tcb->snd.nxt, "%u bytes in flight, and no record",
			   tcb_flight(tcb));
		return;
	}
	FUZZ_CHECK(sb->count <= MIN(sb->capacity, SCOREBOARD_CUT_MAX) &&
			   (sb->capacity & (sb->capacity - 1)) == 0, "%u records in %u", sb->count,
		   sb->capacity);
	sums = add_up(sb, tcb);
	FUZZ_CHECK(sums.pipe == sb->pipe && sums.sacked == sb->sacked && sums.n_sacked == sb->n_sacked,
		   "pipe %u, SACKed %u in %u; it says %u, %u, %u", sums.pipe, sums.sacked,
		   sums.n_sacked, sb->pipe, sb->sacked, sb->n_sacked);
	FUZZ_CHECK(sums.n_pieces == sb->n_pieces && sb->n_pieces <= SCOREBOARD_PIECES_MAX,
		   "%u pieces; it says %u", sums.n_pieces, sb->n_pieces);
	check_sacked(sb, line);
	check_list(sb, &sb->in_flight, sums.n_in_flight, false);
	check_list(sb, &sb->lost, sums.n_lost, true);
}
