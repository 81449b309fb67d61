/*
 * SPDX-License-Identifier: MIT
 *
 * A flood of SYNs: cookies (RFC 4987 3.6) let honest clients in, forged ones stay out; and what
 * happens when nobody accepts.
 */
#include "net/socket/table.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static void syn_from(struct tk *t, uint32_t ip, uint16_t port)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){.src = ip},
		      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = port * 77u,
					.flags = TCP_SYN, .window = 100}, NULL, 0);
	kit_inject_frame(&t->k, &f);
}

/* SYNs of addresses that never answer, until the queue of half-open connections is full. */
static void flood(struct tk *t, unsigned n)
{
	for (uint16_t i = 1; i <= n; i++)
		syn_from(t, KIT_FAR_IP, i);
	kit_sent_clear(&t->k);
}

static void open_flooded(struct tk *t)
{
	tk_open(t);
	tk_listen(t, 4);
	flood(t, 100);
}

static struct tcp_options options_of(const struct kit_sent *s)
{
	struct tcp_options opt;

	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, true);
	return opt;
}

/* --- an honest client ------------------------------------------------------------------------ */

/* A flood of a thousand SYNs a second: the client is let in with all it agreed on, and nothing was
 * kept for anybody. */
TEST(a_client_gets_through_the_flood)
{
	char buf[4];
	struct tk t;
	size_t before;

	open_flooded(&t);
	t.scale = 9;
	t.mss = 1400;
	before = t.k.kp.live_bytes;
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	for (unsigned s = 0; s < 3; s++) {
		flood(&t, 1000);
		tk_advance(&t, 100 * NS_PER_MS);
		kit_sent_clear(&t.k);
	}
	assert_int_equal(t.k.kp.live_bytes, before);
	t.window = 100;
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	TK_EXPECT(&t, TCP_ACK, 1, 4, 0);
	t.fd = sock_accept(t.k.stack, t.listener, NULL);
	assert_true(t.fd > 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	assert_int_equal(tk_read(&t, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "abc", 3);
	assert_int_equal(tk_inspect(&t).snd_mss, 1400);
	assert_int_equal(tk_inspect(&t).snd_wscale, 9);
	assert_int_equal(tk_inspect(&t).snd_wnd, 100 << 9);
	assert_true(tk_inspect(&t).use_sack && tk_inspect(&t).use_timestamps);
	assert_int_equal(tk_inspect(&t).srtt_ns, 0); /* the echo was no clock */
	tk_write(&t, 0, 5000);
	for (uint32_t at = 0; at < 4164; at += 1388)
		TK_EXPECT(&t, TCP_ACK, 1 + at, 4, 1388);
	tk_peer_ack(&t, 4165);
	assert_int_equal(kit_counter(&t.k, "tcp_cookies_taken"), 1);
	assert_int_equal(tk_events(&t, EVENT_SRV_COOKIES), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Every combination of what a SYN offers; what needs remembering is offered only where it can be. */
TEST(what_was_offered_comes_back)
{
	for (unsigned bits = 0; bits < 16; bits++) {
		struct tcp_options opt;
		struct kit_sent *s;
		struct tk t;
		bool ts = bits & 1, scale = bits & 2, sack = bits & 4, mss = bits & 8;

		open_flooded(&t);
		t.timestamps = ts;
		t.scale_offered = scale;
		t.scale = 14;
		t.sack = sack;
		t.mss = mss ? 9000 : 0;
		TK_SEND(&t, .flags = TCP_SYN);
		s = tk_take(&t);
		opt = options_of(s);
		assert_int_equal(opt.has_timestamps, ts);
		assert_int_equal(opt.has_window_scale, ts && scale);
		assert_int_equal(opt.sack_permitted, ts && sack);
		assert_int_equal(opt.mss, 1460);
		kit_sent_free(s);
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
		t.fd = sock_accept(t.k.stack, t.listener, NULL);
		assert_true(t.fd > 0);
		assert_int_equal(tk_inspect(&t).use_timestamps, ts);
		assert_int_equal(tk_inspect(&t).use_window_scale, ts && scale);
		assert_int_equal(tk_inspect(&t).snd_wscale, ts && scale ? 14 : 0);
		assert_int_equal(tk_inspect(&t).use_sack, ts && sack);
		assert_int_equal(tk_inspect(&t).snd_mss, mss ? 1460 : 536);
		tk_close(&t);
	}
}

/* RFC 3168 6.1.1: the bits of an ECN-setup SYN come back where timestamps carry them. */
TEST(ecn_comes_back_too)
{
	for (unsigned bits = 0; bits < 8; bits++) {
		uint8_t asked = (uint8_t)((bits & 1 ? TCP_ECE : 0) | (bits & 2 ? TCP_CWR : 0));
		struct tcp_segment ack, syn;
		struct kit_sent *s;
		struct tk t;

		open_flooded(&t);
		t.timestamps = bits & 4;
		TK_SEND(&t, .flags = TCP_SYN | asked);
		s = tk_take(&t);
		ack = (struct tcp_segment){
			.local = net_endpoint_ipv4(KIT_IP, TK_PORT),
			.remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT),
			.seq = TK_IRS + 1, .ack = s->tcp.seq + 1, .flags = TCP_ACK,
			.now_ns = t.k.now_ns,
		};
		ack.opt.has_timestamps = t.timestamps;
		ack.opt.ts_ecr = t.ts_echo;
		assert_true(tcp_cookie_check(t.k.stack, &ack, &syn));
		assert_int_equal(syn.flags, bits == 7 ? TCP_SYN | TCP_ECE | TCP_CWR : TCP_SYN);
		if (bits != 7)
			assert_int_equal(s->tcp.flags & TCP_ECE, 0);
		kit_sent_free(s);
		tk_close(&t);
	}
}

/* Rounded down, never up. */
TEST(the_mss_is_rounded_down)
{
	static const uint16_t rows[][2] = {{100, 216}, {536, 536}, {1219, 536}, {1220, 1220},
					   {1399, 1360}, {1459, 1440}, {1460, 1460}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tk t;

		open_flooded(&t);
		t.mss = rows[i][0];
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
		t.fd = sock_accept(t.k.stack, t.listener, NULL);
		assert_int_equal(tk_inspect(&t).snd_mss, rows[i][1]);
		tk_close(&t);
	}
}

/* The timestamp that carries bits must not be ahead of those that follow (PAWS). */
TEST(the_timestamp_is_never_ahead)
{
	for (unsigned ms = 0; ms < 130; ms++) {
		uint32_t of_synack;
		struct tk t;

		open_flooded(&t);
		t.k.now_ns += ms * NS_PER_MS;
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		of_synack = t.ts_echo;
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
		TK_EXPECT(&t, TCP_ACK, 1, 2, 0);
		assert_in_range(t.ts_echo - of_synack, 0, 64);
		tk_close(&t);
	}
}

/* --- how long, and whose --------------------------------------------------------------------- */

TEST(a_cookie_is_good_for_a_minute_and_not_for_three)
{
	static const struct {
		uint64_t s;
		bool good;
	} rows[] = {{0, true}, {63, true}, {129, false}, {192, false}, {260, false}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tk t;

		open_flooded(&t);
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		tk_advance(&t, rows[i].s * NS_PER_S);
		flood(&t, 100); /* it goes on */
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
		if (!rows[i].good)
			TK_EXPECT(&t, TCP_RST, 1, 0, 0);
		assert_int_equal(sock_accept(t.k.stack, t.listener, NULL) > 0, rows[i].good);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

/* Every bit of it counts, and so does every part of what it is about. */
TEST(a_forged_ack_is_reset)
{
	struct tk t;

	open_flooded(&t);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	for (unsigned bit = 0; bit < 32; bit++) {
		uint32_t ack = ((t.iss ^ UINT32_C(1) << bit) + 1) - t.iss;

		TK_SEND(&t, .seq = 1, .ack = ack, .flags = TCP_ACK);
		TK_EXPECT(&t, TCP_RST, ack, 0, 0);
	}
	TK_SEND(&t, .seq = 2, .ack = 1, .flags = TCP_ACK); /* another ISN of the peer's */
	TK_EXPECT(&t, TCP_RST, 1, 0, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_SYN | TCP_ACK);
	TK_EXPECT(&t, TCP_RST, 1, 0, 0);
	for (unsigned i = 0; i < 2; i++) { /* another port, another address */
		struct kit_frame f;

		kit_build_tcp(&f, &(struct kit_ipv4){.src = i == 0 ? KIT_PEER_IP : KIT_PEER_IP + 50},
			      &(struct kit_tcp){.src_port = TK_PEER_PORT + (i == 0),
						.dst_port = TK_PORT, .seq = TK_IRS + 1,
						.ack = t.iss + 1, .flags = TCP_ACK, .window = 9},
			      NULL, 0);
		kit_inject_frame(&t.k, &f);
		kit_poll(&t.k);
		TK_EXPECT(&t, TCP_RST, 1, 0, 0);
	}
	assert_int_equal(sock_accept(t.k.stack, t.listener, NULL), ERR_AGAIN);
	assert_int_equal(kit_counter(&t.k, "tcp_cookies_taken"), 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	assert_true(sock_accept(t.k.stack, t.listener, NULL) > 0);
	tk_close(&t);
}

/* When no cookie has been given out for a while there is nothing to guess. */
TEST(none_is_taken_in_times_of_peace)
{
	struct tk t;

	open_flooded(&t);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	tcp_turn(tk_listener(&t), TCP_KNOB_COOKIES_UNTIL_NS, t.k.now_ns);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_RST, 1, 0, 0);
	tk_close(&t);
}

/* Two stacks do not take each other's; and one tuple's cookies tell nothing of another's. */
TEST(cookies_are_keyed)
{
	uint32_t iss[2];

	for (unsigned i = 0; i < 2; i++) {
		struct tk t;

		tk_open(&t);
		t.k.stack->secret[0] ^= (uint8_t)i; /* before anything is hashed with it */
		tk_listen(&t, 4);
		flood(&t, 100);
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		iss[i] = t.iss;
		tk_close(&t);
	}
	assert_int_not_equal(iss[0] & 0xfffffff, iss[1] & 0xfffffff);
}

/* --- nobody accepts -------------------------------------------------------------------------- */

/* No more connections than the backlog wait, however many were half open. */
TCP_TEST(the_accept_queue_is_bounded)
{
	struct tcb *listener;

	tk_listen(t, 2);
	listener = tk_listener(t);
	for (uint16_t port = 1; port <= 5; port++)
		syn_from(t, KIT_PEER_IP, port);
	for (uint16_t port = 1; port <= 5; port++) {
		struct kit_sent *s = tk_take(t);
		struct kit_frame f;

		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT,
						.seq = port * 77u + 1, .ack = s->tcp.seq + 1,
						.flags = TCP_ACK, .window = 9}, NULL, 0);
		kit_inject_frame(&t->k, &f);
		kit_sent_free(s);
	}
	assert_int_equal(tcp_inspect(listener).accept_count, 2);
	assert_int_equal(tcp_inspect(listener).half_open, 3);
	assert_int_equal(kit_counter(&t->k, "tcp_accept_overflows"), 3);
	/* When there is room again, the repeated SYN-ACK brings the ACK that opens. */
	assert_true(sock_accept(t->k.stack, t->listener, NULL) > 0);
	tk_advance(t, NS_PER_S);
	for (unsigned i = 0; i < 3; i++) {
		struct kit_sent *s = tk_take(t);
		struct kit_frame f;

		assert_int_equal(s->tcp.flags, TCP_SYN | TCP_ACK);
		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = s->tcp.dst_port, .dst_port = TK_PORT,
						.seq = s->tcp.ack, .ack = s->tcp.seq + 1,
						.flags = TCP_ACK, .window = 9}, NULL, 0);
		kit_inject_frame(&t->k, &f);
		kit_sent_free(s);
	}
	assert_int_equal(tcp_inspect(listener).accept_count, 2);
	assert_int_equal(tcp_inspect(listener).half_open, 2);
	kit_sent_clear(&t->k);
}

/* The same for a cookie: it is not spent, and the client's text brings it again. */
TEST(a_cookie_waits_for_the_accept_queue)
{
	struct tcb *listener;
	struct tk t;

	open_flooded(&t);
	listener = tk_listener(&t);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	tcp_turn(listener, TCP_KNOB_ACCEPT_COUNT, tcp_inspect(listener).accept_count + 4);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(kit_counter(&t.k, "tcp_accept_overflows"), 1);
	tcp_turn(listener, TCP_KNOB_ACCEPT_COUNT, tcp_inspect(listener).accept_count - 4);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	TK_EXPECT(&t, TCP_ACK, 1, 4, 0);
	assert_true(sock_accept(t.k.stack, t.listener, NULL) > 0);
	tk_close(&t);
}
