/*
 * SPDX-License-Identifier: MIT
 *
 * Accurate ECN, both sides, clause by clause (RFC 9768 3): agreeing and falling back, the counters that
 * come and go, what a mark leads to, what is done about mangled fields.
 */
#include <limits.h>

#include "net/tcp/internal.h"
#include "net/wire/ipv4.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define ECN (TCP_ECE | TCP_CWR)
#define ASKS (TCP_AE | ECN)
#define ACE(n) ((uint16_t)((n) << 6))

static const struct net_options accurate = {.congestion = NET_CONGESTION_NEWRENO,
					    .ecn = NET_ECN_ACCURATE};

/* What the stack sent: flags but PSH, the IP field, the option. */
struct seen {
	uint16_t flags;
	unsigned field;
	size_t len;
	uint32_t seq;
	struct tcp_options opt;
};

static struct seen take(struct tk *t)
{
	struct kit_sent *s = tk_take(t);
	struct seen seen;

	assert_non_null(s);
	seen = (struct seen){.flags = s->tcp.flags & (uint16_t)~TCP_PSH,
			     .field = s->ip.tos & IP_ECN_MASK, .len = s->payload_len,
			     .seq = s->tcp.seq - t->iss};
	tcp_options_parse(&seen.opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN,
			  s->tcp.flags & TCP_SYN);
	assert_false(seen.opt.malformed);
	kit_sent_free(s);
	return seen;
}

static void expect(struct tk *t, uint16_t flags, unsigned field)
{
	struct seen seen = take(t);

	assert_int_equal(seen.flags, flags);
	assert_int_equal(seen.field, field);
}

static void expect_option(const struct seen *seen, uint8_t kind, uint8_t n, uint32_t a, uint32_t b,
			  uint32_t c)
{
	const uint32_t want[] = {a, b, c};

	assert_int_equal(seen->opt.accecn.kind, kind);
	if (kind == 0)
		return;
	assert_int_equal(seen->opt.accecn.n, n);
	for (uint8_t i = 0; i < n; i++)
		assert_int_equal(seen->opt.accecn.field[i], want[i]);
}

static void begin(struct tk *t)
{
	tk_open_with(t, &accurate);
	tk_connect(t);
	expect(t, TCP_SYN | ASKS, IP_ECN_NOT_ECT);
}

/* In AccECN mode, nothing mangled; the peer's first ACE has come. */
static void establish(struct tk *t)
{
	begin(t);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK | TCP_CWR, .ack = 1);
	expect(t, TCP_ACK | ACE(2), IP_ECN_NOT_ECT);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | ACE(5));
	assert_int_equal(tk_inspect(t).ecn, TCP_ECN_ACCURATE);
}

static void data(struct tk *t, uint32_t seq, size_t len, uint8_t tos)
{
	static const uint8_t text[2000];

	TK_SEND(t, .seq = seq, .ack = 1, .flags = TCP_ACK | ACE(5), .data = text, .len = len, .tos = tos);
}

static void ack(struct tk *t, uint32_t ack, uint8_t ace)
{
	t->tsval++;
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK | ACE(ace & 7));
}

/* --- 3.1: agreeing --------------------------------------------------------------------------- */

