/*
 * SPDX-License-Identifier: MIT
 *
 * The records of what is in flight (net/tcp/loss/scoreboard.c), by themselves.
 */
#include <limits.h>

#include "net/tcp/loss/scoreboard.h"
#include "tests/lib/stack_kit.h"
#include "tests/runner/unit.h"

#define FIRST UINT32_C(0xffffff00) /* the numbers wrap on the way */
#define LEN 100u

static struct kit_port kp;
static struct scoreboard *sb;

static void open_port(void)
{
	kit_port_open(&kp, 1);
	sb = NULL;
}

static void close_port(void)
{
	scoreboard_free(sb, &kp.port);
	kit_port_close(&kp);
}

static bool send_one(uint32_t seq, uint32_t end, uint64_t now_ns)
{
	bool no_memory;

	if (!scoreboard_reserve(&sb, &kp.port, 1, SCOREBOARD_MAX, &no_memory))
		return false;
	scoreboard_sent(sb, seq, end, now_ns);
	return true;
}

static void send_many(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_true(send_one(FIRST + i * LEN, FIRST + (i + 1) * LEN, i));
}

static unsigned newly;

static void count(void *ctx, const struct sent_segment *s)
{
	(void)ctx;
	(void)s;
	newly++;
}

/* What is covered in part stays as it is. */
static void sack_range(uint32_t start, uint32_t end)
{
	uint32_t i = scoreboard_sack(sb, start, end, count, NULL);

	if (i != SCOREBOARD_NO_RECORD && seq_lt(scoreboard_at(sb, i)->seq, start))
		(void)scoreboard_sack(sb, scoreboard_at(sb, i)->end, end, count, NULL);
}

static unsigned sack(unsigned from, unsigned to)
{
	newly = 0;
	sack_range(FIRST + from * LEN, FIRST + to * LEN);
	return newly;
}

TEST(it_grows_to_its_bound)
{
	open_port();
	send_many(SCOREBOARD_MAX);
	assert_false(send_one(FIRST + SCOREBOARD_MAX * LEN, FIRST + SCOREBOARD_MAX * LEN + 1, 0));
	assert_int_equal(sb->count, SCOREBOARD_MAX);
	assert_int_equal(sb->pipe, SCOREBOARD_MAX * LEN);
	assert_in_range(kp.live_bytes, 0, 60 * 1024);
	for (unsigned i = 0; i < SCOREBOARD_MAX; i++)
		assert_int_equal(scoreboard_at(sb, i)->seq, FIRST + i * LEN);
	close_port();
}

/* It grows while its ring is turned, with lists in use. */
TEST(growing_keeps_everything)
{
	unsigned n = 0;

	open_port();
	send_many(16);
	for (unsigned i = 1; i <= 5; i++)
		scoreboard_acked(sb, FIRST + i * LEN);
	assert_int_equal(sack(7, 9), 2);
	scoreboard_mark_lost(sb, scoreboard_at(sb, 0));
	for (unsigned i = 16; i < 40; i++)
		assert_true(send_one(FIRST + i * LEN, FIRST + (i + 1) * LEN, i));
	assert_int_equal(sb->count, 35);
	assert_int_equal(sb->capacity, 64);
	assert_int_equal(scoreboard_first_lost(sb)->seq, FIRST + 5 * LEN);
	for (const struct sent_segment *s = scoreboard_oldest(sb); s != NULL;
	     s = scoreboard_next_in_flight(sb, s))
		n++;
	assert_int_equal(n, 32);
	assert_int_equal(sb->pipe, 32 * LEN);
	assert_int_equal(sack(5, 40), 33); /* the lost one too */
	assert_int_equal(sb->pipe, 0);
	assert_null(scoreboard_first_lost(sb));
	close_port();
}

TEST(an_ack_in_the_middle_of_a_segment)
{
	open_port();
	send_many(3);
	scoreboard_acked(sb, FIRST + 30);
	assert_int_equal(sb->count, 3);
	assert_int_equal(sb->pipe, 3 * LEN - 30);
	assert_int_equal(scoreboard_at(sb, 0)->seq, FIRST + 30);
	assert_int_equal(sack(0, 2), 2);
	scoreboard_acked(sb, FIRST + 60);
	assert_int_equal(sb->sacked, 2 * LEN - 60);
	close_port();
}

TEST(a_segment_sacked_in_part_is_not_sacked)
{
	open_port();
	send_many(3);
	newly = 0;
	sack_range(FIRST + 50, FIRST + 250);
	assert_int_equal(newly, 1);
	assert_true(scoreboard_at(sb, 1)->flags & SENT_SACKED);
	assert_int_equal(sb->pipe, 2 * LEN);
	close_port();
}

