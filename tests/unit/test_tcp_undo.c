/*
 * SPDX-License-Identifier: MIT
 *
 * Recoveries that were for nothing: RFC 3522 and 4015 (Eifel), RFC 5682 (F-RTO), D-SACK.
 */
#include "net/tcp/loss/scoreboard.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)

static uint32_t full(const struct tk *t)
{
	return t->timestamps ? TK_FULL : TK_MSS;
}

/* A time-out with ten segments out, the window was ten; the first has gone again. */
static void timed_out(struct tk *t, bool timestamps)
{
	tk_open(t);
	t->timestamps = timestamps;
	t->sack = false; /* so that no probe comes first */
	tk_establish_over(t, RTT);
	tk_write(t, 0, 16 * full(t));
	assert_int_equal(t->k.n_sent, 10);
	kit_sent_clear(&t->k);
	tk_advance(t, 200 * NS_PER_MS);
	assert_int_equal(t->k.n_sent, 1);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_LOSS);
	assert_int_equal(tk_inspect(t).cwnd, full(t));
	t->k.now_ns += NS_PER_MS;
}

static void expect_restored(struct tk *t)
{
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 1);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	assert_true(tk_inspect(t).cwnd >= 10 * full(t));
	assert_int_equal(tk_inspect(t).ssthresh, UINT32_MAX);
	assert_null(scoreboard_first_lost(tk_inspect(t).sent));
}

/* The next segment's number and the count of those that follow. */
static void expect_next(struct tk *t, unsigned nth)
{
	struct kit_sent *s = tk_take(t);

	assert_non_null(s);
	assert_int_equal(s->tcp.seq - TK_ISS, 1 + nth * full(t));
	kit_sent_free(s);
}

/* RFC 3522: the first new ACK echoes what was sent before the retransmission: all were only late,
 * and what follows is new. */
TCP_TEST(the_echo_of_the_original)
{
	uint32_t original;

	t->sack = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 16 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	original = t->ts_echo;
	tk_advance(t, 200 * NS_PER_MS);
	tk_expect_segments(t, 0, 1);
	t->ts_echo = original;
	tk_peer_ack(t, TK_SEG(2));
	expect_restored(t);
	tk_expect_segments(t, 10 * TK_FULL, 2);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_inspect(t).retransmits, 1);
}

/* The echo of the retransmission: it was needed. */
TCP_TEST(the_echo_of_the_retransmission)
{
	t->sack = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 16 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	tk_advance(t, 200 * NS_PER_MS);
	tk_expect_segments(t, 0, 1); /* and its timestamp is the one that is echoed */
	tk_peer_ack(t, TK_SEG(1));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0);
	tk_expect_segments(t, 1 * TK_FULL, 2);
	/* only the first ACK is asked (step 4) */
	t->ts_echo -= 500;
	tk_peer_ack(t, TK_SEG(3));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0);
	kit_sent_clear(&t->k);
}

/* RFC 3522 3.2, step 6: the ACK was lost, the echo is old, and the D-SACK tells of two copies.  That
 * every retransmission came twice undoes it all the same. */
TCP_TEST(dsacks_for_all_of_them)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(2), TK_SEG(6));
	tk_expect_segments(t, 0, 1);
	TK_SACK(t, 1, TK_SEG(2), TK_SEG(8));
	tk_expect_segments(t, 1 * TK_FULL, 1);
	t->k.now_ns += RTT;
	tk_peer_ack(t, TK_SEG(10));
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	assert_true(tk_inspect(t).cwnd < 10 * TK_FULL);
	TK_SACK(t, TK_SEG(10), TK_SEG(0), TK_SEG(1));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0); /* of one of two */
	TK_SACK(t, TK_SEG(10), TK_SEG(1), TK_SEG(2));
	expect_restored(t);
	assert_true(tk_inspect(t).reordering_seen);
	kit_sent_clear(&t->k);
}

/* What was not sent again in this recovery does not count. */
TCP_TEST(dsacks_for_something_else)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->k.now_ns += RTT;
	tk_peer_ack(t, TK_SEG(2));
	TK_SACK(t, TK_SEG(2), TK_SEG(3), TK_SEG(7));
	tk_expect_segments(t, 2 * TK_FULL, 1);
	t->k.now_ns += RTT;
	tk_peer_ack(t, TK_SEG(10));
	TK_SACK(t, TK_SEG(10), TK_SEG(0), TK_SEG(1));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0);
	kit_sent_clear(&t->k);
}

