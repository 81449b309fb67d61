/*
 * SPDX-License-Identifier: MIT
 *
 * RACK: RFC 8985 6, step by step.
 */
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)

/* `n` segments are out over a round trip of 20 ms, which has just passed. */
static void out(struct tk *t, unsigned n)
{
	tk_open(t);
	tk_establish_over(t, RTT);
	tk_write(t, 0, n * TK_FULL);
	tk_expect_segments(t, 0, n);
	t->k.now_ns += RTT;
}

/* Step 4: where no reordering was seen, three SACKed segments leave no doubt... */
TEST(three_sacked_segments)
{
	struct tk t;

	out(&t, 6);
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(4));
	tk_expect_segments(&t, 0, 1);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* ...and one leaves it for a quarter of the minimum round trip (step 5, the reordering timer). */
TEST(one_sacked_segment)
{
	struct tk t;

	out(&t, 2);
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(2));
	tk_advance(&t, RTT / 4 - 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	tk_advance(&t, 1);
	tk_expect_segments(&t, 0, 1);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_close(&t);
}

/* It comes within the window: nothing was lost, and from now on three are not enough (step 3). */
TEST(reordering_is_remembered)
{
	struct tk t;

	out(&t, 10);
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(2));
	t.k.now_ns += RTT / 8;
	tk_peer_ack(&t, TK_SEG(2));
	TK_EXPECT_NOTHING(&t);
	assert_true(tk_inspect(&t).reordering_seen);
	TK_SACK(&t, TK_SEG(2), TK_SEG(3), TK_SEG(7));
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, RTT / 4 + RTT / 8);
	tk_expect_segments(&t, 2 * TK_FULL, 1);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_close(&t);
}

/* Blocks of one ACK in any order are no reordering, and neither is what was sent again. */
TEST(what_is_no_reordering)
{
	struct tk t;

	out(&t, 10);
	TK_SACK(&t, 1, TK_SEG(8), TK_SEG(9), TK_SEG(2), TK_SEG(3), TK_SEG(5), TK_SEG(6));
	tk_expect_segments(&t, 0, 1);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(1));
	assert_false(tk_inspect(&t).reordering_seen);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* What was sent again is lost as well: later segments arrive, and no time-out is needed. */
TCP_TEST(a_lost_retransmission)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, 14 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(4));
	tk_expect_segments(t, 0, 1);
	t->k.now_ns += NS_PER_MS;
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(8));
	assert_true(t->k.n_sent > 0); /* new ones, behind the retransmission */
	kit_sent_clear(&t->k);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(11));
	tk_expect_segments(t, 0, 1);
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
	assert_int_equal(kit_counter(&t->k, "tcp_fast_retransmits"), 1); /* one recovery */
	kit_sent_clear(&t->k);
}

/* Step 2: the answer comes sooner than it can after the second copy was sent, so it is the first
 * one's, and tells nothing about when the others should have arrived. */
TCP_TEST(the_answer_to_the_first_copy)
{
	uint64_t sent_ns;

	t->timestamps = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 6 * TK_MSS);
	kit_sent_clear(&t->k);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, 1 + TK_MSS, 1 + 4 * TK_MSS);
	kit_sent_clear(&t->k); /* the first one again */
	sent_ns = tk_inspect(t).rack_sent_ns;
	t->k.now_ns += RTT / 2;
	tk_peer_ack(t, 1 + 4 * TK_MSS);
	assert_int_equal(tk_inspect(t).rack_sent_ns, sent_ns);
	kit_sent_clear(&t->k);
}

/* Where there are timestamps it is the echo that tells. */
TEST(the_echo_of_the_first_copy)
{
	uint64_t sent_ns;
	uint32_t first;
	struct tk t;

	out(&t, 6);
	first = t.ts_echo;
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(4));
	tk_expect_segments(&t, 0, 1);
	sent_ns = tk_inspect(&t).rack_sent_ns;
	t.ts_echo = first;
	t.k.now_ns += 3 * RTT;
	tk_peer_ack(&t, TK_SEG(4));
	assert_int_equal(tk_inspect(&t).rack_sent_ns, sent_ns);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 7323 4.3: what is out of order does not move what the peer echoes, so the echo beside the
 * SACK of a second copy is old, and yet it is the second copy that came. */
