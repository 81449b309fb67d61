/* SPDX-License-Identifier: MIT */
/* A peer that gets any bytes in any order, and whose ACKs overtake each other: what it has SACKed is not
 * sent again, the scoreboard's sums are right, and everything arrives (RFC 6675 4, 5; RFC 2018 8). */
#include <string.h>

#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/seq.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

TAKES_LONG;

#define TOTAL 30000u /* bytes of the stream, from sequence number 1 */
#define ACKS 16u
#define RTT (20 * NS_PER_MS)

struct ack {
	uint32_t ack;
	unsigned n;
	uint32_t edges[6];
};

struct peer {
	bool has[TOTAL + 1];    /* byte i has come */
	bool told[TOTAL + 1];   /* ... and an ACK that has arrived says so */
	uint32_t sent;          /* bytes that were sent at all */
	struct ack late[ACKS];  /* some not delivered yet, others to be once more */
	uint32_t random;
};

static uint32_t draw(struct peer *p, uint32_t below)
{
	p->random = p->random * 1664525 + 1013904223;
	return (p->random >> 8) % below;
}

/* What the peer would say now, of three runs from `from` on. */
static struct ack say(const struct peer *p, uint32_t from)
{
	struct ack a = {.ack = 1};
	uint32_t at;

	while (a.ack <= TOTAL && p->has[a.ack])
		a.ack++;
	for (at = a.ack; at <= TOTAL && a.n < 3; at++) {
		if (!p->has[at])
			continue;
		a.edges[2 * a.n] = at;
		while (at <= TOTAL && p->has[at])
			at++;
		a.edges[2 * a.n + 1] = at;
		a.n += at >= from;
	}
	return a;
}

static void deliver(struct peer *p, struct tk *t, const struct ack *a)
{
	for (uint32_t i = 1; i < a->ack; i++)
		p->told[i] = true;
	for (unsigned b = 0; b < a->n; b++)
		memset(p->told + a->edges[2 * b], true, a->edges[2 * b + 1] - a->edges[2 * b]);
	if (a->n > 0)
		tk_peer_sack(t, a->ack, a->n, a->edges);
	else
		tk_peer_ack(t, a->ack);
}

/* What came of the sender: nothing that it knows to be there, unless it has no room to note a part. */
static void consume_sent(struct peer *p, struct tk *t)
{
	struct kit_sent *s;

	while ((s = tk_take(t)) != NULL) {
		uint32_t seq = s->tcp.seq - tk_inspect(t).iss, len = (uint32_t)s->payload_len;

		for (uint32_t i = seq; i < seq + len && tk_inspect(t).sent->n_pieces < SCOREBOARD_PIECES_MAX; i++)
			assert_true(i >= p->sent || !p->told[i]);
		p->sent = MAX(p->sent, seq + len);
		if (len > 0 && draw(p, 4) > 0) { /* a part of it arrives */
			uint32_t from = draw(p, 2) > 0 ? 0 : draw(p, len);
			uint32_t n = draw(p, 2) > 0 ? len - from : draw(p, len - from + 1);

			memset(p->has + seq + from, true, n);
		}
		kit_sent_free(s);
	}
}

static void check_sums(struct tk *t)
{
	const struct tcp_inside in = tk_inspect(t);
	struct scoreboard *sb = in.sent;
	uint32_t pipe = 0, sacked = 0, n_sacked = 0, pieces = 0, at = in.snd_una;

	for (uint32_t i = 0; sb != NULL && i < sb->count; i++) {
		const struct sent_segment *s = scoreboard_at(sb, i);

		assert_int_equal(s->seq, at);
		assert_true(seq_lt(s->seq, s->end));
		at = s->end;
		pieces += (s->flags & SENT_PIECE) != 0;
		n_sacked += (s->flags & SENT_SACKED) != 0;
		if (s->flags & SENT_SACKED)
			sacked += sent_len(s);
		else if (!(s->flags & SENT_LOST))
			pipe += sent_len(s);
	}
	if (sb == NULL)
		return;
	assert_int_equal(at, in.snd_nxt);
	assert_int_equal(pipe, sb->pipe);
	assert_int_equal(sacked, sb->sacked);
	assert_int_equal(n_sacked, sb->n_sacked);
	assert_int_equal(pieces, sb->n_pieces);
	assert_true(pieces <= SCOREBOARD_PIECES_MAX);
}

static void step(struct peer *p, struct tk *t)
{
	unsigned slot;

	consume_sent(p, t);
	if (draw(p, 4) == 0)
		tk_advance(t, draw(p, 30) * NS_PER_MS);
	consume_sent(p, t);
	if (draw(p, 3) > 0)
		p->late[draw(p, ACKS)] = say(p, 1 + draw(p, TOTAL));
	slot = draw(p, ACKS);
	if (p->late[slot].ack != 0)
		deliver(p, t, &p->late[slot]);
	check_sums(t);
}

TEST(nothing_sacked_goes_again)
{
	static struct peer p;

	for (unsigned seed = 1; seed <= 12; seed++) {
		unsigned steps = 0;
		struct tk t;

		memset(&p, 0, sizeof(p));
		p.random = seed;
		p.sent = 1;
		tk_open(&t);
		t.mss = 1000;
		tk_establish_over(&t, RTT);
		kit_sent_clear(&t.k);
		tk_write(&t, 0, TOTAL);
		while (tk_inspect(&t).snd_una - tk_inspect(&t).iss <= TOTAL && ++steps < 20000)
			step(&p, &t);
		assert_int_equal(tk_inspect(&t).snd_una - tk_inspect(&t).iss, TOTAL + 1);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}
