/*
 * SPDX-License-Identifier: MIT
 *
 * What may be received: RFC 9293 3.10.7.4 first (acceptability, tailoring), RFC 7323 5 (PAWS).
 */
#include <stdlib.h>

#include "net/tcp/conn/steps.h"
#include "net/tcp/limits.h"
#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"
#include "tests/runner/unit.h"
#include "tests/unit/receive_kit.h"

FIXTURE_ONCE(fill_pattern);

static const struct net_options small_buffers = {.rcvbuf = 4000, .sndbuf = 4000};

/* --- first: acceptability -------------------------------------------------------------------- */

/* The table of 3.10.7.4, with RCV.NXT just below the wrap. */
TEST(the_acceptability_table)
{
	static const struct {
		uint32_t wnd, seq, len;
		bool acceptable;
	} rows[] = {
		{0, 0, 0, true},    {0, 1, 0, false},   {0, -1u, 0, false}, {0, 0, 1, false},
		{10, 0, 0, true},   {10, 9, 0, true},   {10, 10, 0, false}, {10, -1u, 0, false},
		{10, 0, 10, true},  {10, 0, 11, true},  {10, 9, 5, true},   {10, 10, 1, false},
		{10, -5u, 5, false}, {10, -5u, 6, true}, {10, -5u, 15, true}, {10, -5u, 30, false},
	};
	struct tcb tcb = {.rcv.nxt = UINT32_C(0xfffffffd)};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct tcp_segment seg = {
			.seq = tcb.rcv.nxt + rows[i].seq, .data_len = rows[i].len,
		};

		tcb.rcv.adv = tcb.rcv.nxt + rows[i].wnd;
		if (tcp_segment_acceptable(&tcb, &seg) != rows[i].acceptable)
			fail_msg("row %u", i);
	}
}

