/*
 * SPDX-License-Identifier: MIT
 *
 * TCP and the path's MTU: RFC 1191 with the checks of RFC 5927.
 * (HOSTILE: ICMP, fragmentation needed.)
 */
#include "net/tcp/loss/scoreboard.h"
#include "tests/runner/unit.h"
#include "tests/unit/pmtu_kit.h"

#define CUT_MTU 1400u
#define CUT (CUT_MTU - 40u - 12u) /* text of a full segment then */

static void expect_df(struct tk *t, bool set)
{
	struct kit_sent *s = expect_segment(t);

	assert_int_equal(s->ip.fragment, set ? IPV4_DF : 0);
	kit_sent_free(s);
}

/* The stream goes on from byte `from` to `to` in segments of `size`. */
static void expect_cut(struct tk *t, uint32_t from, uint32_t to, uint32_t size)
{
	while (from < to) {
		uint32_t len = MIN(size, to - from);

		TK_EXPECT(t, TCP_ACK, 1 + from, 1, len);
		from += len;
	}
}

/* The same again, of `n` full segments that began at `from`: each is cut for itself. */
static void expect_recut(struct tk *t, uint32_t from, unsigned n, uint32_t size)
{
	for (unsigned i = 0; i < n; i++, from += TK_FULL)
		expect_cut(t, from, from + TK_FULL, size);
}

/* --- RFC 1191 -------------------------------------------------------------------------------------- */

TCP_TEST(every_segment_has_df)
{
	tk_connect(t);
	expect_df(t, true);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	expect_df(t, true);
	tk_write(t, 0, 100);
	expect_df(t, true);
	tk_advance(t, NS_PER_S); /* and sent again */
	expect_df(t, true);
	kit_sent_clear(&t->k);
	TK_SEND(t, .seq = 1, .ack = 101, .flags = TCP_ACK);
	assert_int_equal(sock_abort(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	expect_df(t, true);
}

/* More than the window allows by now: each ACK lets some of it go, though nothing else waits. */
TCP_TEST(what_must_wait_is_not_forgotten)
{
	tk_establish(t);
	tk_write(t, 0, 10 * TK_FULL);
	kit_sent_clear(&t->k);
	tk_turn(t, TCP_KNOB_CWND, 3 * TK_FULL); /* as after a mark (RFC 3168) */
	too_big(t, 1, CUT_MTU);
	assert_in_range(t->k.n_sent, 1, 6);
	kit_sent_clear(&t->k);
	for (unsigned i = 1; i < 10; i++)
		tk_peer_ack(t, TK_SEG(i));
	assert_null(scoreboard_first_lost(tk_inspect(t).sent));
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
	assert_true(t->k.n_sent > 6);
	kit_sent_clear(&t->k);
}

/* What is out goes again at once, shorter; and that is no congestion. */
TCP_TEST(a_router_reports_how_long)
{
	uint32_t cwnd;

	tk_establish(t);
	cwnd = tk_inspect(t).cwnd;
	tk_write(t, 0, 3 * TK_FULL);
	tk_expect_segments(t, 0, 3);
	too_big(t, 1, CUT_MTU);
	expect_recut(t, 0, 3, CUT);
	TK_EXPECT_NOTHING(t);
	assert_true(tk_inspect(t).cwnd >= cwnd);
	assert_int_equal(tk_inspect(t).ssthresh, UINT32_MAX);
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 0);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_lowered"), 1);
	tk_expect_field(t, EVENT_TCP_PMTU, "mss", "1360");
	/* The other two were dropped as well; what they say is known. */
	too_big(t, 1 + TK_FULL, CUT_MTU);
	too_big(t, 1 + 2 * TK_FULL, CUT_MTU);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_lowered"), 1);
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	/* And from now on. */
	tk_write(t, 3 * TK_FULL, 2 * CUT);
	expect_cut(t, 3 * TK_FULL, 3 * TK_FULL + 2 * CUT, CUT);
	tk_peer_ack(t, 1 + 3 * TK_FULL + 2 * CUT);
}

/* Two narrow links, one behind the other. */
TCP_TEST(down_and_down_again)
{
	tk_establish(t);
	tk_write(t, 0, 2 * TK_FULL);
	tk_expect_segments(t, 0, 2);
	too_big(t, 1, CUT_MTU);
	expect_recut(t, 0, 2, CUT);
	too_big_at(t, 1, CUT_MTU, 1006, TK_PORT, IPV4_DF);
	/* What is short enough is taken to be on its way. */
	expect_cut(t, 0, CUT, 1006 - 52);
	expect_cut(t, TK_FULL, TK_FULL + CUT, 1006 - 52);
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 1 + 2 * TK_FULL);
}