/* Table 2, and what the ACK says of the SYN-ACK (table 3), and whether what follows is ECN-capable. */
TEST(a_client)
{
	static const struct {
		uint16_t answer;
		uint8_t tos;
		enum tcp_ecn mode;
		uint16_t ack;
		unsigned field;
		uint16_t later;
	} cases[] = {
		{TCP_CWR, IP_ECN_NOT_ECT, TCP_ECN_ACCURATE, ACE(2), IP_ECN_ECT0, ACE(5)},
		{TCP_CWR, IP_ECN_ECT1, TCP_ECN_ACCURATE, ACE(3), IP_ECN_ECT0, ACE(5)},
		{TCP_CWR, IP_ECN_ECT0, TCP_ECN_ACCURATE, ACE(4), IP_ECN_ECT0, ACE(5)},
		{TCP_CWR, IP_ECN_CE, TCP_ECN_ACCURATE, ACE(6), IP_ECN_ECT0, ACE(6)},
		/* 3.1.3: not known yet */
		{TCP_AE | TCP_ECE, 0, TCP_ECN_ACCURATE, ACE(2), IP_ECN_ECT0, ACE(5)},
		/* 3.2.2.3: our SYN was Not-ECT, and did not arrive so */
		{TCP_CWR | TCP_ECE, 0, TCP_ECN_ACCURATE, ACE(2), IP_ECN_NOT_ECT, ACE(5)},
		{TCP_AE, 0, TCP_ECN_ACCURATE, ACE(2), IP_ECN_NOT_ECT, ACE(5)},
		{TCP_AE | TCP_CWR, 0, TCP_ECN_ACCURATE, ACE(2), IP_ECN_NOT_ECT, ACE(5)},
		{TCP_ECE, 0, TCP_ECN_ON, 0, IP_ECN_ECT0, 0},
		{0, 0, TCP_ECN_OFF, 0, IP_ECN_NOT_ECT, 0},
		{ASKS, 0, TCP_ECN_OFF, 0, IP_ECN_NOT_ECT, 0}, /* "Broken" */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct seen seen;
		struct tk t;

		begin(&t);
		TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | cases[i].answer, .ack = 1,
			.tos = cases[i].tos);
		assert_int_equal(tk_inspect(&t).ecn, cases[i].mode);
		assert_int_equal(tk_inspect(&t).accurate != NULL, cases[i].mode == TCP_ECN_ACCURATE);
		seen = take(&t);
		assert_int_equal(seen.flags, TCP_ACK | cases[i].ack);
		/* 3.2.3.2.1: an option here, and in the first text; 3.2.1 */
		expect_option(&seen, seen.flags != TCP_ACK ? TCP_OPT_ACCECN0 : 0, 3, 1, 0, 1);
		tk_write(&t, 0, 100);
		seen = take(&t);
		assert_int_equal(seen.flags, TCP_ACK | cases[i].later);
		assert_int_equal(seen.field, cases[i].field);
		expect_option(&seen, cases[i].mode == TCP_ECN_ACCURATE ? TCP_OPT_ACCECN0 : 0, 1, 1,
			      0, 0);
		/* 3.2.2.2: the client reduces for what its SYN met */
		assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"),
				 cases[i].answer == (TCP_AE | TCP_CWR));
		tk_close(&t);
	}
}

/* 3.1.4.1: the second SYN asks as well, the third does not, and takes what comes. */
TEST(a_syn_that_was_lost)
{
	static const struct { uint16_t answer; enum tcp_ecn mode; } cases[] = {
		{TCP_CWR, TCP_ECN_ACCURATE}, {TCP_ECE, TCP_ECN_ECHOES}, {0, TCP_ECN_OFF}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tk t;

		begin(&t);
		tk_advance(&t, NS_PER_S);
		expect(&t, TCP_SYN | ASKS, IP_ECN_NOT_ECT);
		tk_advance(&t, 2 * NS_PER_S);
		expect(&t, TCP_SYN, IP_ECN_NOT_ECT);
		TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | cases[i].answer, .ack = 1);
		assert_int_equal(tk_inspect(&t).ecn, cases[i].mode);
		kit_sent_clear(&t.k);
		tk_write(&t, 0, 100);
		assert_int_equal(take(&t).field, cases[i].mode == TCP_ECN_ACCURATE
							 ? IP_ECN_ECT0 : IP_ECN_NOT_ECT);
		tk_close(&t);
	}
}

/* Up to our SYN-ACK. */
static void ask_server(struct tk *t, enum net_ecn ecn, uint16_t bits, uint8_t tos)
{
	const struct net_options options = {.congestion = NET_CONGESTION_NEWRENO,
					    .ecn = (uint8_t)ecn};

	tk_open_with(t, &options);
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN | bits, .tos = tos);
}

static void accept_it(struct tk *t, uint8_t ace)
{
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | ACE(ace));
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_true(t->fd >= 0);
}

