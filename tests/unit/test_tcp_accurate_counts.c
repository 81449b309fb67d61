/* SPDX-License-Identifier: MIT */
/* Accurate ECN (RFC 9768): what is counted, both ways, and what middleboxes make of it. */
#include "tests/unit/accurate_kit.h"

/* --- 3.2.2: what comes ------------------------------------------------------------------------ */

/* 3.2.2.5.1: a mark behind none at once, then every second one; the rest as ever. */
TEST(marks_are_counted)
{
	struct tk t;

	establish(&t);
	tk_turn(&t, TCP_KNOB_QUICK_ACKS, 0);
	data(&t, 1, 10, IP_ECN_ECT0);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, TCP_DELAYED_ACK_NS);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_NOT_ECT);
	data(&t, 11, 10, IP_ECN_CE); /* the first segment since then, and the first mark */
	expect(&t, TCP_ACK | ACE(6), IP_ECN_NOT_ECT);
	data(&t, 21, 10, IP_ECN_CE); /* no change */
	TK_EXPECT_NOTHING(&t);
	data(&t, 31, 10, IP_ECN_CE);
	expect(&t, TCP_ACK | ACE(8 & 7), IP_ECN_NOT_ECT);
	data(&t, 41, 10, IP_ECN_ECT0);
	tk_advance(&t, TCP_DELAYED_ACK_NS);
	expect(&t, TCP_ACK | ACE(8 & 7), IP_ECN_NOT_ECT);
	data(&t, 51, 10, IP_ECN_CE);
	expect(&t, TCP_ACK | ACE(9 & 7), IP_ECN_NOT_ECT);
	tk_write(&t, 0, 10); /* what we send says it too, and never CWR */
	expect(&t, TCP_ACK | ACE(9 & 7), IP_ECN_ECT0);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_marks"), 4);
	tk_close(&t);
}

/* Those on empty segments count; the third brings an ACK. */
TEST(marks_on_acks)
{
	struct tk t;

	establish(&t);
	for (unsigned i = 0; i < 2; i++)
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK | ACE(5), .tos = IP_ECN_CE);
	TK_EXPECT_NOTHING(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK | ACE(5), .tos = IP_ECN_CE);
	expect(&t, TCP_ACK | ACE(8 & 7), IP_ECN_NOT_ECT);
	data(&t, 2000000, 10, IP_ECN_CE); /* not acceptable */
	expect(&t, TCP_ACK | ACE(8 & 7), IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* --- 3.2.3: the option that goes -------------------------------------------------------------- */

TEST(bytes_are_counted)
{
	struct seen seen;
	struct tk t;

	establish(&t);
	data(&t, 1, 10, IP_ECN_NOT_ECT);
	seen = take(&t);
	expect_option(&seen, 0, 0, 0, 0, 0);
	data(&t, 11, 100, IP_ECN_ECT0);
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN0, 1, 101, 0, 0);
	data(&t, 111, 20, IP_ECN_CE);
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN0, 2, 101, 20, 0);
	tk_write(&t, 0, 10); /* nothing new but the first text: the path is tried */
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN0, 2, 101, 20, 0);
	TK_SEND(&t, .seq = 131, .ack = 11, .flags = TCP_ACK | ACE(5));
	tk_write(&t, 10, 10);
	seen = take(&t);
	expect_option(&seen, 0, 0, 0, 0, 0);
	TK_SEND(&t, .seq = 131, .ack = 21, .flags = TCP_ACK | ACE(5));
	data(&t, 131, 3, IP_ECN_ECT1);
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN0, 3, 101, 20, 4);
	tk_close(&t);
}

/* Order 1 where that is shorter; 24 bits. */
TEST(the_other_order)
{
	struct seen seen;
	struct tk t;

	establish(&t);
	data(&t, 1, 10, IP_ECN_ECT1);
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN1, 1, 11, 0, 0);
	tk_turn(&t, TCP_KNOB_R_E1B, tk_inspect(&t).accurate->r_e1b + 0xfffff5);
	data(&t, 11, 5, IP_ECN_CE);
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN1, 2, 0, 5, 0);
	tk_close(&t);
}

/* Where there is little room: two SACK blocks come first, a full segment has none. */
TEST(where_room_is_short)
{
	struct seen seen;
	struct tk t;

	establish(&t);
	data(&t, 1, 10, IP_ECN_ECT0);
	kit_sent_clear(&t.k);
	for (unsigned i = 0; i < 3; i++) {
		data(&t, 21 + 20 * i, 10, IP_ECN_ECT0);
		seen = take(&t);
		assert_int_equal(seen.opt.n_sack, MIN(i + 1, 2u)); /* of three the last is left out */
		expect_option(&seen, TCP_OPT_ACCECN0, 1, 21 + 10 * i, 0, 0);
	}
	data(&t, 81, 10, IP_ECN_ECT1); /* three fields do not fit beside two blocks */
	seen = take(&t);
	assert_int_equal(seen.opt.n_sack, 3);
	expect_option(&seen, 0, 0, 0, 0, 0);
	tk_write(&t, 0, TK_FULL);
	seen = take(&t);
	assert_int_equal(seen.len, TK_FULL);
	expect_option(&seen, 0, 0, 0, 0, 0);
	tk_close(&t);
}