/* From a router older than RFC 1191, or a liar: as if it had kept silent. */
TCP_TEST(a_router_that_does_not_report_how_long)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	too_big(t, 1, 0);
	too_big(t, 1, 67);
	too_big_at(t, 1, 1520, 0, TK_PORT, IPV4_DF);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_ignored"), 3);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_lowered"), 0);
	for (unsigned i = 0; i < 400 && tk_inspect(t).snd_mss == 1460; i++)
		tk_advance(t, 10 * NS_PER_MS);
	assert_int_equal(kit_counter(&t->k, "tcp_black_holes"), 1);
	assert_int_equal(tk_inspect(t).snd_mss, 1024);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + TK_FULL);
}

/* Below the floor DF is cleared instead. */
TCP_TEST(a_very_narrow_path)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	too_big(t, 1, 296);
	for (unsigned i = 0; i < 3; i++) {
		struct kit_sent *s = expect_segment(t);

		assert_int_equal(s->ip.fragment, 0);
		assert_int_not_equal(s->ip.id, 0);
		assert_true(s->ip.total_len <= IPV4_PMTU_FLOOR);
		kit_sent_free(s);
	}
	too_big_at(t, 1, 552, 68, TK_PORT, IPV4_DF); /* about what we do not send any more */
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 1 + TK_FULL);
}

TCP_TEST(the_next_connection_knows)
{
	tk_establish(t);
	kit_path_lower(t->k.stack, KIT_FAR_IP, IP_PROTO_TCP, 600, t->k.now_ns);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	sock_abort(t->k.stack, t->fd, t->k.now_ns);
	sock_close(t->k.stack, t->fd, t->k.now_ns);
	kit_sent_clear(&t->k);
	kit_path_lower(t->k.stack, KIT_PEER_IP, IP_PROTO_TCP, CUT_MTU, t->k.now_ns);
	tk_connect(t);
	kit_sent_clear(&t->k);
	t->iss = tk_inspect(t).iss;
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	assert_int_equal(tk_inspect(t).snd_mss, CUT_MTU - 40);
	assert_int_equal(tk_inspect(t).rcv_mss, 1460); /* what comes in is another matter */
	kit_sent_clear(&t->k);
}

/* RFC 1191 6.3 */
TCP_TEST(after_ten_minutes_a_longer_one_is_tried)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	too_big(t, 1, CUT_MTU);
	expect_cut(t, 0, TK_FULL, CUT);
	tk_peer_ack(t, 1 + TK_FULL);
	tk_advance(t, IP_PMTU_NS);
	tk_write(t, TK_FULL, CUT);
	expect_cut(t, TK_FULL, TK_FULL + CUT, CUT);
	tk_peer_ack(t, 1 + TK_FULL + CUT);
	tk_write(t, TK_FULL + CUT, TK_FULL);
	tk_expect_segments(t, TK_FULL + CUT, 1);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	tk_peer_ack(t, 1 + 2 * TK_FULL + CUT);
}

/* --- RFC 5927 -------------------------------------------------------------------------------------- */

