/*
 * SPDX-License-Identifier: MIT
 *
 * Black holes (RFC 2923 2.1): full segments vanish and no router says why; and one that says so
 * later.
 */
#include "tests/runner/unit.h"
#include "tests/unit/pmtu_kit.h"

static void advance_to_timeout(struct tk *t)
{
	uint8_t attempts = tk_inspect(t).attempts;

	while (tk_inspect(t).attempts == attempts)
		tk_advance(t, 10 * NS_PER_MS);
}

/* The segment at SND.UNA, behind whatever probes went before it. */
static void expect_first_again(struct tk *t, size_t len)
{
	struct kit_sent *s = expect_segment(t);

	while (s->tcp.seq != t->iss + 1) {
		kit_sent_free(s);
		s = expect_segment(t);
	}
	assert_int_equal(s->payload_len, len);
	kit_sent_free(s);
}

TCP_TEST(full_segments_that_vanish)
{
	static const uint16_t mss[] = {1460, 1460, 1460, 1024, 1024, 536, 536, 536, 536};

	tk_establish(t);
	tk_write(t, 0, 3 * TK_FULL);
	for (unsigned i = 0; i < ARRAY_LEN(mss); i++) {
		kit_sent_clear(&t->k);
		advance_to_timeout(t);
		assert_int_equal(tk_inspect(t).snd_mss, mss[i]);
		expect_first_again(t, mss[i] - 12u);
		assert_int_equal(tk_inspect(t).may_fragment, i >= 7);
	}
	kit_sent_clear(&t->k);
	assert_int_equal(kit_counter(&t->k, "tcp_black_holes"), 3);
	/* Others are not told. */
	assert_int_equal(kit_path_find(t->k.stack, KIT_PEER_IP, IP_PROTO_TCP, 1500, t->k.now_ns).mtu,
			 1500);
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	kit_sent_clear(&t->k);
	/* RFC 1191 6.3: later the long ones are tried again, with DF. */
	tk_advance(t, IP_PMTU_NS);
	tk_write(t, 3 * TK_FULL, 100);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + 3 * TK_FULL + 100);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	assert_false(tk_inspect(t).may_fragment);
}

/* Short ones that vanish do not vanish for their length. */
TCP_TEST(short_segments_that_vanish)
{
	tk_establish(t);
	tk_write(t, 0, TK_FULL - 1);
	for (unsigned i = 0; i < 5; i++)
		advance_to_timeout(t);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	assert_int_equal(kit_counter(&t->k, "tcp_black_holes"), 0);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, TK_FULL);
}

/* A peer that has closed its window drops what it has no room for, however short it is. */
TCP_TEST(full_segments_that_meet_a_closed_window)
{
	tk_establish(t);
	tk_write(t, 0, 3 * TK_FULL);
	tk_expect_segments(t, 0, 3);
	t->window = 0;
	for (unsigned i = 0; i < 8; i++) {
		tk_peer_ack(t, 1);
		advance_to_timeout(t);
	}
	kit_sent_clear(&t->k);
	assert_int_equal(kit_counter(&t->k, "tcp_black_holes"), 0);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	t->window = 65535;
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	kit_sent_clear(&t->k);
}

/* Time-outs with progress between them do not add up. */
TCP_TEST(single_time_outs)
{
	tk_establish(t);
	for (uint32_t i = 0; i < 6; i++) {
		tk_turn(t, TCP_KNOB_MSS_PROVEN, 0);
		tk_write(t, i * TK_FULL, TK_FULL);
		advance_to_timeout(t);
		kit_sent_clear(&t->k);
		tk_peer_ack(t, 1 + (i + 1) * TK_FULL);
	}
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
}

/* Where full ones have arrived before, the path is rather down for a while. */
TCP_TEST(a_proven_path_gets_a_longer_timeout)
{
	static const uint16_t mss[] = {1460, 1460, 1460, 1024};

	tk_establish(t);
	tk_write(t, 0, TK_FULL);
	tk_expect_segments(t, 0, 1);
	tk_peer_ack(t, 1 + TK_FULL);
	tk_write(t, TK_FULL, TK_FULL);
	for (unsigned i = 0; i < ARRAY_LEN(mss); i++) {
		advance_to_timeout(t);
		assert_int_equal(tk_inspect(t).snd_mss, mss[i]);
	}
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + 2 * TK_FULL);
}

