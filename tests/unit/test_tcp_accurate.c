/*
 * SPDX-License-Identifier: MIT
 *
 * Accurate ECN, both sides, clause by clause (RFC 9768 3): agreeing and falling back, the counters that
 * come and go, what a mark leads to, what is done about mangled fields.
 */
#include "tests/unit/accurate_kit.h"

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