/* 3.2.3.2.2: the first text was lost with its option: it goes again without, and so does all else. */
TEST(options_do_not_get_through)
{
	struct seen seen;
	struct tk t;

	establish(&t);
	tk_write(&t, 0, 10);
	seen = take(&t);
	expect_option(&seen, TCP_OPT_ACCECN0, 1, 1, 0, 0);
	tk_advance(&t, 250 * NS_PER_MS);
	seen = take(&t);
	assert_int_equal(seen.seq, 1);
	expect_option(&seen, 0, 0, 0, 0, 0);
	kit_sent_clear(&t.k);
	data(&t, 1, 10, IP_ECN_ECT0);
	seen = take(&t);
	expect_option(&seen, 0, 0, 0, 0, 0);
	tk_close(&t);
}

/* --- 3.2.2.5.2: what the peer says ------------------------------------------------------------ */

/* RFC 3168's answer, once a round trip; by the counter, not by a flag. */
TEST(a_mark_halves_the_window_once)
{
	struct tk t;

	establish(&t);
	tk_write(&t, 0, 40 * TK_FULL);
	for (unsigned i = 0; i < 10; i++)
		expect(&t, TCP_ACK | ACE(5), IP_ECN_ECT0);
	ack(&t, TK_SEG(1), 5); /* ECE is set in it, and says nothing */
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 0);
	kit_sent_clear(&t.k);
	ack(&t, TK_SEG(3), 6);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 1);
	assert_in_range(tk_inspect(&t).cwnd, 5 * TK_FULL, 6 * TK_FULL);
	ack(&t, TK_SEG(5), 8); /* the same window of data */
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 1);
	assert_int_equal(tk_inspect(&t).delivered_ce, 3);
	assert_int_equal(tk_inspect(&t).accurate->s_cep, 8);
	kit_sent_clear(&t.k);
	ack(&t, TK_SEG(10), 8);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_ECT0); /* no CWR: the bits are the counter's */
	kit_sent_clear(&t.k);
	ack(&t, TK_SEG(13), 9); /* of what was sent after it */
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 2);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* An ACK that says nothing new, or may be an old one, changes no count. */
TEST(an_ack_that_was_overtaken)
{
	struct tk t;

	establish(&t);
	tk_write(&t, 0, 5 * TK_FULL);
	kit_sent_clear(&t.k);
	ack(&t, TK_SEG(2), 6);
	TK_SEND(&t, .seq = 1, .ack = TK_SEG(1), .flags = TCP_ACK | ACE(5));
	TK_SEND(&t, .seq = 1, .ack = TK_SEG(2), .flags = TCP_ACK | ACE(5));
	assert_int_equal(tk_inspect(&t).accurate->s_cep, 6);
	ack(&t, TK_SEG(3), 6);
	assert_int_equal(tk_inspect(&t).accurate->s_cep, 6);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* One that is older than SND.UNA, with a block that did not come otherwise: the block counts, its ACE is
 * of the past. */
TEST(an_old_ack_with_a_new_block)
{
	uint8_t sack[12] = {TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_SACK, 10};
	struct tk t;

	for (unsigned later = 0; later < 2; later++) {
		establish(&t);
		tk_write(&t, 0, 10 * TK_FULL);
		ack(&t, TK_SEG(2), 6);
		store_be32(sack + 4, t.iss + TK_SEG(4));
		store_be32(sack + 8, t.iss + TK_SEG(5));
		t.tsval -= later == 0; /* of an ACK for the same bytes the timestamp alone says it */
		TK_SEND(&t, .seq = 1, .ack = TK_SEG(later == 0 ? 2 : 1), .flags = TCP_ACK | ACE(5),
			.options = sack, .options_len = sizeof(sack));
		t.tsval += later == 0;
		assert_int_equal(tk_inspect(&t).sent->n_sacked, 1);
		assert_int_equal(tk_inspect(&t).accurate->s_cep, 6);
		ack(&t, TK_SEG(10), 6);
		assert_int_equal(tk_inspect(&t).delivered_ce, 1);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

static void ack_with_option(struct tk *t, uint32_t ack, uint8_t ace, uint32_t e0b, uint32_t ceb)
{
	uint8_t option[8] = {TCP_OPT_ACCECN0, 8};

	option[2] = (uint8_t)(e0b >> 16);
	store_be16(option + 3, (uint16_t)e0b);
	option[5] = (uint8_t)(ceb >> 16);
	store_be16(option + 6, (uint16_t)ceb);
	t->tsval++;
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK | ACE(ace & 7), .options = option,
		.options_len = sizeof(option));
}

/* Ten segments at once: the counter may have gone round, unless an option says how far. */
TEST(the_counter_goes_round)
{
	static const struct {
		int ceb; /* < 0: no option */
		uint8_t ace;
		uint32_t marked;
	} cases[] = {
		{-1, 5, 8}, {-1, 6, 9}, {-1, 7, 10}, {-1, 8, 3}, {-1, 12, 7},
		{0, 5, 0}, {TK_FULL, 6, 1}, {9 * TK_FULL, 6, 9}, {3 * TK_FULL, 8, 3},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tk t;

		establish(&t);
		tk_write(&t, 0, 10 * TK_FULL);
		kit_sent_clear(&t.k);
		if (cases[i].ceb < 0)
			ack(&t, TK_SEG(10), cases[i].ace);
		else
			ack_with_option(&t, TK_SEG(10), cases[i].ace,
					1 + 10 * TK_FULL - (uint32_t)cases[i].ceb,
					(uint32_t)cases[i].ceb);
		assert_int_equal(tk_inspect(&t).accurate->s_cep - 5, cases[i].marked);
		assert_int_equal(tk_inspect(&t).delivered_ce, cases[i].marked);
		assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), cases[i].marked > 0);
		tk_close(&t);
	}
}

