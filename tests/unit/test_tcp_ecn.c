/*
 * SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification, both sides, clause by clause (RFC 3168 6.1); what is accurate is in
 * test_tcp_accurate.c.
 */
#include "net/tcp/congestion/congestion_past.h"
#include "net/tcp/congestion/control.h"
#include "net/tcp/tcb.h"
#include "net/wire/ipv4.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define ECN (TCP_ECE | TCP_CWR)

static void open_asking(struct tk *t)
{
	const struct net_options options = {.congestion = NET_CONGESTION_NEWRENO,
					    .ecn = NET_ECN_ASK};

	tk_open_with(t, &options);
}

/* A client that asked, and a server that answered so. */
static void establish(struct tk *t, uint8_t synack_bits)
{
	tk_connect(t);
	TK_EXPECT(t, TCP_SYN | ECN, 0, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK | synack_bits, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
}

/* The next segment the stack sends has these flags (PSH aside) and this ECN field. */
static void expect_sent(struct tk *t, uint8_t flags, unsigned field)
{
	struct kit_sent *s = tk_take(t);

	assert_non_null(s);
	assert_int_equal(s->tcp.flags & ~TCP_PSH, flags);
	assert_int_equal(s->ip.tos & IP_ECN_MASK, field);
	kit_sent_free(s);
}

static void expect_full(struct tk *t, unsigned n, unsigned field)
{
	while (n-- > 0)
		expect_sent(t, TCP_ACK, field);
}

static void ack(struct tk *t, uint32_t ack, uint8_t bits)
{
	TK_SEND(t, .seq = 1, .ack = ack, .flags = TCP_ACK | bits);
}

/* --- 6.1.1: agreeing ------------------------------------------------------------------------- */

TEST(both_agree)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	tk_write(&t, 0, 100);
	expect_sent(&t, TCP_ACK, IP_ECN_ECT0);
	assert_string_equal(tk_field(&t, EVENT_TCP_SYN_SENT, 0, "flags"), "SYN,ECE,CWR");
	tk_close(&t);
}

/* A SYN-ACK without bits; with both, which is our own SYN's come back; with CWR alone. */
TEST(a_server_that_does_not)
{
	static const uint8_t bits[] = {0, ECN, TCP_CWR};

	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct tk t;

		open_asking(&t);
		establish(&t, bits[i]);
		tk_write(&t, 0, 100);
		expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
		ack(&t, 101, TCP_ECE); /* means nothing */
		assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 0);
		tk_close(&t);
	}
}

/* 6.1.1.1: the second SYN does not ask; data is not ECN-capable then, whatever the answer was to. */
TEST(a_syn_that_was_lost)
{
	struct tk t;

	open_asking(&t);
	tk_connect(&t);
	expect_sent(&t, TCP_SYN | ECN, IP_ECN_NOT_ECT);
	tk_advance(&t, NS_PER_S);
	TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | TCP_ECE, .ack = 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	tk_write(&t, 0, 100);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
	/* but who answered the first one may send data that is marked */
	TK_SEND(&t, .seq = 1, .ack = 101, .flags = TCP_ACK, .data = "x", .len = 1,
		.tos = IP_ECN_CE);
	TK_EXPECT(&t, TCP_ACK | TCP_ECE, 101, 2, 0);
	tk_close(&t);
}

TCP_TEST(the_default_does_not_ask)
{
	tk_connect(t);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK | TCP_ECE, .ack = 1); /* unasked */
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	tk_write(t, 0, 100);
	expect_sent(t, TCP_ACK, IP_ECN_NOT_ECT);
}

/* Our SYN-ACK for a SYN with `bits`; then data to see what came of it. */
static void accept_syn(struct tk *t, uint8_t bits, uint8_t answer, unsigned field)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN | bits);
	expect_sent(t, TCP_SYN | TCP_ACK | answer, IP_ECN_NOT_ECT);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_true(t->fd >= 0);
	tk_write(t, 0, 100);
	expect_sent(t, TCP_ACK, field);
}

TEST(a_server_answers)
{
	const struct net_options off = {.ecn = NET_ECN_OFF};
	struct tk t;

	tk_open(&t); /* by default */
	accept_syn(&t, ECN, TCP_ECE, IP_ECN_ECT0);
	tk_close(&t);
	open_asking(&t);
	accept_syn(&t, ECN, TCP_ECE, IP_ECN_ECT0);
	tk_close(&t);
	tk_open_with(&t, &off);
	accept_syn(&t, ECN, 0, IP_ECN_NOT_ECT);
	tk_close(&t);
}

