/*
 * SPDX-License-Identifier: MIT
 *
 * The sending side: what goes when (RFC 9293 3.7.4 Nagle, RFC 6928 and 5681 windows), the peer's
 * window (RFC 9293 3.10.7.4, fifth), and what sending costs in memory.
 */
#include <limits.h>

#include "net/tcp/limits.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* --- what goes when -------------------------------------------------------------------------- */

TCP_TEST(text_leaves_in_full_segments)
{
	struct kit_sent *s;

	tk_establish(t);
	tk_write(t, 0, 3000);
	tk_expect_segments(t, 0, 2);
	TK_EXPECT_NOTHING(t); /* Nagle: 104 bytes wait, something is out */
	tk_peer_ack(t, 1 + 2 * TK_FULL);
	s = tk_take(t);
	assert_int_equal(s->payload_len, 104);
	assert_true(s->tcp.flags & TCP_PSH); /* the last of what there is */
	kit_sent_free(s);
}

/* RFC 1191: routers tell of what is too long for the path. */
TCP_TEST(routers_may_not_fragment)
{
	struct kit_sent *s;

	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	s = tk_take(t);
	assert_int_equal(s->payload_len, TK_FULL);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_sent_free(s);
}

/* RFC 9293 3.7.4, MUST-17: and how to switch it off. */
TCP_TEST(nagle_and_nodelay)
{
	tk_establish(t);
	tk_write(t, 0, 10);
	TK_EXPECT(t, TCP_ACK, 1, 1, 10); /* nothing is out: at once */
	tk_write(t, 10, 10);
	tk_write(t, 20, 10);
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 11);
	TK_EXPECT(t, TCP_ACK, 11, 1, 20); /* together */
	tk_write(t, 30, 10);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, 1, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_ACK, 31, 1, 10);
	tk_write(t, 40, 10);
	TK_EXPECT(t, TCP_ACK, 41, 1, 10);
}

TCP_TEST(the_fin_goes_with_the_last_text)
{
	tk_establish(t);
	tk_write(t, 0, 10);
	TK_EXPECT(t, TCP_ACK, 1, 1, 10);
	tk_write(t, 10, 10); /* Nagle holds it, until the user says that this was all */
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 11, 1, 10);
	assert_string_equal(tk_field(t, EVENT_TCP_FIN_SENT, 0, "tcp_seq"), "5");
	assert_int_equal(sock_send(t->k.stack, t->fd, "x", 1, t->k.now_ns), ERR_PIPE);
}

/* RFC 6928: ten segments, then as many as are acknowledged and one more each (slow start). */
TCP_TEST(the_initial_window_and_slow_start)
{
	tk_establish(t);
	tk_write(t, 0, 60 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 1 + 2 * TK_FULL);
	tk_expect_segments(t, 10 * TK_FULL, 4); /* two left, two more are allowed */
	tk_peer_ack(t, 1 + 11 * TK_FULL); /* RFC 9406: a stretch ACK counts for at most eight */
	tk_expect_segments(t, 14 * TK_FULL, 17);
	TK_EXPECT_NOTHING(t);
}

/* RFC 5681 4.1 */
TCP_TEST(an_idle_connection_starts_small_again)
{
	tk_establish(t);
	tk_turn(t, TCP_KNOB_CWND, 40 * TK_FULL);
	tk_write(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 1, 100);
	tk_peer_ack(t, 101);
	tk_advance(t, 2 * NS_PER_S);
	kit_sent_clear(&t->k);
	tk_write(t, 100, 45 * TK_FULL);
	for (unsigned i = 0; i < 10; i++)
		TK_EXPECT(t, TCP_ACK, 101 + i * TK_FULL, 1, TK_FULL);
	TK_EXPECT_NOTHING(t);
}

