/*
 * SPDX-License-Identifier: MIT
 *
 * ACKs that later ones have overtaken: what they say of SND.UNA and of the window is stale, their
 * SACK blocks are not (RFC 6675 5, RFC 2883).
 */
#include <limits.h>

#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)

/* Segments of 1000 bytes; `n` of them are out. */
static void thousands_out(struct tk *t, unsigned n)
{
	tk_open(t);
	t->timestamps = false;
	t->mss = 1000;
	tk_establish_over(t, RTT);
	tk_write(t, 0, n * 1000);
	for (unsigned i = 0; i < n; i++)
		TK_EXPECT(t, TCP_ACK, 1 + i * 1000, 1, 1000);
	t->k.now_ns += RTT;
}

/* ACK 1001 with the blocks was sent before ACK 2001, and comes behind it. */
TEST(its_blocks_are_taken)
{
	struct tk t;

	thousands_out(&t, 8);
	tk_peer_ack(&t, 2001);
	t.window = 1; /* nor does the window move */
	TK_SACK(&t, 1001, 5001, 8001);
	TK_EXPECT(&t, TCP_ACK, 2001, 1, 1000);
	assert_int_equal(tk_inspect(&t).snd_una, TK_ISS + 2001);
	assert_int_equal(tk_inspect(&t).snd_wnd, 65535);
	assert_int_equal(tk_inspect(&t).sent->sacked, 3000);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	kit_sent_clear(&t.k);
	t.k.now_ns += RTT;
	t.window = 65535;
	tk_peer_ack(&t, 8001);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	tk_close(&t);
}

/* It may be a segment with data that brings them; the data is taken too. */
TEST(blocks_beside_data)
{
	uint8_t options[12] = {TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK, 10};
	struct tk t;

	thousands_out(&t, 8);
	store_be32(options + 4, TK_ISS + 5001);
	store_be32(options + 8, TK_ISS + 8001);
	tk_peer_ack(&t, 2001);
	TK_SEND(&t, .seq = 1, .ack = 1001, .flags = TCP_ACK, .data = "abc", .len = 3,
		.options = options, .options_len = sizeof(options));
	TK_EXPECT(&t, TCP_ACK, 2001, 4, 1000);
	assert_int_equal(tk_inspect(&t).rcv_unread, 3);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* HOSTILE-INPUTS: blocks of an old ACK: before SND.UNA (they are past, and no fault), across it,
 * beyond SND.NXT, reversed; and an ACK that is older than any window. */
TEST(blocks_that_are_not_taken)
{
	struct tk t;

	thousands_out(&t, 8);
	tk_peer_ack(&t, 3001);
	TK_SACK(&t, 1001, 2001, 3001);
	assert_int_equal(kit_counter(&t.k, "tcp_sack_ignored"), 0);
	TK_SACK(&t, 1001, 2001, 4001);
	TK_SACK(&t, 1001, 7001, 9001);
	TK_SACK(&t, 1001, 6001, 5001);
	TK_SACK(&t, 1001, 5001, 5001);
	assert_int_equal(kit_counter(&t.k, "tcp_sack_ignored"), 4);
	TK_EXPECT_NOTHING(&t);
	TK_SACK(&t, 3001 - 65535u - 1, 5001, 8001); /* RFC 5961 5 */
	TK_EXPECT(&t, TCP_ACK, 8001, 1, 0);
	assert_int_equal(tk_inspect(&t).sent->n_sacked, 0);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	TK_SACK(&t, 3001 - 65535u, 5001, 8001);
	assert_int_equal(tk_inspect(&t).sent->n_sacked, 3);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A peer that did not agree to SACK has no blocks. */
TCP_TEST(not_without_agreement)
{
	t->sack = false;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 8 * TK_FULL);
	tk_expect_segments(t, 0, 8);
	tk_peer_ack(t, TK_SEG(2));
	TK_SACK(t, TK_SEG(1), TK_SEG(5), TK_SEG(8));
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_inspect(t).sent->n_sacked, 0);
}