/* Whatever was configured but `off`; each combination but 000 and 011 asks for it (3.1.3). */
TEST(a_server)
{
	static const uint16_t echo[] = {[IP_ECN_NOT_ECT] = ACE(2), [IP_ECN_ECT1] = ACE(3),
					[IP_ECN_ECT0] = ACE(4), [IP_ECN_CE] = ACE(6)};

	for (unsigned bits = 0; bits < 8; bits++)
		for (uint8_t tos = 0; tos < 4; tos++)
			for (unsigned ecn = 0; ecn <= NET_ECN_ACCURATE; ecn++) {
				bool on = ecn != NET_ECN_OFF && bits != 0;
				struct seen seen;
				struct tk t;

				ask_server(&t, (enum net_ecn)ecn, ACE(bits), tos);
				seen = take(&t);
				assert_int_equal(seen.flags & ASKS,
						 !on ? 0 : bits == 3 ? TCP_ECE : echo[tos]);
				expect_option(&seen, on && bits != 3 ? TCP_OPT_ACCECN0 : 0, 3, 1, 0,
					      1);
				accept_it(&t, on && bits != 3 ? 2 : 0);
				tk_write(&t, 0, 10);
				expect(&t, TCP_ACK | (on && bits != 3 ? ACE(5) : 0),
				       on ? IP_ECN_ECT0 : IP_ECN_NOT_ECT);
				tk_close(&t);
			}
}

/* 3.2.2.1, table 4 */
TEST(the_third_ack)
{
	static const struct {
		uint8_t ace;
		bool ect;
		uint32_t s_cep;
	} cases[] = {{0, false, 5}, {1, true, 5}, {2, true, 5}, {3, false, 5},
		     {4, false, 5}, {5, true, 5}, {6, false, 6}, {7, true, 5}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tk t;

		ask_server(&t, NET_ECN_ACCEPT, ASKS, 0);
		expect(&t, TCP_SYN | TCP_ACK | TCP_CWR, IP_ECN_NOT_ECT);
		accept_it(&t, cases[i].ace);
		assert_int_equal(tk_inspect(&t).accurate->s_cep, cases[i].s_cep);
		assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), cases[i].ace == 6);
		tk_write(&t, 0, 100);
		expect(&t, TCP_ACK | ACE(5), cases[i].ect ? IP_ECN_ECT0 : IP_ECN_NOT_ECT);
		/* note 1: with 0 no feedback counts, but ours is given */
		ack(&t, 101, (uint8_t)(cases[i].s_cep + 1));
		assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"),
				 (cases[i].ace == 6) + (cases[i].ace != 0));
		data(&t, 1, 10, IP_ECN_CE);
		expect(&t, TCP_ACK | ACE(6), IP_ECN_NOT_ECT);
		tk_close(&t);
	}
}

/* 3.2.3.2.2: without the option, then without a word; then nothing of ours is ECN-capable (3.1.5). */
TEST(a_synack_that_was_lost)
{
	struct seen seen;
	struct tk t;

	ask_server(&t, NET_ECN_ACCEPT, ASKS, 0);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .flags = TCP_SYN | ASKS, .tos = IP_ECN_CE); /* the latest is told of */
	seen = take(&t);
	assert_int_equal(seen.flags, TCP_SYN | TCP_ACK | ACE(6));
	expect_option(&seen, 0, 0, 0, 0, 0);
	tk_advance(&t, NS_PER_S);
	seen = take(&t);
	assert_int_equal(seen.flags, TCP_SYN | TCP_ACK | ACE(6));
	expect_option(&seen, 0, 0, 0, 0, 0);
	tk_advance(&t, 2 * NS_PER_S);
	expect(&t, TCP_SYN | TCP_ACK, IP_ECN_NOT_ECT);
	accept_it(&t, 2);
	tk_write(&t, 0, 100);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* 3.1.5: a client that gives up asking is answered all the same, and nothing is ECN-capable. */
TEST(a_client_gives_up_asking)
{
	struct tk t;

	ask_server(&t, NET_ECN_ACCEPT, ASKS, 0);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .flags = TCP_SYN);
	expect(&t, TCP_SYN | TCP_ACK | TCP_CWR, IP_ECN_NOT_ECT);
	accept_it(&t, 2);
	tk_write(&t, 0, 100);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* 3.1.5: "MUST reset" */
TEST(two_ways_of_asking)
{
	static const uint16_t asks[][2] = {{ASKS, ECN}, {ECN, ASKS}, {ECN, TCP_AE}};

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		struct tk t;

		ask_server(&t, NET_ECN_ACCEPT, asks[i][0], 0);
		kit_sent_clear(&t.k);
		TK_SEND(&t, .flags = TCP_SYN | asks[i][1]);
		assert_true(take(&t).flags & TCP_RST);
		TK_EXPECT_NOTHING(&t);
		tk_close(&t);
	}
}