/* HOSTILE-INPUTS: MSS 0, 1, 48: clamp.  RFC 9293 3.7.1: never more than the peer takes. */
TEST(the_peer_s_mss)
{
	static const struct {
		uint16_t offered;
		uint32_t payload;
	} rows[] = {{1, 204}, {48, 204}, {216, 204}, {536, 524}, {1000, 988}, {65535, 1448}};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct tk t;

		tk_open(&t);
		t.mss = rows[i].offered;
		tk_establish(&t);
		tk_write(&t, 0, 2000);
		TK_EXPECT(&t, TCP_ACK, 1, 1, rows[i].payload);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

TCP_TEST(an_mss_of_zero)
{
	static const uint8_t mss_0[] = {2, 4, 0, 0};
	struct kit_sent *s;

	t->timestamps = false;
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1, .options = mss_0, .options_len = 4);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	tk_write(t, 0, 1000);
	s = tk_take(t);
	assert_int_equal(s->payload_len, 216);
	kit_sent_free(s);
}

/* --- the send window ------------------------------------------------------------------------- */

TCP_TEST(nothing_goes_beyond_the_window)
{
	t->window = 3000;
	tk_establish(t);
	tk_write(t, 0, 10000);
	tk_expect_segments(t, 0, 2);
	TK_EXPECT_NOTHING(t); /* 104 bytes of window: not worth a segment while something is out */
	tk_peer_ack(t, 1 + TK_FULL);
	tk_expect_segments(t, 2 * TK_FULL, 1);
	TK_EXPECT_NOTHING(t);
}

/* RFC 7323 2.3 */
TCP_TEST(the_window_is_scaled)
{
	t->scale = 3;
	t->window = 1000; /* unscaled in the SYN-ACK, 8000 afterwards */
	tk_establish(t);
	assert_int_equal(tk_inspect(t).snd_wnd, 1000);
	tk_peer_ack(t, 1);
	assert_int_equal(tk_inspect(t).snd_wnd, 8000);
}

/* "SND.WL1 < SEG.SEQ or (SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK)" */
TCP_TEST(an_old_segment_does_not_update_the_window)
{
	tk_establish(t);
	tk_write(t, 0, 20);
	TK_EXPECT(t, TCP_ACK, 1, 1, 20);
	t->window = 500;
	TK_SEND(t, .seq = 1, .ack = 11, .flags = TCP_ACK, .data = "abc", .len = 3);
	assert_int_equal(tk_inspect(t).snd_wnd, 500);
	t->window = 400;
	TK_SEND(t, .seq = 4, .ack = 11, .flags = TCP_ACK);
	assert_int_equal(tk_inspect(t).snd_wnd, 400);
	t->window = 900; /* the same sequence number, an older ACK */
	TK_SEND(t, .seq = 4, .ack = 1, .flags = TCP_ACK);
	assert_int_equal(tk_inspect(t).snd_wnd, 400);
	t->window = 700;
	TK_SEND(t, .seq = 4, .ack = 21, .flags = TCP_ACK);
	assert_int_equal(tk_inspect(t).snd_wnd, 700);
}

/* An old segment with a new ACK (our bytes crossed a retransmission of the peer's): the right edge
 * stays where the peer put it. */
TCP_TEST(an_old_segment_does_not_move_the_edge)
{
	tk_establish(t);
	tk_write(t, 0, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 1, 1000);
	t->window = 3000;
	TK_SEND(t, .seq = 11, .ack = 1, .flags = TCP_ACK); /* from behind a hole */
	assert_int_equal(tk_inspect(t).snd_wnd, 3000);
	TK_SEND(t, .seq = 1, .ack = 1001, .flags = TCP_ACK, .data = "abcdefghij", .len = 10);
	assert_int_equal(tk_inspect(t).snd_una + tk_inspect(t).snd_wnd - TK_ISS, 3001);
	kit_sent_clear(&t->k);
}

