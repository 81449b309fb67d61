/*
 * SPDX-License-Identifier: MIT
 *
 * What the sender makes of SACK blocks: RFC 2018, RFC 2883, RFC 6675; and the memory it keeps.
 */
#include <limits.h>

#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)

static uint32_t pipe_of(struct tk *t)
{
	return tcp_pipe(tk_tcb(t));
}

/* Ten segments are out over a round trip of 20 ms. */
static void ten_out(struct tk *t)
{
	tk_open(t);
	tk_establish_over(t, RTT);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->k.now_ns += RTT;
}

/* RFC 6675 5, (4.1), (4.2): three segments behind the hole; it goes again and nothing else does. */
TEST(the_hole_goes_again)
{
	struct tk t;

	ten_out(&t);
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(2));
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(3));
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(pipe_of(&t), 8 * TK_FULL);
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(4));
	tk_expect_segments(&t, 0, 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	assert_int_equal(kit_counter(&t.k, "tcp_fast_retransmits"), 1);
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "reason"), "SACK of a later one");
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(10));
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	assert_int_equal(tk_inspect(&t).cwnd, tk_inspect(&t).ssthresh); /* RFC 9937 6 */
	assert_int_equal(pipe_of(&t), 0);
	tk_close(&t);
}

/* Several holes are filled in two round trips, and what lies between them stays away. */
TEST(several_holes_at_once)
{
	struct tk t;

	ten_out(&t);
	for (unsigned i = 1; i < 9; i += 2)
		TK_SACK(&t, 1, TK_SEG(i), TK_SEG(i + 1));
	TK_SACK(&t, 1, TK_SEG(9), TK_SEG(10));
	for (unsigned i = 0; i < 3; i++) /* RFC 9937, CRB: one for each delivered in recovery */
		tk_expect_segments(&t, 2 * i * TK_FULL, 1);
	TK_EXPECT_NOTHING(&t);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(6));
	tk_expect_segments(&t, 6 * TK_FULL, 1);
	tk_expect_segments(&t, 8 * TK_FULL, 1);
	tk_peer_ack(&t, TK_SEG(10));
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_inspect(&t).retransmits, 5);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_close(&t);
}

/* RFC 3042 by itself: what is SACKed has left the network. */
TCP_TEST(each_sacked_segment_lets_one_go)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, 20 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(2));
	tk_expect_segments(t, 10 * TK_FULL, 1);
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(2)); /* no news: none */
	TK_EXPECT_NOTHING(t);
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(3));
	tk_expect_segments(t, 11 * TK_FULL, 1);
	TK_EXPECT_NOTHING(t);
	kit_sent_clear(&t->k);
}

/* HOSTILE-INPUTS: reversed, empty, before SND.UNA, beyond SND.NXT, across either. */
TEST(blocks_that_cannot_be)
{
	struct tk t;

	ten_out(&t);
	tk_peer_ack(&t, TK_SEG(2));
	TK_SACK(&t, TK_SEG(2), TK_SEG(4), TK_SEG(3)); /* reversed */
	TK_SACK(&t, TK_SEG(2), TK_SEG(4), TK_SEG(4));
	TK_SACK(&t, TK_SEG(2), TK_SEG(9), TK_SEG(11));
	TK_SACK(&t, TK_SEG(2), TK_SEG(20), TK_SEG(30));
	TK_SACK(&t, TK_SEG(2), TK_SEG(1), TK_SEG(5));
	TK_SACK(&t, TK_SEG(2), TK_SEG(2) + 0x80000000u, TK_SEG(9));
	TK_SACK(&t, TK_SEG(2), TK_SEG(2), TK_SEG(2) + 0x7fffffffu);
	assert_int_equal(kit_counter(&t.k, "tcp_sack_ignored"), 7);
	assert_int_equal(tk_inspect(&t).sent->n_sacked, 0);
	assert_int_equal(pipe_of(&t), 8 * TK_FULL);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	TK_SACK(&t, TK_SEG(2), TK_SEG(7), TK_SEG(6), TK_SEG(4), TK_SEG(5)); /* one of two is good */
	assert_int_equal(tk_inspect(&t).sent->n_sacked, 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 2883 4: which first blocks are D-SACKs. */
TEST(which_blocks_are_dsacks)
{
	struct tk t;

	ten_out(&t);
	tk_peer_ack(&t, TK_SEG(2));
	TK_SACK(&t, TK_SEG(2), TK_SEG(1), TK_SEG(2)); /* before the ACK */
	assert_int_equal(kit_counter(&t.k, "tcp_dsacks_in"), 1);
	TK_SACK(&t, TK_SEG(2), TK_SEG(5), TK_SEG(6), TK_SEG(4), TK_SEG(7)); /* in the second block */
	assert_int_equal(kit_counter(&t.k, "tcp_dsacks_in"), 2);
	assert_int_equal(tk_inspect(&t).sent->n_sacked, 3);
	TK_SACK(&t, TK_SEG(2), TK_SEG(4), TK_SEG(8), TK_SEG(5), TK_SEG(6)); /* the other way round */
	assert_int_equal(kit_counter(&t.k, "tcp_dsacks_in"), 2);
	TK_SACK(&t, TK_SEG(2), TK_SEG(2) - 0x10000000u, TK_SEG(1)); /* nobody can have sent that */
	assert_int_equal(kit_counter(&t.k, "tcp_dsacks_in"), 2);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 6675 5.1: after a time-out what was SACKed is not sent again. */
TEST(a_time_out_keeps_the_scoreboard)
{
	struct tk t;

	ten_out(&t);
	TK_SACK(&t, 1, TK_SEG(2), TK_SEG(4));
	kit_sent_clear(&t.k);
	t.k.now_ns += NS_PER_S;
	kit_poll(&t.k);
	tk_expect_segments(&t, 0, 1);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_LOSS);
	assert_int_equal(tk_inspect(&t).cwnd, TK_FULL);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(1));
	tk_expect_segments(&t, 1 * TK_FULL, 1);
	tk_expect_segments(&t, 4 * TK_FULL, 1); /* 2 and 3 are there */
	TK_EXPECT_NOTHING(&t);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(5));
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, TK_SEG(10));
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	tk_close(&t);
}