TEST(both_ask_at_once)
{
	static const struct { uint16_t syn, answer; unsigned field; } cases[] = {
		{ASKS, TCP_CWR, IP_ECN_ECT0}, {ECN, TCP_ECE, IP_ECN_ECT0},
		{0, 0, IP_ECN_NOT_ECT}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tk t;

		begin(&t);
		TK_SEND(&t, .flags = TCP_SYN | cases[i].syn);
		expect(&t, TCP_SYN | TCP_ACK | cases[i].answer, IP_ECN_NOT_ECT);
		TK_SEND(&t, .seq = 1, .ack = 1,
			.flags = TCP_ACK | (cases[i].syn == ASKS ? ACE(2) : 0));
		tk_write(&t, 0, 100);
		assert_int_equal(take(&t).field, cases[i].field);
		tk_close(&t);
	}
}

/* The other side goes by our SYN, as we go by its: what both asked for is agreed on, and no more. */
TEST(syns_that_ask_for_different_things)
{
	static const struct { enum net_ecn ours; uint16_t theirs, answer; enum tcp_ecn mode; } cases[] = {
		{NET_ECN_ASK, ASKS, TCP_ECE, TCP_ECN_ON},
		{NET_ECN_ASK, ECN, TCP_ECE, TCP_ECN_ON},
		{NET_ECN_ASK, 0, 0, TCP_ECN_OFF},
		{NET_ECN_ACCEPT, ASKS, 0, TCP_ECN_OFF},
		{NET_ECN_ACCEPT, ECN, 0, TCP_ECN_OFF},
		{NET_ECN_OFF, ASKS, 0, TCP_ECN_OFF},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct net_options options = {.congestion = NET_CONGESTION_NEWRENO,
						    .ecn = (uint8_t)cases[i].ours};
		struct tk t;

		tk_open_with(&t, &options);
		tk_connect(&t);
		kit_sent_clear(&t.k);
		TK_SEND(&t, .flags = TCP_SYN | cases[i].theirs);
		expect(&t, TCP_SYN | TCP_ACK | cases[i].answer, IP_ECN_NOT_ECT);
		assert_int_equal(tk_inspect(&t).ecn, cases[i].mode);
		tk_close(&t);
	}
}

/* Where ours has gone without bits since, it may be the one that came. */
TEST(a_crossing_syn_after_ours_gave_up)
{
	static const uint16_t theirs[] = {ASKS, ECN};

	for (size_t i = 0; i < ARRAY_LEN(theirs); i++) {
		struct tk t;

		begin(&t);
		tk_advance(&t, NS_PER_S);
		tk_advance(&t, 2 * NS_PER_S);
		kit_sent_clear(&t.k);
		TK_SEND(&t, .flags = TCP_SYN | theirs[i]);
		kit_sent_clear(&t.k);
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK | (i == 0 ? ACE(2) : 0));
		tk_write(&t, 0, 100);
		assert_int_equal(take(&t).field, IP_ECN_NOT_ECT);
		tk_close(&t);
	}
}

/* The SYN-ACK again: its ACK says how that came (3.2.2.1), and a mark counts once (3.2.2.2). */
TEST(the_synack_again)
{
	struct tk t;

	establish(&t);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | TCP_CWR, .ack = 1, .tos = IP_ECN_CE);
		expect(&t, TCP_ACK | ACE(6), IP_ECN_NOT_ECT);
	}
	tk_write(&t, 0, 10);
	expect(&t, TCP_ACK | ACE(6), IP_ECN_ECT0);
	tk_close(&t);
}

/* ... where there is one: the next ACK for text is a counter's again, and so is one with SACK blocks, which
 * a server that waits for it cannot have caused. */