/* Nor does what was sent when it was over: a segment that the network doubles later is no witness. */
TCP_TEST(dsacks_for_something_later)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(7));
	tk_expect_segments(t, 0, 1); /* that was lost indeed */
	t->k.now_ns += RTT;
	tk_peer_ack(t, TK_SEG(10));
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	for (unsigned i = 10; i < 14; i++) {
		tk_write(t, i * TK_FULL, TK_FULL);
		tk_expect_segments(t, i * TK_FULL, 1);
		t->k.now_ns += RTT;
		tk_peer_ack(t, TK_SEG(i + 1));
	}
	TK_SACK(t, TK_SEG(14), TK_SEG(12), TK_SEG(13));
	assert_int_equal(kit_counter(&t->k, "tcp_dsacks_in"), 1);
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0);
	assert_true(tk_inspect(t).ssthresh < 10 * TK_FULL);
	kit_sent_clear(&t->k);
}

/* A fast recovery too is undone by the echo: the segment had only been overtaken. */
TCP_TEST(an_overtaken_segment)
{
	uint32_t original;

	tk_establish_over(t, RTT);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	original = t->ts_echo;
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(4));
	tk_expect_segments(t, 0, 1);
	t->k.now_ns += NS_PER_MS;
	t->ts_echo = original;
	tk_peer_ack(t, TK_SEG(4));
	expect_restored(t);
	kit_sent_clear(&t->k);
}

/* Without SACK the window of a fast recovery stands for more than may be out (RFC 5681 3.2, step 4):
 * that is not what is left. */
TCP_TEST(an_inflated_window_is_not_kept)
{
	uint32_t original;

	t->sack = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 30 * TK_FULL);
	original = t->ts_echo;
	t->k.now_ns += RTT;
	for (unsigned i = 0; i < 11; i++)
		tk_peer_ack(t, 1);
	assert_true(tk_inspect(t).cwnd > 10 * TK_FULL);
	t->k.now_ns += NS_PER_MS;
	t->ts_echo = original;
	tk_peer_ack(t, TK_SEG(10));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 1);
	assert_in_range(tk_inspect(t).cwnd, 10 * TK_FULL, 19 * TK_FULL); /* nine were acknowledged */
	kit_sent_clear(&t->k);
}

/* RFC 5682 2.1: without timestamps, two ACKs that acknowledge what was not sent again. */
TEST(two_acks_after_a_time_out)
{
	struct tk t;

	timed_out(&t, false);
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, 1 + TK_MSS); /* 2b: two new ones go */
	expect_next(&t, 10);
	expect_next(&t, 11);
	TK_EXPECT_NOTHING(&t);
	tk_peer_ack(&t, 1 + 3 * TK_MSS); /* 3b */
	expect_restored(&t);
	expect_next(&t, 12);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* 3b asks only that the second acknowledges what was not sent again: it may be all of it. */
TEST(the_second_ack_is_for_all)
{
	struct tk t;

	timed_out(&t, false);
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, 1 + TK_MSS);
	tk_peer_ack(&t, 1 + 10 * TK_MSS);
	expect_restored(&t);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* With SACK too: what RACK took for the answer to the retransmission was the original's, late.  It must
 * not find all the others overdue by it, and reduce again. */
TCP_TEST(rack_does_not_undo_the_undoing)
{
	t->timestamps = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, TK_MSS);
	t->k.now_ns += RTT;
	tk_peer_ack(t, 1 + TK_MSS); /* so the minimum is known */
	tk_write(t, TK_MSS, 10 * TK_MSS);
	tk_turn(t, TCP_KNOB_TLP_OPEN, true); /* no probe comes first */
	tk_advance(t, 200 * NS_PER_MS);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_LOSS);
	tk_write(t, 11 * TK_MSS, 6 * TK_MSS);
	t->k.now_ns += 2 * RTT;
	tk_peer_ack(t, 1 + 2 * TK_MSS);
	tk_peer_ack(t, 1 + 4 * TK_MSS);
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 1);
	tk_advance(t, RTT);
	assert_int_equal(kit_counter(&t->k, "tcp_fast_retransmits"), 0);
	expect_restored(t);
	kit_sent_clear(&t->k);
}

/* 3a: the second is a duplicate: what was held back goes again now, three segments at most. */
TEST(a_duplicate_after_a_time_out)
{
	struct tk t;

	timed_out(&t, false);
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, 1 + TK_MSS);
	expect_next(&t, 10);
	expect_next(&t, 11);
	tk_peer_ack(&t, 1 + TK_MSS);
	assert_int_equal(kit_counter(&t.k, "tcp_undos"), 0);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_LOSS);
	expect_next(&t, 1);
	TK_EXPECT_NOTHING(&t);
	tk_peer_ack(&t, 1 + 2 * TK_MSS);
	assert_int_equal(kit_counter(&t.k, "tcp_undos"), 0);
	expect_next(&t, 2);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* 2b: without anything new to send nobody is waited for. */
TCP_TEST(nothing_new_to_send)
{
	t->timestamps = t->sack = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 4 * TK_MSS);
	kit_sent_clear(&t->k);
	tk_advance(t, 200 * NS_PER_MS);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + TK_MSS);
	expect_next(t, 1);
	expect_next(t, 2);
	TK_EXPECT_NOTHING(t);
}