/* HOSTILE-INPUTS: a shrinking window. */
TCP_TEST(a_window_that_shrinks)
{
	t->sack = false; /* or a probe would come first */
	tk_establish(t);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	t->window = 100;
	tk_peer_ack(t, 1 + TK_FULL);
	tk_write(t, 10 * TK_FULL, 100);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 300 * NS_PER_MS); /* what is out may be sent again: MUST-34 */
	TK_EXPECT(t, TCP_ACK, 1 + TK_FULL, 1, TK_FULL);
	t->window = 65535;
	tk_peer_ack(t, 1 + 10 * TK_FULL);
	TK_EXPECT(t, TCP_ACK, 1 + 10 * TK_FULL, 1, 100);
}

/* HOSTILE-INPUTS: ACK above SND.NXT; and far below SND.UNA (RFC 5961 5.2). */
TCP_TEST(acks_that_cannot_be)
{
	tk_establish(t);
	tk_write(t, 0, 10);
	TK_EXPECT(t, TCP_ACK, 1, 1, 10);
	TK_SEND(t, .seq = 1, .ack = 12, .flags = TCP_ACK, .data = "evil", .len = 4);
	TK_EXPECT(t, TCP_ACK, 11, 1, 0);
	TK_SEND(t, .seq = 1, .ack = -70000u, .flags = TCP_ACK, .data = "evil", .len = 4);
	TK_EXPECT(t, TCP_ACK, 11, 1, 0);
	assert_int_equal(tk_inspect(t).rcv_unread, 0);
	assert_int_equal(tk_inspect(t).snd_una - TK_ISS, 1);
	assert_int_equal(kit_counter(&t->k, "tcp_challenge_acks"), 2);
	TK_SEND(t, .seq = 1, .ack = -5u, .flags = TCP_ACK, .data = "good", .len = 4); /* just old */
	assert_int_equal(tk_inspect(t).rcv_unread, 4);
	TK_SEND(t, .seq = 5, .flags = 0, .data = "none", .len = 4); /* no ACK bit: dropped */
	assert_int_equal(tk_inspect(t).rcv_unread, 4);
	kit_sent_clear(&t->k);
}

/* --- memory ---------------------------------------------------------------------------------- */

/* A connection at rest costs a kibibyte at most. */
TEST(an_idle_connection_is_small)
{
	size_t with_buffer;
	struct tk t;

	assert_true(tcp_control_size() <= 1024 - 120); /* and a socket beside it */
	tk_open(&t);
	tk_establish(&t);
	tk_write(&t, 0, 100);
	kit_sent_clear(&t.k);
	with_buffer = t.k.kp.live_bytes;
	tk_peer_ack(&t, 101);
	tk_advance(&t, TCP_BUFFER_KEEP_NS);
	assert_true(with_buffer - t.k.kp.live_bytes >= 256 * 1024);
	assert_null(tk_inspect(&t).snd_buf);
	tk_write(&t, 100, 100); /* it comes back when it is needed */
	TK_EXPECT(&t, TCP_ACK, 101, 1, 100);
	tk_peer_ack(&t, 201);
	tk_close(&t);
}

/* With nothing to do it asks for no time: the machine may sleep for ever. */
TCP_TEST(an_idle_connection_has_no_timer)
{
	tk_establish(t);
	tk_write(t, 0, 100);
	TK_SEND(t, .seq = 1, .ack = 101, .flags = TCP_ACK, .data = "x", .len = 1);
	tk_advance(t, 2 * TCP_BUFFER_KEEP_NS);
	assert_false(tk_inspect(t).timer_is_set);
	kit_sent_clear(&t->k);
}

TCP_TEST(no_memory_for_the_buffer_later)
{
	tk_establish(t);
	tk_write(t, 0, 10);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 11);
	tk_advance(t, TCP_BUFFER_KEEP_NS);
	t->k.kp.fail_after = 0;
	assert_int_equal(sock_send(t->k.stack, t->fd, "x", 1, t->k.now_ns), ERR_NOBUFS);
	t->k.kp.fail_after = UINT_MAX;
	tk_write(t, 10, 1);
	TK_EXPECT(t, TCP_ACK, 11, 1, 1);
}