/* 3.2.3.3: there is a field for every counter that ever moved, so one for ECT(0) alone says that
 * nothing was marked; where there were marks before, it was cut for want of room. */
TEST(an_option_of_one_field)
{
	for (unsigned marked_before = 0; marked_before < 2; marked_before++) {
		uint8_t option[5] = {TCP_OPT_ACCECN0, 5, 0, 0x50, 0};
		struct tk t;

		establish(&t);
		tk_write(&t, 0, 10 * TK_FULL);
		kit_sent_clear(&t.k);
		tk_turn(&t, TCP_KNOB_S_CEB, marked_before);
		t.tsval++;
		TK_SEND(&t, .seq = 1, .ack = TK_SEG(10), .flags = TCP_ACK | ACE(5), .options = option,
			.options_len = sizeof(option));
		assert_int_equal(tk_inspect(&t).accurate->s_cep - 5, marked_before ? 8 : 0);
		tk_close(&t);
	}
}

/* --- mangled ---------------------------------------------------------------------------------- */

/* Whether what is sent next is ECN-capable. */
static void expect_field(struct tk *t, uint32_t at, unsigned field)
{
	kit_sent_clear(&t->k);
	tk_write(t, at, 10);
	assert_int_equal(take(t).field, field);
}

/* 3.2.2.4: the first counter behind the handshake is 0. */
TEST(a_counter_that_begins_with_0)
{
	struct tk t;

	begin(&t);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | TCP_CWR, .ack = 1);
	kit_sent_clear(&t.k);
	tk_write(&t, 0, 10);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 1, .ack = 11, .flags = TCP_ACK);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 0);
	expect_field(&t, 10, IP_ECN_NOT_ECT);
	ack(&t, 21, 3); /* nor does it count */
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 0);
	data(&t, 1, 10, IP_ECN_CE); /* ours goes on */
	expect(&t, TCP_ACK | ACE(6), IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* ... and later it may be. */
TEST(a_counter_that_comes_to_0)
{
	struct tk t;

	establish(&t);
	tk_write(&t, 0, 10);
	kit_sent_clear(&t.k);
	ack(&t, 11, 8);
	assert_int_equal(tk_inspect(&t).accurate->s_cep, 8);
	expect_field(&t, 10, IP_ECN_ECT0);
	tk_close(&t);
}

/* 3.2.3.2.4: an option whose first values are 0 is not looked at, nor any after it. */
TEST(an_option_that_is_zeroed)
{
	struct tk t;

	establish(&t);
	tk_write(&t, 0, 10 * TK_FULL);
	kit_sent_clear(&t.k);
	ack_with_option(&t, TK_SEG(1), 5, 0, 0);
	ack_with_option(&t, TK_SEG(10), 5, 1 + 9 * TK_FULL, 0);
	assert_int_equal(tk_inspect(&t).accurate->s_cep - 5, 8); /* the safe count */
	tk_close(&t);
}

/* 3.2.3.2.5: bytes were marked, and no packet. */
TEST(counters_that_disagree)
{
	struct tk t;

	establish(&t);
	expect_field(&t, 0, IP_ECN_ECT0);
	ack_with_option(&t, 11, 5, 1, 10);
	expect_field(&t, 10, IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* 3.2.3: of any length; what is left over is padding.  On a SYN it is nothing. */
TEST(options_of_any_length)
{
	for (uint8_t len = 2; len <= 14; len++) {
		uint8_t p[16] = {TCP_OPT_ACCECN1, len, 0, 0, 7, 1, 2, 3, 0xff, 0xff, 0xff};
		struct tcp_options opt;

		tcp_options_parse(&opt, p, len, false);
		assert_false(opt.malformed);
		assert_int_equal(opt.accecn.kind, TCP_OPT_ACCECN1);
		assert_int_equal(opt.accecn.n, MIN((len - 2) / 3, 3));
		if (opt.accecn.n > 0)
			assert_int_equal(opt.accecn.field[0], 7);
		if (opt.accecn.n > 2)
			assert_int_equal(opt.accecn.field[2], 0xffffff);
	}
}