/* 6.1.1.1, the server's side: a SYN that comes again without bits gets an answer without. */
TCP_TEST(a_client_gives_up_asking)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN | ECN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK | TCP_ECE, 0, 1, 0);
	TK_SEND(t, .flags = TCP_SYN | ECN); /* doubled by the network */
	TK_EXPECT(t, TCP_SYN | TCP_ACK | TCP_ECE, 0, 1, 0);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	tk_write(t, 0, 100);
	expect_sent(t, TCP_ACK, IP_ECN_NOT_ECT);
}

TEST(both_ask_at_once)
{
	struct tk t;

	open_asking(&t);
	tk_connect(&t);
	TK_EXPECT(&t, TCP_SYN | ECN, 0, 0, 0);
	TK_SEND(&t, .flags = TCP_SYN | ECN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK | TCP_ECE, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	tk_write(&t, 0, 100);
	expect_sent(&t, TCP_ACK, IP_ECN_ECT0);
	tk_close(&t);
}

/* --- what may be marked ---------------------------------------------------------------------- */

/* 6.1.4, 6.1.5, 6.1.6: neither ACKs, nor what is sent again, nor probes, nor FIN and RST. */
TEST(only_new_data_may_be_marked)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	assert_int_equal(sock_setsockopt(t.k.stack, t.fd, SOCK_IP_TOS, 0xb8, t.k.now_ns), ERR_OK);
	tk_write(&t, 0, 100);
	kit_sent_clear(&t.k);
	tk_advance(&t, 250 * NS_PER_MS);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT); /* again */
	t.window = 0;
	ack(&t, 101, 0);
	tk_write(&t, 100, 100);
	tk_advance(&t, 2 * NS_PER_S);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT); /* a probe */
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 1, .ack = 101, .flags = TCP_ACK, .data = "x", .len = 1);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
	t.window = 1000;
	TK_SEND(&t, .seq = 2, .ack = 101, .flags = TCP_ACK);
	/* what was reduced by the time-out is told with it; the Diffserv field is the user's */
	expect_sent(&t, TCP_ACK | TCP_CWR, IP_ECN_ECT0);
	TK_SEND(&t, .seq = 2, .ack = 201, .flags = TCP_ACK);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	expect_sent(&t, TCP_FIN | TCP_ACK, IP_ECN_NOT_ECT);
	assert_int_equal(sock_abort(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	expect_sent(&t, TCP_RST | TCP_ACK, IP_ECN_NOT_ECT);
	t.fd = -1;
	tk_close(&t);
}

/* --- 6.1.2: the sender ----------------------------------------------------------------------- */

TEST(a_mark_halves_the_window_once)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	tk_write(&t, 0, 40 * TK_FULL);
	expect_full(&t, 10, IP_ECN_ECT0);
	ack(&t, 1 + TK_FULL, TCP_ECE);
	assert_int_equal(tk_inspect(&t).cwnd, 5 * TK_FULL);
	assert_int_equal(tk_inspect(&t).ssthresh, 5 * TK_FULL);
	TK_EXPECT_NOTHING(&t); /* nine are out */
	ack(&t, 1 + 4 * TK_FULL, TCP_ECE); /* the same window of data */
	assert_int_equal(tk_inspect(&t).cwnd, 5 * TK_FULL);
	ack(&t, 1 + 6 * TK_FULL, TCP_ECE);
	expect_sent(&t, TCP_ACK | TCP_CWR, IP_ECN_ECT0); /* the first new data says so */
	ack(&t, 1 + 10 * TK_FULL, TCP_ECE);
	expect_full(&t, 4, IP_ECN_ECT0); /* and the second does not */
	assert_int_equal(tk_inspect(&t).cwnd, 5 * TK_FULL); /* an ACK with ECE lets nothing grow */
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 1);
	ack(&t, 1 + 11 * TK_FULL, TCP_ECE); /* of what was sent after it: another mark */
	assert_int_equal(tk_inspect(&t).cwnd, 5 * TK_FULL / 2);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 2);
	assert_int_equal(kit_counter(&t.k, "tcp_retransmits"), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* However often a peer says it: two segments stay. */
TEST(marks_for_ever)
{
	struct tk t;
	uint32_t at = 1;

	open_asking(&t);
	establish(&t, TCP_ECE);
	for (unsigned i = 0; i < 50; i++) {
		tk_write(&t, at - 1, TK_FULL);
		kit_sent_clear(&t.k);
		at += TK_FULL;
		ack(&t, at, TCP_ECE | TCP_CWR);
	}
	assert_int_equal(tk_inspect(&t).cwnd, 2 * TK_FULL);
	tk_close(&t);
}

/* A loss and marks in the same window of data are one piece of news. */
TEST(a_loss_and_a_mark_are_one)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	tk_write(&t, 0, 40 * TK_FULL);
	expect_full(&t, 10, IP_ECN_ECT0);
	tcp_congestion_loss(tk_tcb(&t), tcb_flight(tk_tcb(&t)), t.k.now_ns);
	ack(&t, 1 + 2 * TK_FULL, TCP_ECE);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 0);
	assert_int_equal(tk_inspect(&t).ssthresh, 5 * TK_FULL);
	/* behind it a mark counts; that the loss was none does not take it back */
	ack(&t, 1 + 11 * TK_FULL, TCP_ECE);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 1);
	tcp_congestion_undo(tk_tcb(&t));
	assert_true(tk_inspect(&t).cwnd <= 5 * TK_FULL);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* The number that "once a window" counts from is never half of the number space behind. */