/* RFC 2883: both retransmissions came twice, and the ACKs that say so come late. */
TCP_TEST(its_dsacks_undo)
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
	tk_write(t, 10 * TK_FULL, TK_FULL);
	tk_expect_segments(t, 10 * TK_FULL, 1);
	tk_peer_ack(t, TK_SEG(11));
	assert_true(tk_inspect(t).cwnd < 10 * TK_FULL);
	TK_SACK(t, TK_SEG(10), TK_SEG(0), TK_SEG(1));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0); /* of one of two */
	TK_SACK(t, TK_SEG(10), TK_SEG(1), TK_SEG(2));
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 1);
	assert_true(tk_inspect(t).cwnd >= 10 * TK_FULL);
	assert_int_equal(tk_inspect(t).snd_una, TK_ISS + TK_SEG(11));
	kit_sent_clear(&t->k);
}

/* RFC 3522, RFC 7323 4: what an old ACK echoes is neither a round trip nor the first answer to a
 * retransmission. */
TCP_TEST(its_echo_is_silent)
{
	uint64_t srtt_ns;

	tk_establish_over(t, RTT);
	tk_write(t, 0, 8 * TK_FULL);
	tk_expect_segments(t, 0, 8);
	tk_advance(t, RTT);
	tk_peer_ack(t, TK_SEG(2));
	srtt_ns = tk_inspect(t).srtt_ns;
	t->k.now_ns += 50 * NS_PER_MS;
	t->ts_echo -= 100;
	TK_SACK(t, TK_SEG(1), TK_SEG(7), TK_SEG(8));
	assert_int_equal(tk_inspect(t).srtt_ns, srtt_ns);
	assert_int_equal(kit_counter(&t->k, "tcp_undos"), 0);
	kit_sent_clear(&t->k);
}

/* --- PAWS: an overtaken ACK's timestamp is older than TS.Recent ------------------------------- */

static void overtaken(struct tk *t, uint32_t ack, uint32_t ms)
{
	t->tsval -= ms;
	TK_SACK(t, ack, TK_SEG(5), TK_SEG(8));
	t->tsval += ms;
}

static void eight_out_and_two_acked(struct tk *t)
{
	tk_open(t);
	tk_establish_over(t, RTT);
	tk_write(t, 0, 8 * TK_FULL);
	tk_expect_segments(t, 0, 8);
	t->k.now_ns += RTT;
	t->tsval += 1000;
	tk_peer_ack(t, TK_SEG(2));
}

/* A few milliseconds are no lap of the number space; TS.Recent stays with the newer. */
TEST(an_older_timestamp_too)
{
	struct tk t;

	eight_out_and_two_acked(&t);
	overtaken(&t, TK_SEG(1), 3);
	tk_expect_segments(&t, 2 * TK_FULL, 1);
	assert_int_equal(tk_inspect(&t).ts_recent, t.tsval);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* The same as a duplicate of the ACK that counts; but a window that it would change is not its to
 * change. */
TEST(the_last_ack_again)
{
	struct tk t;

	eight_out_and_two_acked(&t);
	t.window = 70;
	overtaken(&t, TK_SEG(2), 3);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 1);
	assert_int_equal(tk_inspect(&t).snd_wnd, 65535);
	kit_sent_clear(&t.k);
	t.window = 65535;
	overtaken(&t, TK_SEG(2), 3);
	tk_expect_segments(&t, 2 * TK_FULL, 1);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Longer ago than a time-out, of new data, with data, at another number: as ever. */
TEST(not_what_is_really_old)
{
	struct tk t;

	eight_out_and_two_acked(&t);
	overtaken(&t, TK_SEG(1), 900);
	overtaken(&t, TK_SEG(3), 3);
	t.tsval -= 3;
	TK_SEND(&t, .seq = 1, .ack = TK_SEG(1), .flags = TCP_ACK, .data = "abc", .len = 3);
	TK_SEND(&t, .seq = 2, .ack = TK_SEG(1), .flags = TCP_ACK);
	TK_SEND(&t, .seq = 1, .ack = TK_SEG(1), .flags = TCP_ACK | TCP_FIN);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 5);
	assert_int_equal(tk_inspect(&t).snd_una, TK_ISS + TK_SEG(2));
	assert_int_equal(tk_inspect(&t).rcv_unread, 0);
	assert_int_equal(tk_inspect(&t).sent->n_sacked, 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