/* A block that grows with each ACK costs what it has grown by: the run is one step. */
TEST(a_growing_block_is_not_walked_again)
{
	open_port();
	send_many(1000);
	for (unsigned end = 2; end <= 1000; end++) {
		assert_int_equal(sack(1, end), 1);
		assert_int_equal(scoreboard_at(sb, 1)->sacked_to, FIRST + end * LEN);
	}
	assert_int_equal(sack(0, 1000), 1);
	assert_int_equal(scoreboard_at(sb, 0)->sacked_to, FIRST + 1000 * LEN);
	close_port();
}

/* The time-ordered list is ordered by the last time. */
TEST(what_goes_again_is_the_latest)
{
	struct sent_segment *s;

	open_port();
	send_many(3);
	scoreboard_mark_lost(sb, scoreboard_at(sb, 0));
	assert_int_equal(sb->pipe, 2 * LEN);
	scoreboard_retransmitted(sb, scoreboard_at(sb, 0), 10);
	assert_int_equal(sb->pipe, 3 * LEN);
	s = scoreboard_oldest(sb);
	assert_int_equal(s->seq, FIRST + LEN);
	s = scoreboard_next_in_flight(sb, scoreboard_next_in_flight(sb, s));
	assert_int_equal(s->seq, FIRST);
	assert_int_equal(s->flags, SENT_AGAIN);
	/* and when that is lost as well it is the first to go */
	scoreboard_mark_lost(sb, scoreboard_at(sb, 1));
	scoreboard_mark_lost(sb, scoreboard_at(sb, 0));
	assert_int_equal(scoreboard_first_lost(sb)->seq, FIRST);
	close_port();
}

TEST(a_time_out_and_its_undoing)
{
	open_port();
	send_many(10);
	sack(3, 5);
	scoreboard_all_lost(sb, false);
	assert_int_equal(sb->pipe, 0);
	assert_int_equal(sb->sacked, 2 * LEN);
	assert_int_equal(scoreboard_first_lost(sb)->seq, FIRST);
	scoreboard_retransmitted(sb, scoreboard_at(sb, 0), 20);
	scoreboard_none_lost(sb);
	assert_null(scoreboard_first_lost(sb));
	assert_int_equal(sb->pipe, 8 * LEN);
	assert_int_equal(scoreboard_oldest(sb)->seq, FIRST + LEN);
	scoreboard_all_lost(sb, true);
	assert_int_equal(sb->sacked, 0);
	assert_int_equal(sb->n_sacked, 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(scoreboard_first_lost(sb)->seq, FIRST + i * LEN);
		scoreboard_retransmitted(sb, scoreboard_first_lost(sb), 30);
	}
	close_port();
}

/* Two time-outs, the first segment sent again between them: it is the latest of all. */
TEST(undone_by_time)
{
	static const unsigned order[] = {1, 2, 3, 0};
	const struct sent_segment *s;

	open_port();
	send_many(4);
	scoreboard_all_lost(sb, false);
	scoreboard_retransmitted(sb, scoreboard_first_lost(sb), 20);
	scoreboard_all_lost(sb, false);
	scoreboard_none_lost(sb);
	s = scoreboard_oldest(sb);
	for (unsigned i = 0; i < 4; i++, s = scoreboard_next_in_flight(sb, s))
		assert_int_equal(s->seq, FIRST + order[i] * LEN);
	assert_null(s);
	assert_int_equal(sb->pipe, 4 * LEN);
	close_port();
}

TEST(cutting)
{
	bool no_memory;

	open_port();
	send_many(16);
	scoreboard_mark_lost(sb, scoreboard_at(sb, 7));
	for (unsigned i = 0; i < 2; i++) {
		assert_true(scoreboard_reserve(&sb, &kp.port, 1, SCOREBOARD_CUT_MAX, &no_memory));
		scoreboard_cut(sb, 7 + i, FIRST + 7 * LEN + 40 * (i + 1));
	}
	assert_int_equal(sb->count, 18);
	assert_int_equal(sb->pipe, 15 * LEN);
	assert_int_equal(scoreboard_at(sb, 9)->seq, FIRST + 7 * LEN + 80);
	assert_int_equal(scoreboard_at(sb, 9)->end, FIRST + 8 * LEN);
	assert_int_equal(scoreboard_at(sb, 10)->seq, FIRST + 8 * LEN);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(scoreboard_first_lost(sb)->seq, FIRST + 7 * LEN + 40 * i);
		scoreboard_retransmitted(sb, scoreboard_first_lost(sb), 20);
	}
	assert_int_equal(sb->pipe, 16 * LEN);
	close_port();
}