TEST(a_mark_after_gigabytes)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	for (unsigned i = 0; i < 2; i++) {
		tk_write(&t, i * 100, 100);
		kit_sent_clear(&t.k);
		tk_turn(&t, TCP_KNOB_REDUCED_AT, tk_inspect(&t).reduced_at - UINT32_C(0x7fffff00));
		ack(&t, 101 + i * 100, 0);
	}
	tk_write(&t, 200, 100);
	kit_sent_clear(&t.k);
	ack(&t, 301, TCP_ECE);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_reductions"), 1);
	tk_close(&t);
}

/* --- 6.1.3: the receiver --------------------------------------------------------------------- */

static void data_with(struct tk *t, uint32_t seq, uint8_t bits, uint8_t tos)
{
	TK_SEND(t, .seq = seq, .ack = 1, .flags = TCP_ACK | bits, .data = "x", .len = 1, .tos = tos);
}

TEST(a_mark_is_echoed_until_cwr)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	data_with(&t, 1, 0, IP_ECN_ECT0);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
	data_with(&t, 2, 0, IP_ECN_CE);
	expect_sent(&t, TCP_ACK | TCP_ECE, IP_ECN_NOT_ECT);
	data_with(&t, 3, 0, IP_ECN_ECT0);
	expect_sent(&t, TCP_ACK | TCP_ECE, IP_ECN_NOT_ECT);
	tk_write(&t, 0, 10); /* data of ours says it as well */
	expect_sent(&t, TCP_ACK | TCP_ECE, IP_ECN_ECT0);
	data_with(&t, 4, TCP_CWR, IP_ECN_ECT0);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
	data_with(&t, 5, TCP_CWR, IP_ECN_CE); /* a new mark on the segment that answers the old */
	expect_sent(&t, TCP_ACK | TCP_ECE, IP_ECN_NOT_ECT);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_marks"), 2);
	assert_int_equal(sock_abort(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	expect_sent(&t, TCP_RST | TCP_ACK, IP_ECN_NOT_ECT);
	t.fd = -1;
	tk_close(&t);
}

/* A segment without data is never sent as ECN-capable, so what it says is not from the peer's TCP;
 * nor, 6.1.5, is what lies outside the window. */
TEST(marks_that_do_not_count)
{
	struct tk t;

	open_asking(&t);
	establish(&t, TCP_ECE);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .tos = IP_ECN_CE);
	data_with(&t, 2000000, 0, IP_ECN_CE);
	kit_sent_clear(&t.k);
	data_with(&t, 1, 0, IP_ECN_ECT0);
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
	data_with(&t, 1, 0, IP_ECN_CE); /* old */
	expect_sent(&t, TCP_ACK, IP_ECN_NOT_ECT);
	assert_int_equal(kit_counter(&t.k, "tcp_ecn_marks"), 0);
	data_with(&t, 2, 0, IP_ECN_CE);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 3, .ack = 1, .flags = TCP_ACK | TCP_CWR); /* without data */
	data_with(&t, 3, 0, IP_ECN_ECT0);
	expect_sent(&t, TCP_ACK | TCP_ECE, IP_ECN_NOT_ECT);
	tk_close(&t);
}

TCP_TEST(without_agreement_marks_are_nothing)
{
	tk_establish(t);
	data_with(t, 1, ECN, IP_ECN_CE);
	expect_sent(t, TCP_ACK, IP_ECN_NOT_ECT);
	assert_int_equal(kit_counter(&t->k, "tcp_ecn_marks"), 0);
}

/* RFC 3168 6.1.1.1: a SYN-ACK that does not say ECE is one of who does not know it. */
TEST(a_synack_without_ece)
{
	const uint16_t bits[] = {0, TCP_ECE | TCP_CWR, TCP_CWR};

	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		struct tk t;

		open_asking(&t);
		tk_connect(&t);
		kit_sent_clear(&t.k);
		TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | bits[i], .ack = 1);
		assert_int_equal(tk_inspect(&t).ecn, TCP_ECN_OFF);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}