TCP_TEST(old_and_future_text_is_answered_and_dropped)
{
	tk_establish(t);
	peer_data(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 101, 0);
	peer_data(t, 0, 100); /* again: our ACK was lost */
	TK_EXPECT(t, TCP_ACK, 1, 101, 0);
	TK_SEND(t, .seq = 400000, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	TK_EXPECT(t, TCP_ACK, 1, 101, 0);
	assert_int_equal(kit_counter(&t->k, "tcp_out_of_window"), 2);
	expect_read(t, 0, 100);
}

/* Two ends that are confused about the numbers would answer each other's empty segments for ever;
 * text is always answered, since its sender waits for the ACK. */
TCP_TEST(empty_segments_are_answered_within_limits)
{
	tk_establish(t);
	for (unsigned i = 0; i < 100; i++)
		TK_SEND(t, .seq = 400000, .ack = 1, .flags = TCP_ACK);
	assert_in_range(t->k.n_sent, 6, 13);
	kit_sent_clear(&t->k);
	for (unsigned i = 0; i < 100; i++)
		TK_SEND(t, .seq = 400000, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	assert_int_equal(t->k.n_sent, 100);
	kit_sent_clear(&t->k);
}

TCP_TEST(overlapping_text_is_trimmed)
{
	tk_establish(t);
	peer_data(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 101, 0);
	peer_data(t, 50, 100);
	TK_EXPECT(t, TCP_ACK, 1, 151, 0);
	expect_read(t, 0, 150);
}

/* A sender that ignores the window: what is beyond it is cut off, its FIN too. */
TEST(text_beyond_the_window_is_cut)
{
	struct tk t;

	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	peer_data(&t, 0, 1400);
	peer_data(&t, 1400, 1400);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 2801, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 2800,
		.len = 1400);
	TK_EXPECT(&t, TCP_ACK, 1, 4001, 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	expect_read(&t, 0, 4000);
	tk_close(&t);
}

/* "If the RCV.WND is zero ... special allowance should be made to accept valid ACKs" */
TEST(a_zero_window_still_takes_acks)
{
	struct tk t;

	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	for (unsigned i = 0; i < 4; i++)
		peer_data(&t, i * 1000, 1000);
	kit_sent_clear(&t.k);
	tk_write(&t, 0, 10);
	TK_EXPECT(&t, TCP_ACK, 1, 4001, 10);
	TK_SEND(&t, .seq = 4001, .ack = 11, .flags = TCP_ACK, .data = "x", .len = 1);
	TK_EXPECT(&t, TCP_ACK, 11, 4001, 0); /* the byte is refused, the ACK taken */
	assert_int_equal(tk_inspect(&t).snd_una - TK_ISS, 11);
	expect_read(&t, 0, 4000);
	TK_EXPECT(&t, TCP_ACK, 11, 4001, 0); /* the window opens: that is told */
	tk_close(&t);
}

/* --- RFC 7323, PAWS -------------------------------------------------------------------------- */

TCP_TEST(an_old_timestamp_is_dropped)
{
	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 4, .tsval = 2000);
	TK_EXPECT(t, TCP_ACK, 1, 5, 0);
	TK_SEND(t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = "evil", .len = 4, .tsval = 1999);
	TK_EXPECT(t, TCP_ACK, 1, 5, 0);
	assert_int_equal(kit_counter(&t->k, "tcp_paws_dropped"), 1);
	/* A RST is not judged by its timestamp, and one without the option is taken. */
	TK_SEND(t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = pattern + 4, .len = 4,
		.no_timestamps = true);
	TK_EXPECT(t, TCP_ACK, 1, 9, 0);
	expect_read(t, 0, 8);
	/* A day is not enough ... */
	t->k.now_ns += TCP_PAWS_IDLE_NS / 2;
	TK_SEND(t, .seq = 9, .ack = 1, .flags = TCP_ACK, .data = pattern + 8, .len = 1,
		.tsval = 2001);
	t->k.now_ns += TCP_PAWS_IDLE_NS - NS_PER_S;
	TK_SEND(t, .seq = 10, .ack = 1, .flags = TCP_ACK, .data = "evil", .len = 4, .tsval = 1);
	assert_int_equal(kit_counter(&t->k, "tcp_paws_dropped"), 2);
	expect_read(t, 8, 1);
	/* ... after 24 days without a word the old timestamp says nothing (RFC 7323 5.5). */
	t->k.now_ns += TCP_PAWS_IDLE_NS + NS_PER_S;
	TK_SEND(t, .seq = 10, .ack = 1, .flags = TCP_ACK, .data = pattern + 9, .len = 1,
		.tsval = 1);
	expect_read(t, 9, 1);
	kit_sent_clear(&t->k);
}

/* A timestamp counts when the segment does: who has guessed where the window begins, but not what
 * we have sent, must not be able to make all that follows look old. */
TCP_TEST(a_forged_timestamp_is_not_kept)
{
	static const struct {
		uint8_t flags;
		uint32_t ack;
	} forged[] = {{0, 0}, {TCP_ACK, 0x40000000}, {TCP_ACK, 2}, {TCP_SYN, 0},
		      {TCP_SYN | TCP_ACK, 1}};

	tk_establish(t);
	for (unsigned i = 0; i < ARRAY_LEN(forged); i++)
		TK_SEND(t, .seq = 1, .ack = forged[i].ack, .flags = forged[i].flags, .data = "evil",
			.len = 4, .tsval = 0x40000000);
	assert_int_equal(tk_inspect(t).ts_recent, t->tsval);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 10);
	TK_EXPECT(t, TCP_ACK, 1, 11, 0);
	expect_read(t, 0, 10);
	assert_int_equal(kit_counter(&t->k, "tcp_paws_dropped"), 0);
}

/* On a machine that is up for a month, a young connection knows its young timestamp. */
TCP_TEST(paws_after_a_month)
{
	t->k.now_ns += (UINT64_C(1) << 32) * 4 * NS_PER_US * 200; /* the ISN's clock turns whole rounds */
	t->k.stack->secret_used_ns = t->k.now_ns; /* and its secret stays */
	assert_true(t->k.now_ns > TCP_PAWS_IDLE_NS);
	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "evil", .len = 4, .tsval = 999);
	assert_int_equal(kit_counter(&t->k, "tcp_paws_dropped"), 1);
	kit_sent_clear(&t->k);
}

/* RFC 7323 4.3: the echo is the timestamp of the segment that the next ACK answers, not of one from
 * behind a hole. */
TCP_TEST(what_is_echoed)
{
	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 10, .tsval = 2000);
	assert_int_equal(tk_inspect(t).ts_recent, 2000);
	kit_sent_clear(&t->k);
	TK_SEND(t, .seq = 21, .ack = 1, .flags = TCP_ACK, .data = pattern + 20, .len = 10,
		.tsval = 3000);
	assert_int_equal(tk_inspect(t).ts_recent, 2000);
	TK_SEND(t, .seq = 11, .ack = 1, .flags = TCP_ACK, .data = pattern + 10, .len = 10,
		.tsval = 3001);
	assert_int_equal(tk_inspect(t).ts_recent, 3001);
}