/* RFC 2018 8: the peer may throw away what it has SACKed. */
TEST(a_peer_that_reneges)
{
	struct tk t;

	ten_out(&t);
	TK_SACK(&t, 1, TK_SEG(1), TK_SEG(10));
	tk_expect_segments(&t, 0, 1);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(1)); /* and not of what it has SACKed */
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, NS_PER_S);
	assert_int_equal(kit_counter(&t.k, "tcp_sack_reneged"), 1);
	tk_expect_segments(&t, TK_FULL, 1);
	kit_sent_clear(&t.k);
	for (unsigned i = 2; i <= 10; i++)
		tk_peer_ack(&t, TK_SEG(i));
	kit_sent_clear(&t.k);
	assert_int_equal(tk_inspect(&t).snd_una, tk_inspect(&t).snd_nxt);
	assert_int_equal(pipe_of(&t), 0);
	tk_close(&t);
}

/* HOSTILE-INPUTS: thousands of holes.  So many segments are out, then sending waits for an ACK. */
TCP_TEST(thousands_of_tiny_segments)
{
	tk_establish_over(t, RTT);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, 1, t->k.now_ns), ERR_OK);
	tk_turn(t, TCP_KNOB_CWND, 1000000);
	for (unsigned i = 0; i < 3000; i++) {
		tk_write(t, i, 1);
		kit_sent_clear(&t->k);
	}
	assert_int_equal(tk_inspect(t).snd_nxt - tk_inspect(t).snd_una, SCOREBOARD_MAX - 1);
	for (unsigned i = SCOREBOARD_MAX - 1; i > 8; i -= 8) /* every other one, from behind */
		TK_SACK(t, 1, i - 1, i, i - 3, i - 2, i - 5, i - 4);
	assert_in_range(tk_inspect(t).sent->count, SCOREBOARD_MAX - 1, SCOREBOARD_CUT_MAX);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, SCOREBOARD_MAX);
	assert_int_equal(tk_inspect(t).snd_nxt - tk_inspect(t).iss, 3001);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 3001);
}

TCP_TEST(an_idle_connection_keeps_no_records)
{
	size_t idle = 0;

	tk_establish_over(t, RTT);
	for (unsigned i = 0; i < 3; i++) {
		tk_write(t, i * 10 * TK_FULL, 10 * TK_FULL);
		kit_sent_clear(&t->k);
		assert_non_null(tk_inspect(t).sent);
		tk_advance(t, RTT);
		tk_peer_ack(t, TK_SEG(10 * (i + 1)));
		tk_advance(t, 2 * NS_PER_S);
		assert_null(tk_inspect(t).sent);
		assert_null(tk_inspect(t).snd_buf);
		if (i > 0)
			assert_int_equal(t->k.kp.live_bytes, idle);
		idle = t->k.kp.live_bytes;
	}
}

/* Without memory for the records nothing leaves, and it is tried again. */
TCP_TEST(no_memory_for_the_records)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, TK_FULL);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, TK_SEG(1));
	tk_advance(t, NS_PER_S / 2); /* the buffer is still there */
	tk_lose_records(t);
	t->k.kp.fail_after = 0;
	tk_write(t, TK_FULL, 100);
	TK_EXPECT_NOTHING(t);
	assert_true(kit_counter(&t->k, "tcp_no_memory") > 0);
	t->k.kp.fail_after = UINT_MAX;
	tk_advance(t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(t, TCP_ACK, TK_SEG(1), 1, 100);
}

/* RFC 1191: what is too large goes again in pieces, and nobody takes it for congestion. */
TCP_TEST(a_smaller_path_mtu)
{
	uint32_t cwnd, piece;

	tk_establish_over(t, RTT);
	tk_write(t, 0, 3 * TK_FULL);
	tk_expect_segments(t, 0, 3);
	cwnd = tk_inspect(t).cwnd;
	tk_turn(t, TCP_KNOB_SND_MSS, 1012);
	piece = tcb_eff_mss(tk_tcb(t));
	tcp_recovery_mtu_reduced(t->k.stack, tk_tcb(t), t->k.now_ns);
	for (unsigned i = 0; i < 3; i++) {
		TK_EXPECT(t, TCP_ACK, TK_SEG(i), 1, piece);
		TK_EXPECT(t, TCP_ACK, TK_SEG(i) + piece, 1, TK_FULL - piece);
	}
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_inspect(t).cwnd, cwnd);
	assert_int_equal(tk_inspect(t).ssthresh, UINT32_MAX);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	assert_int_equal(pipe_of(t), 3 * TK_FULL);
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "reason"), "a smaller path MTU");
	tk_peer_ack(t, TK_SEG(3));
	assert_int_equal(pipe_of(t), 0);
}