TEST(the_echo_beside_a_sack)
{
	uint32_t before;
	struct tk t;

	out(&t, 4);
	before = t.ts_echo;
	tk_advance(&t, 2 * RTT); /* the tail loss probe */
	tk_expect_segments(&t, 3 * TK_FULL, 1);
	t.k.now_ns += RTT;
	t.ts_echo = before;
	TK_SACK(&t, 1, TK_SEG(3), TK_SEG(4));
	tk_advance(&t, RTT / 4);
	tk_expect_segments(&t, 0, 1);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Step 4: each round trip with a D-SACK widens it by a quarter, up to the smoothed round trip, until
 * 16 recoveries have gone well. */
TEST(dsacks_widen_the_window)
{
	struct tcb *tcb;
	struct tk t;

	out(&t, 4);
	tcb = tk_tcb(&t);
	tk_peer_ack(&t, TK_SEG(1));
	tcp_turn(tcb, TCP_KNOB_REORDERING_SEEN, true);
	assert_int_equal(tcp_rack_window(tcb), RTT / 4);
	TK_SACK(&t, TK_SEG(1), 1, TK_SEG(1));
	assert_int_equal(tcp_rack_window(tcb), RTT / 2);
	TK_SACK(&t, TK_SEG(1), 1, TK_SEG(1)); /* the same round trip */
	assert_int_equal(tcp_rack_window(tcb), RTT / 2);
	tk_peer_ack(&t, TK_SEG(4));
	for (unsigned i = 0; i < 10; i++)
		tcp_rack_dsack(tcb);
	assert_int_equal(tcp_inspect(tcb).reo_wnd_mult, 1); /* nothing was sent since */
	tcp_turn(tcb, TCP_KNOB_REO_WND_MULT, 200);
	assert_int_equal(tcp_rack_window(tcb), tcp_inspect(tcb).srtt_ns);
	for (unsigned i = 0; i < 15; i++)
		tcp_rack_recovered(tcb);
	assert_int_equal(tcp_rack_window(tcb), tcp_inspect(tcb).srtt_ns);
	tcp_rack_recovered(tcb);
	assert_int_equal(tcp_rack_window(tcb), RTT / 4);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Step 1: the minimum is forgotten after a while, or a route that became longer would look lossy. */
TCP_TEST(the_minimum_ages)
{
	uint32_t at = 0;

	tk_establish_over(t, RTT);
	for (unsigned i = 0; i < 3; i++, at += 100) {
		tk_write(t, at, 100);
		t->k.now_ns += i == 0 ? RTT : 5 * RTT;
		tk_peer_ack(t, at + 101);
		assert_int_equal(tk_inspect(t).min_rtt_ns, i < 2 ? RTT : 5 * RTT);
		if (i == 1)
			tk_advance(t, 300 * NS_PER_S);
		kit_sent_clear(&t->k);
	}
}

/* The peer takes what was sent: its echoes are from now. */
static unsigned drain(struct tk *t)
{
	struct kit_sent *s;
	unsigned n = 0;

	for (; (s = tk_take(t)) != NULL; n++)
		kit_sent_free(s);
	return n;
}

/* What was sent during a recovery is lost too, and not all of it may go at once: when that recovery
 * is over the next one begins (RFC 6675 5), and nobody waits for the time-out. */
TCP_TEST(losses_beyond_the_recovery)
{
	tk_establish_over(t, RTT);
	tk_turn(t, TCP_KNOB_CWND, 20 * TK_FULL);
	tk_write(t, 0, 20 * TK_FULL);
	drain(t);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(17), TK_SEG(20));
	tk_write(t, 20 * TK_FULL, 9 * TK_FULL);
	drain(t);
	for (unsigned i = 1; i < 17; i++) { /* each is repaired, and the nine go out */
		if (i == 1 || i == 4 || i == 10)
			t->k.now_ns += RTT;
		TK_SACK(t, TK_SEG(i), TK_SEG(17), TK_SEG(20));
		drain(t);
	}
	assert_int_equal(tk_inspect(t).snd_nxt, tk_inspect(t).snd_end);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_FAST);
	t->k.now_ns += RTT;
	TK_SACK(t, TK_SEG(16), TK_SEG(17), TK_SEG(20), TK_SEG(28), TK_SEG(29));
	drain(t);
	TK_SACK(t, TK_SEG(20), TK_SEG(28), TK_SEG(29));
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_FAST);
	assert_int_equal(kit_counter(&t->k, "tcp_fast_retransmits"), 2);
	assert_true(t->k.n_sent > 0);
	tk_expect_segments(t, 20 * TK_FULL, t->k.n_sent);
	assert_true(tk_inspect(t).ssthresh < 10 * TK_FULL);
	kit_sent_clear(&t->k);
	for (unsigned i = 21; i < 28; i++) {
		t->k.now_ns += RTT;
		TK_SACK(t, TK_SEG(i), TK_SEG(28), TK_SEG(29));
		drain(t);
	}
	assert_null(scoreboard_first_lost(tk_inspect(t).sent));
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
}

/* Step 4: the round of a D-SACK must not lie so far back that it seems to lie ahead. */
TEST(a_dsack_after_gigabytes)
{
	struct tk t;

	out(&t, 4);
	TK_SACK(&t, TK_SEG(2), TK_SEG(0), TK_SEG(1));
	assert_int_equal(tk_inspect(&t).reo_wnd_mult, 1);
	for (unsigned i = 3; i <= 4; i++) {
		/* stands for as much sent and acknowledged */
		tk_turn(&t, TCP_KNOB_DSACK_ROUND, tk_inspect(&t).dsack_round - UINT32_C(0x7fff0000));
		tk_peer_ack(&t, TK_SEG(i));
	}
	tk_write(&t, 4 * TK_FULL, 2 * TK_FULL);
	TK_SACK(&t, TK_SEG(5), TK_SEG(4), TK_SEG(5));
	assert_int_equal(tk_inspect(&t).reo_wnd_mult, 2);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