TEST(no_memory_to_grow)
{
	bool no_memory;

	open_port();
	send_many(16);
	kp.fail_after = 0;
	assert_false(scoreboard_reserve(&sb, &kp.port, 1, SCOREBOARD_MAX, &no_memory));
	assert_true(no_memory);
	assert_int_equal(sb->count, 16);
	kp.fail_after = UINT_MAX;
	assert_true(scoreboard_reserve(&sb, &kp.port, 1, SCOREBOARD_MAX, &no_memory));
	close_port();
}

/* --- against a model that knows each byte ---------------------------------------------------- */

enum what { GONE, FLIGHT, LOST, SACKED };
#define MODEL_MAX 4000u
static uint8_t model[MODEL_MAX]; /* of each segment */
static unsigned una, nxt;

static uint32_t number(unsigned i)
{
	return FIRST + i * LEN;
}

static void check_model(void)
{
	uint32_t sums[4] = {0}, flight = 0, lost = 0;
	uint64_t last = 0;

	for (unsigned i = una; i < nxt; i++) {
		const struct sent_segment *s = scoreboard_at(sb, i - una);

		sums[model[i]] += LEN;
		assert_int_equal(s->seq, number(i));
		assert_int_equal(!!(s->flags & SENT_SACKED), model[i] == SACKED);
		assert_int_equal(!!(s->flags & SENT_LOST), model[i] == LOST);
	}
	assert_int_equal(sb->count, nxt - una);
	assert_int_equal(sb->pipe, sums[FLIGHT]);
	assert_int_equal(sb->sacked, sums[SACKED]);
	assert_int_equal(sb->n_sacked, sums[SACKED] / LEN);
	for (const struct sent_segment *s = scoreboard_oldest(sb); s != NULL;
	     s = scoreboard_next_in_flight(sb, s)) {
		assert_true(s->sent_ns >= last);
		last = s->sent_ns;
		flight += LEN;
	}
	assert_int_equal(flight, sums[FLIGHT]);
	for (const struct sent_segment *s = scoreboard_first_lost(sb); s != NULL;
	     s = scoreboard_next_in_flight(sb, s))
		lost += LEN;
	assert_int_equal(lost, sums[LOST]);
}

static void model_sack(unsigned from, unsigned to)
{
	unsigned expected = 0;

	for (unsigned i = from; i < to; i++) {
		expected += model[i] != SACKED;
		model[i] = SACKED;
	}
	assert_int_equal(sack(from, to), expected);
}

static void model_time_out(bool forget)
{
	scoreboard_all_lost(sb, forget);
	for (unsigned i = una; i < nxt; i++)
		if (model[i] == FLIGHT || forget)
			model[i] = LOST;
}

static void model_step(uint64_t r, uint64_t now_ns)
{
	unsigned out = nxt - una, a = una + (unsigned)(r >> 8) % (out + 1);
	unsigned b = a + (unsigned)(r >> 32) % (nxt - a + 1);

	switch (r % 6) {
	case 0:
	case 1:
		for (unsigned i = 0; i < 8 && nxt < MODEL_MAX; i++, nxt++) {
			assert_true(send_one(number(nxt), number(nxt + 1), now_ns));
			model[nxt] = FLIGHT;
		}
		break;
	case 2:
		model_sack(a, b);
		break;
	case 3:
		if (a < nxt && model[a] == FLIGHT) {
			scoreboard_mark_lost(sb, scoreboard_at(sb, a - una));
			model[a] = LOST;
		}
		break;
	case 4:
		if (scoreboard_first_lost(sb) != NULL) {
			model[(scoreboard_first_lost(sb)->seq - FIRST) / LEN] = FLIGHT;
			scoreboard_retransmitted(sb, scoreboard_first_lost(sb), now_ns);
		}
		break;
	default:
		for (a = MIN(a, una + 12); una < a; una++) {
			scoreboard_acked(sb, number(una + 1));
			model[una] = GONE;
		}
		break;
	}
}

TEST(whatever_happens)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15);

		open_port();
		una = nxt = 0;
		assert_true(send_one(number(nxt), number(nxt + 1), 0));
		model[nxt++] = FLIGHT;
		for (uint64_t now_ns = 1; now_ns < 1500; now_ns++) {
			r ^= r << 13;
			r ^= r >> 7;
			r ^= r << 17;
			model_step(r, now_ns);
			if ((r >> 20) % 50 == 0)
				model_time_out((r >> 40) % 2 == 0);
			check_model();
		}
		close_port();
	}
}