/* Three time-outs are over in 1.4 s where the round trip is short; a link that was down for so long
 * loses no size. */
TCP_TEST(not_before_a_second_and_a_half)
{
	tk_establish(t);
	tk_write(t, 0, 3 * TK_FULL);
	tk_advance(t, 1490 * NS_PER_MS);
	assert_int_equal(tk_inspect(t).attempts, 3);
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 1 + 3 * TK_FULL);
	tk_write(t, 3 * TK_FULL, 3 * TK_FULL);
	tk_advance(t, 1490 * NS_PER_MS); /* that was progress: the silence begins anew */
	assert_int_equal(tk_inspect(t).snd_mss, 1460);
	assert_int_equal(kit_counter(&t->k, "tcp_black_holes"), 0);
	kit_sent_clear(&t->k);
}

/* Three full segments have vanished until MSS is no more than `mss`. */
static void guess(struct tk *t, uint16_t mss)
{
	tk_open(t);
	tk_establish(t);
	tk_write(t, 0, 3 * TK_FULL);
	while (tk_inspect(t).snd_mss > mss)
		advance_to_timeout(t);
	kit_sent_clear(&t->k);
}

/* RFC 1191: what a router says counts for more than what was guessed. */
TEST(a_late_report_replaces_the_guess)
{
	struct tk t;

	guess(&t, 1024);
	too_big(&t, 1, 1400);
	assert_int_equal(tk_inspect(&t).snd_mss, 1360);
	assert_false(tk_inspect(&t).may_fragment);
	assert_int_equal(kit_path_find(t.k.stack, KIT_PEER_IP, IP_PROTO_TCP, 1500, t.k.now_ns).mtu,
			 1400);
	too_big(&t, 1, 1450); /* now it is no guess any more */
	assert_int_equal(tk_inspect(&t).snd_mss, 1360);
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, 1 + 3 * TK_FULL);
	tk_write(&t, 3 * TK_FULL, 1348);
	TK_EXPECT(&t, TCP_ACK, 1 + 3 * TK_FULL, 1, 1348);
	tk_close(&t);
}

/* Where DF was cleared at last, it is set again; and a smaller one counts as ever. */
TEST(a_report_after_the_last_step)
{
	struct kit_sent *s;
	struct tk t;

	guess(&t, 536);
	while (!tk_inspect(&t).may_fragment)
		advance_to_timeout(&t);
	kit_sent_clear(&t.k);
	too_big(&t, 1, 1400);
	assert_int_equal(tk_inspect(&t).snd_mss, 1360);
	tk_peer_ack(&t, 1 + 3 * TK_FULL);
	kit_sent_clear(&t.k);
	tk_write(&t, 3 * TK_FULL, 100);
	s = expect_segment(&t);
	assert_int_equal(s->ip.fragment, IPV4_DF);
	kit_sent_free(s);
	tk_close(&t);
	guess(&t, 1024);
	too_big(&t, 1, 1000);
	assert_int_equal(tk_inspect(&t).snd_mss, 960);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 5927 4.1: about what is not on its way, no longer than it says, longer than the link. */
TEST(reports_that_do_not_replace_it)
{
	struct tk t;

	guess(&t, 1024);
	too_big(&t, 1 + 3 * TK_FULL, 1400);
	too_big(&t, 0, 1400);
	too_big_at(&t, 1, 1300, 1400, TK_PORT, IPV4_DF);
	too_big_at(&t, 1, 9000, 1600, TK_PORT, IPV4_DF);
	too_big(&t, 1, 1500);
	too_big(&t, 1, 0);
	assert_int_equal(tk_inspect(&t).snd_mss, 1024);
	assert_int_equal(kit_counter(&t.k, "ip_pmtu_lowered"), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