TEST(the_synack_again_unanswered)
{
	struct tk t;

	establish(&t);
	for (unsigned i = 0; i < 1000; i++)
		TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | TCP_CWR, .ack = 1);
	kit_sent_clear(&t.k);
	data(&t, 1, 10, IP_ECN_ECT0);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_NOT_ECT);
	tk_advance(&t, 10 * NS_PER_S);
	data(&t, 21, 10, IP_ECN_ECT0);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_NOT_ECT);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | TCP_CWR, .ack = 1);
	expect(&t, TCP_ACK | ACE(5), IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* A server that has none for the counters knows no ECN (3.1.5: "not willing"); a client asks for RFC 3168. */
TEST(no_memory)
{
	struct tk t;

	tk_open_with(&t, &accurate);
	tk_listen(&t, 4);
	t.k.kp.fail_after = 1; /* the control block */
	TK_SEND(&t, .flags = TCP_SYN | ASKS);
	t.k.kp.fail_after = UINT_MAX;
	expect(&t, TCP_SYN | TCP_ACK, IP_ECN_NOT_ECT);
	TK_SEND(&t, .flags = TCP_SYN | ASKS); /* asks as before */
	expect(&t, TCP_SYN | TCP_ACK, IP_ECN_NOT_ECT);
	tk_close(&t);
}

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

/* --- numbers, cookies ------------------------------------------------------------------------- */

TEST(in_numbers)
{
	struct sock_tcp_info info;
	struct tk t;

	establish(&t);
	data(&t, 1, 10, IP_ECN_ECT0);
	data(&t, 11, 20, IP_ECN_CE);
	kit_sent_clear(&t.k);
	assert_int_equal(sock_tcp_info(t.k.stack, t.fd, &info, t.k.now_ns), ERR_OK);
	assert_int_equal(info.ecn_mode, SOCK_ECN_ACCURATE);
	assert_true(info.options & SOCK_TCPI_ECN);
	assert_true(info.options & SOCK_TCPI_ECN_SEEN);
	assert_false(info.ecn_sending_off);
	assert_int_equal(info.received_ce, 1);
	assert_int_equal(info.received_e0_bytes, 10);
	assert_int_equal(info.received_ce_bytes, 20);
	assert_int_equal(info.delivered_ce_bytes, 0);
	tk_close(&t);
}

/* Half-open connections of others, until there is no room for more. */
static void flood(struct tk *t)
{
	for (uint16_t port = 1; port <= 100; port++) {
		struct kit_frame f;

		kit_build_tcp(&f, &(struct kit_ipv4){.src = KIT_FAR_IP},
			      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT,
						.seq = port * 77u, .flags = TCP_SYN, .window = 100},
			      NULL, 0);
		kit_inject_frame(&t->k, &f);
	}
	kit_sent_clear(&t->k);
}

/* 5.1: nothing is kept, and the ACK says it all; without timestamps, too. */
TEST(a_cookie)
{
	for (unsigned with = 0; with < 2; with++) {
		struct seen seen;
		struct tk t;

		tk_open(&t);
		t.timestamps = with;
		tk_listen(&t, 4);
		flood(&t);
		TK_SEND(&t, .flags = TCP_SYN | ASKS, .tos = IP_ECN_ECT1);
		seen = take(&t);
		assert_int_equal(seen.flags, TCP_SYN | TCP_ACK | ACE(3));
		assert_int_equal(kit_counter(&t.k, "tcp_cookies_sent"), 85);
		accept_it(&t, 2);
		assert_int_equal(tk_inspect(&t).ecn, TCP_ECN_ACCURATE);
		tk_write(&t, 0, 10);
		expect(&t, TCP_ACK | ACE(5), IP_ECN_ECT0);
		tk_close(&t);
	}
}

/* What the peer's options say, in the SYN-ACK and later, is what sock_tcp_info() says. */
TEST(in_the_peers_numbers)
{
	uint8_t option[8] = {TCP_OPT_ACCECN0, 8, 0, 0, 1 + 100, 0, 0, 30};
	struct sock_tcp_info info;
	struct tk t;

	establish(&t);
	tk_write(&t, 0, 500);
	kit_sent_clear(&t.k);
	t.tsval++;
	TK_SEND(&t, .seq = 1, .ack = 501, .flags = TCP_ACK | ACE(6), .options = option,
		.options_len = sizeof(option));
	assert_int_equal(sock_tcp_info(t.k.stack, t.fd, &info, t.k.now_ns), ERR_OK);
	assert_int_equal(info.delivered_e0_bytes, 100);
	assert_int_equal(info.delivered_ce_bytes, 30);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