TCP_TEST(forged_reports_change_nothing)
{
	tk_establish(t);
	tk_write(t, 0, 2 * TK_FULL);
	tk_expect_segments(t, 0, 2);
	tk_peer_ack(t, 1 + TK_FULL);
	tk_turn(t, TCP_KNOB_MSS_PROVEN, 0); /* so that only what is tested here protects */
	too_big(t, TK_FULL, CUT_MTU);                                 /* acknowledged */
	too_big(t, 1 + 2 * TK_FULL, CUT_MTU);                         /* never sent */
	too_big(t, 0x40000000, CUT_MTU);
	too_big_at(t, 1 + TK_FULL, 1500, CUT_MTU, TK_PORT + 1, IPV4_DF);
	too_big_at(t, 1 + TK_FULL, 1500, CUT_MTU, TK_PORT, 0);        /* DF clear */
	too_big_at(t, 1 + TK_FULL, CUT_MTU, CUT_MTU, TK_PORT, IPV4_DF); /* it would have fitted */
	too_big(t, 1 + TK_FULL, 67);
	too_big(t, 1 + TK_FULL, 1500);
	too_big(t, 1 + TK_FULL, 9000);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_ignored"), 9);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	assert_int_equal(tk_inspect(t).soft_error, 0);
	too_big(t, 1 + TK_FULL, 1499); /* the right one */
	assert_int_equal(tk_inspect(t).snd_mss, 1459);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + 2 * TK_FULL);
}

TCP_TEST(a_syn_is_never_too_long)
{
	tk_connect(t);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	too_big_at(t, 0, 60, 0, TK_PORT, IPV4_DF);
	too_big_at(t, 0, 60, 1400, TK_PORT, IPV4_DF);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_ignored"), 2);
	TK_EXPECT_NOTHING(t);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
}

/* 7.2: longer ones have arrived, so it waits; what it quotes arrives, so it was a lie. */
TCP_TEST(progress_refutes_a_report)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	tk_peer_ack(t, 1 + TK_FULL);
	tk_write(t, TK_FULL, 3 * TK_FULL);
	tk_expect_segments(t, TK_FULL, 3);
	too_big(t, 1 + 2 * TK_FULL, CUT_MTU);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	tk_peer_ack(t, 1 + 2 * TK_FULL); /* the one before it: that says nothing */
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_ignored"), 0);
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_ignored"), 1);
	/* A time-out now has another cause. */
	tk_advance(t, 200 * NS_PER_MS);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + 4 * TK_FULL);
}

/* Only a full segment that has arrived whole proves anything. */
TCP_TEST(half_a_segment_proves_nothing)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	tk_peer_ack(t, TK_FULL);
	too_big(t, TK_FULL, CUT_MTU);
	assert_int_equal(tk_inspect(t).snd_mss, CUT_MTU - 40);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + TK_FULL);
}

/* No progress: the path has changed. */
TCP_TEST(a_time_out_confirms_a_report)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	tk_peer_ack(t, 1 + TK_FULL);
	tk_write(t, TK_FULL, TK_FULL);
	tk_expect_segments(t, TK_FULL, 1);
	too_big(t, 1 + TK_FULL, CUT_MTU);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, NS_PER_S);
	assert_int_equal(tk_inspect(t).snd_mss, CUT_MTU - 40);
	assert_int_equal(kit_counter(&t->k, "ip_pmtu_lowered"), 1);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + 2 * TK_FULL);
}

/* Whoever sees the traffic and lies: each step down is one packet of his, but never to dust, and it
 * costs no more than the segments again. */
TCP_TEST(a_flood_of_reports_is_bounded)
{
	unsigned before;

	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	before = t->k.sent_ever;
	for (uint32_t mtu = 1499; mtu >= 68; mtu--)
		too_big(t, 1, mtu);
	for (unsigned i = 0; i < 1000; i++)
		too_big(t, 1, 68);
	assert_true(tk_inspect(t).snd_mss >= IPV4_PMTU_FLOOR - 40);
	assert_true(t->k.sent_ever - before <= 3 * (1500 - IPV4_PMTU_FLOOR + 2));
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + TK_FULL);
}
