/*
 * SPDX-License-Identifier: MIT
 *
 * Loss without a time-out at a peer without SACK: RFC 5681 3.2, RFC 6582 and RFC 3042.
 */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static void three_duplicates(struct tk *t, uint32_t ack)
{
	for (unsigned i = 0; i < 3; i++)
		tk_peer_ack(t, ack);
}

TCP_TEST(fast_retransmit)
{
	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, 20 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	tk_peer_ack(t, 1);
	tk_expect_segments(t, 10 * TK_FULL, 1); /* RFC 3042: one new for each of the first two */
	tk_peer_ack(t, 1);
	tk_expect_segments(t, 11 * TK_FULL, 1);
	tk_peer_ack(t, 1);
	tk_expect_segments(t, 0, 1);
	TK_EXPECT_NOTHING(t);
	/* RFC 5681 3.2, step 2: half of ten, the two of limited transmit do not count */
	assert_int_equal(tk_inspect(t).ssthresh, 5 * TK_FULL);
	assert_int_equal(tk_inspect(t).cwnd, 8 * TK_FULL);
	for (unsigned i = 0; i < 7; i++) /* seven more have left: the window grows to 15 */
		tk_peer_ack(t, 1);
	tk_expect_segments(t, 12 * TK_FULL, 3);
	tk_peer_ack(t, 1 + 12 * TK_FULL); /* all that was out when it was noticed: over */
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	assert_int_equal(tk_inspect(t).cwnd, 4 * TK_FULL); /* no burst: what is out, and one */
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "reason"), "three duplicate ACKs");
	assert_int_equal(kit_counter(&t->k, "tcp_fast_retransmits"), 1);
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
	kit_sent_clear(&t->k);
}

/* RFC 6582 3.2, step 2: `recover` must not fall behind so far that it lies ahead. */
TCP_TEST(fast_retransmit_after_gigabytes)
{
	t->sack = false;
	tk_establish(t);
	for (unsigned i = 0; i < 2; i++) {
		tk_write(t, i * 100, 100);
		TK_EXPECT(t, TCP_ACK, 1 + i * 100, 1, 100);
		/* stands for as much sent and acknowledged as makes it old, but not yet the future */
		tk_turn(t, TCP_KNOB_RECOVER, tk_inspect(t).recover - UINT32_C(0x7fffff00));
		tk_peer_ack(t, 101 + i * 100);
	}
	tk_write(t, 200, 4 * TK_FULL);
	kit_sent_clear(&t->k);
	three_duplicates(t, 201);
	assert_int_equal(kit_counter(&t->k, "tcp_fast_retransmits"), 1);
	kit_sent_clear(&t->k);
}

/* RFC 6582 3.2, step 3: a partial ACK names the next hole. */
TCP_TEST(two_losses_in_one_window)
{
	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	three_duplicates(t, 1);
	tk_expect_segments(t, 0, 1);
	assert_int_equal(tk_inspect(t).cwnd, 8 * TK_FULL);
	tk_peer_ack(t, 1 + 4 * TK_FULL);
	tk_expect_segments(t, 4 * TK_FULL, 1);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_FAST);
	assert_int_equal(tk_inspect(t).cwnd, 5 * TK_FULL); /* four have left, one is added */
	tk_peer_ack(t, 1 + 10 * TK_FULL);
	assert_int_equal(tk_inspect(t).recovery, TCP_RECOVERY_NONE);
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
}

/* The same, where the ACK covers no more than one segment, and less than one. */
TCP_TEST(a_partial_ack_of_one_segment)
{
	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	three_duplicates(t, 1);
	tk_peer_ack(t, 1 + TK_FULL);
	assert_int_equal(tk_inspect(t).cwnd, 8 * TK_FULL); /* one has left, one is added */
	tk_peer_ack(t, 1 + TK_FULL + 100);
	assert_int_equal(tk_inspect(t).cwnd, 8 * TK_FULL - 100);
	kit_sent_clear(&t->k);
}

/* The timer restarts with the first partial ACK and not again: a window full of holes is left to
 * the time-out. */
TCP_TEST(many_losses_in_one_window)
{
	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	three_duplicates(t, 1);
	for (unsigned i = 1; i <= 4; i++) {
		t->k.now_ns += 60 * NS_PER_MS;
		tk_peer_ack(t, 1 + i * TK_FULL);
	}
	kit_sent_clear(&t->k);
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
	tk_advance(t, 20 * NS_PER_MS); /* 200 after the first partial ACK */
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 1);
	tk_expect_segments(t, 4 * TK_FULL, 1);
	TK_EXPECT_NOTHING(t);
}

/* A time-out for nothing: the ACK that comes covers more than what was sent again. */
TCP_TEST(the_ack_overtakes_the_repetition)
{
	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, 6 * TK_FULL);
	tk_expect_segments(t, 0, 6);
	tk_advance(t, 200 * NS_PER_MS);
	tk_expect_segments(t, 0, 1);
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	tk_expect_segments(t, 3 * TK_FULL, 2);
	tk_peer_ack(t, 1 + 6 * TK_FULL);
	TK_EXPECT_NOTHING(t);
}

/* PSH stands on the last byte of the stream so far, and nowhere else, also the second time. */
TCP_TEST(psh_when_sent_again)
{
	struct kit_sent *s;

	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, TK_FULL + 100);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, 1, t->k.now_ns), ERR_OK);
	kit_sent_clear(&t->k);
	tk_advance(t, 200 * NS_PER_MS);
	s = tk_take(t);
	assert_int_equal(s->tcp.flags, TCP_ACK);
	kit_sent_free(s);
	tk_peer_ack(t, 1 + TK_FULL);
	s = tk_take(t);
	assert_int_equal(s->tcp.flags, TCP_ACK | TCP_PSH);
	kit_sent_free(s);
}

/* RFC 6582 3.2, step 2: echoes of a time-out's retransmissions start no fast retransmit. */
TCP_TEST(echoes_after_a_time_out)
{
	t->sack = false;
	tk_establish(t);
	tk_write(t, 0, 5 * TK_FULL);
	tk_expect_segments(t, 0, 5);
	tk_advance(t, 200 * NS_PER_MS);
	tk_expect_segments(t, 0, 1);
	tk_peer_ack(t, 1 + 5 * TK_FULL);
	tk_write(t, 5 * TK_FULL, 5 * TK_FULL);
	tk_write(t, 10 * TK_FULL, 20 * TK_FULL);
	kit_sent_clear(&t->k);
	for (unsigned i = 0; i < 8; i++)
		tk_peer_ack(t, 1 + 5 * TK_FULL);
	assert_int_equal(t->k.n_sent, 2); /* limited transmit stays limited */
	assert_int_equal(kit_counter(&t->k, "tcp_fast_retransmits"), 0);
	kit_sent_clear(&t->k);
}

/* RFC 5681 2: what does not count as a duplicate. */
TCP_TEST(what_is_no_duplicate)
{
	t->sack = false;
	tk_establish(t);
	tk_peer_ack(t, 1); /* nothing is out */
	tk_write(t, 0, 100);
	kit_sent_clear(&t->k);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1); /* it has text */
	t->window--;
	TK_SEND(t, .seq = 2, .ack = 1, .flags = TCP_ACK); /* a new window */
	assert_int_equal(kit_counter(&t->k, "tcp_duplicate_acks"), 0);
	TK_SEND(t, .seq = 2, .ack = 1, .flags = TCP_ACK);
	assert_int_equal(kit_counter(&t->k, "tcp_duplicate_acks"), 1);
	kit_sent_clear(&t->k);
}
