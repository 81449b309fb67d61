/*
 * SPDX-License-Identifier: MIT
 *
 * Ends of connections: RFC 9293 3.6 and 3.10.4-3.10.5, the fifth and eighth steps of 3.10.7.4 in
 * the closing states, RST both ways (second), SYN in a live connection (fourth), RFC 5961, bad news
 * from below, and 3.10.7.1 for connections that are not there.
 */
#include <limits.h>

#include "net/tcp/conn/layer.h"
#include "net/tcp/limits.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static const enum tcp_state all_states[] = {
	TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT,
};

/* The peer's next number and what it acknowledges, in a state that tk_reach() made. */
static uint32_t peer_seq(enum tcp_state state)
{
	return state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_LAST_ACK ||
	       state == TCP_TIME_WAIT ? 2 : 1;
}

static int pending_error(struct tk *t)
{
	int64_t err = 0;

	assert_int_equal(sock_getsockopt(t->k.stack, t->fd, SOCK_SO_ERROR, &err), ERR_OK);
	return (int)err;
}

static void shut(struct tk *t)
{
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
}

static void close_fd(struct tk *t)
{
	assert_int_equal(sock_close(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
}

/* --- orderly --------------------------------------------------------------------------------- */

TCP_TEST(we_close_first)
{
	tk_establish(t);
	assert_false(sock_fin_acked(t->k.stack, t->fd));
	shut(t);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_state(t), TCP_FIN_WAIT_1);
	assert_false(sock_fin_acked(t->k.stack, t->fd));
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	assert_int_equal(tk_state(t), TCP_FIN_WAIT_2);
	assert_true(sock_fin_acked(t->k.stack, t->fd));
	/* Half closed: the peer may still send. */
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK, .data = "late", .len = 4);
	TK_EXPECT(t, TCP_ACK, 2, 5, 0);
	TK_SEND(t, .seq = 5, .ack = 2, .flags = TCP_ACK | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 2, 6, 0);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	assert_true(sock_fin_acked(t->k.stack, t->fd));
	assert_int_equal(tk_events(t, EVENT_TCP_FIN_SENT), 1);
	assert_int_equal(tk_events(t, EVENT_TCP_FIN_ACKED), 1);
	assert_string_equal(tk_field(t, EVENT_TCP_FIN_RCVD, 0, "tcp_seq"), "4294967295");
	tk_advance(t, TCP_TIME_WAIT_NS - 1);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	tk_advance(t, 1);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_OK);
	assert_int_equal(tk_events(t, EVENT_TCP_SUMMARY), 1);
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "bytes_received"), "4");
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "segs_in"), "4");
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "segs_out"), "5");
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "retransmits"), "0");
}

TCP_TEST(the_peer_closes_first)
{
	char buf[4];

	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 1, 2, 0);
	assert_int_equal(tk_state(t), TCP_CLOSE_WAIT);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 0);
	tk_write(t, 0, 10); /* we may still send */
	TK_EXPECT(t, TCP_ACK, 1, 2, 10);
	shut(t);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 11, 2, 0);
	assert_int_equal(tk_state(t), TCP_LAST_ACK);
	TK_SEND(t, .seq = 2, .ack = 12, .flags = TCP_ACK);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_true(sock_fin_acked(t->k.stack, t->fd));
	assert_int_equal(pending_error(t), ERR_OK);
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "bytes_sent"), "10");
}

/* RFC 9293 3.6, figure 13 */
TCP_TEST(both_close_at_once)
{
	tk_establish(t);
	shut(t);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	assert_int_equal(tk_state(t), TCP_CLOSING);
	TK_SEND(t, .seq = 2, .ack = 2, .flags = TCP_ACK);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
}

/* The peer's FIN acknowledges ours: straight to TIME-WAIT. */
TCP_TEST(fin_and_ack_in_one)
{
	tk_reach(t, TCP_FIN_WAIT_1);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
}

/* "The only thing that can arrive is a retransmission of the remote FIN.  Acknowledge it, and
 * restart the 2 MSL time-out." */
TCP_TEST(a_fin_in_time_wait_begins_it_again)
{
	tk_reach(t, TCP_TIME_WAIT);
	tk_advance(t, 50 * NS_PER_S);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK | TCP_FIN);
	TK_EXPECT(t, TCP_ACK, 2, 2, 0);
	tk_advance(t, 50 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_TIME_WAIT);
	tk_advance(t, 11 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_CLOSED);
}

TCP_TEST(a_lost_fin_is_sent_again)
{
	tk_reach(t, TCP_FIN_WAIT_1);
	tk_advance(t, 200 * NS_PER_MS);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, 1, 0);
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "flags"), "FIN,ACK");
	assert_int_equal(tk_events(t, EVENT_TCP_FIN_SENT), 1);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	assert_int_equal(tk_state(t), TCP_FIN_WAIT_2);
}

/* 3.10.4, SYN-RECEIVED: the CLOSE waits for ESTABLISHED; SYN-SENT: the TCB is deleted. */
TEST(closing_while_opening)
{
	struct tk t;

	tk_open(&t);
	tk_reach(&t, TCP_SYN_RECEIVED);
	close_fd(&t);
	TK_EXPECT_NOTHING(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_FIN | TCP_ACK, 1, 1, 0);
	tk_close(&t);

	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	close_fd(&t);
	TK_EXPECT_NOTHING(&t);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(&t, TCP_RST, 1, 0, 0); /* nobody is there any more */
	tk_close(&t);
}

/* Nobody waits for an orphan in FIN-WAIT-2; in LAST-ACK its peer's silence has an end too. */
TEST(orphans_end)
{
	struct tk t;

	tk_open(&t);
	tk_reach(&t, TCP_FIN_WAIT_2);
	close_fd(&t);
	tk_advance(&t, TCP_FIN_WAIT_2_NS - NS_PER_S);
	assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), 0);
	tk_advance(&t, 2 * NS_PER_S);
	assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), 1);
	tk_close(&t);

	tk_open(&t);
	tk_reach(&t, TCP_ESTABLISHED);
	close_fd(&t); /* FIN-WAIT-1 first, FIN-WAIT-2 as an orphan */
	TK_SEND(&t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	kit_sent_clear(&t.k);
	tk_advance(&t, TCP_FIN_WAIT_2_NS + NS_PER_S);
	assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), 1);
	tk_close(&t);

	tk_open(&t);
	tk_reach(&t, TCP_LAST_ACK);
	close_fd(&t);
	tk_advance(&t, 400 * NS_PER_S);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_events(&t, EVENT_TCP_ABORTED), 1);
	assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), 1);
	tk_close(&t);
}

TCP_TEST(time_wait_is_abandoned)
{
	tk_reach(t, TCP_TIME_WAIT);
	close_fd(t);
	tk_advance(t, 10 * NS_PER_S);
	sock_end_run(t->k.stack, t->k.now_ns);
	assert_string_equal(tk_field(t, EVENT_TCP_TIME_WAIT_ABANDONED, 0, "remaining_ms"), "50000");
	assert_int_equal(tk_events(t, EVENT_TCP_SUMMARY), 1);
	assert_true(net_next_deadline(t->k.stack) > t->k.now_ns + 100 * NS_PER_S);
}

/* Every change of state leaves an event, and they form a chain. */
TCP_TEST(state_events_form_a_chain)
{
	const char *at = "CLOSED";

	tk_reach(t, TCP_TIME_WAIT);
	tk_advance(t, TCP_TIME_WAIT_NS);
	for (unsigned i = 0; i < tk_events(t, EVENT_TCP_STATE); i++) {
		assert_string_equal(tk_field(t, EVENT_TCP_STATE, i, "from"), at);
		at = tk_field(t, EVENT_TCP_STATE, i, "to");
	}
	assert_string_equal(at, "CLOSED");
	assert_int_equal(tk_events(t, EVENT_TCP_STATE), 6);
}

/* --- reset by us ----------------------------------------------------------------------------- */

/* RFC 2525 2.17: the peer shall know that its bytes were not read. */
TCP_TEST(unread_data_resets)
{
	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "unread", .len = 6);
	TK_EXPECT(t, TCP_ACK, 1, 7, 0);
	close_fd(t);
	TK_EXPECT(t, TCP_RST | TCP_ACK, 1, 7, 0);
	assert_string_equal(tk_field(t, EVENT_TCP_RST_SENT, 0, "reason"), "closed with unread data");
	assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_RST_SENT, 0)->conn, 1);
}

/* RFC 9293 3.6.1, SHLD-3: so it shall when they come later. */
TCP_TEST(data_after_close_resets)
{
	tk_establish(t);
	close_fd(t);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK, .data = "late", .len = 4);
	TK_EXPECT(t, TCP_RST | TCP_ACK, 2, 1, 0);
	assert_int_equal(tk_events(t, EVENT_TCP_SUMMARY), 1);
}

/* 3.10.5 ABORT: a RST where the peer has a connection. */
TEST(abort_in_every_state)
{
	for (unsigned i = 0; i < ARRAY_LEN(all_states); i++) {
		enum tcp_state s = all_states[i];
		bool rst = s == TCP_SYN_RECEIVED || s == TCP_ESTABLISHED || s == TCP_FIN_WAIT_1 ||
			   s == TCP_FIN_WAIT_2 || s == TCP_CLOSE_WAIT;
		struct kit_sent *sent;
		struct tk t;

		tk_open(&t);
		tk_reach(&t, s);
		assert_int_equal(sock_abort(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
		sent = tk_take(&t);
		assert_int_equal(sent != NULL, rst);
		if (rst)
			assert_int_equal(sent->tcp.flags, TCP_RST | TCP_ACK);
		kit_sent_free(sent);
		assert_int_equal(sock_poll(t.k.stack, t.fd, 0), ERR_BADF);
		assert_true(net_next_deadline(t.k.stack) > t.k.now_ns + 100 * NS_PER_S);
		tk_close(&t);
	}
}

/* --- reset by the peer ----------------------------------------------------------------------- */

TEST(rst_in_every_state)
{
	/* SYN-SENT: test_tcp_handshake; TIME-WAIT: test_tcp_time_wait */
	for (unsigned i = 1; i < ARRAY_LEN(all_states) - 1; i++) {
		enum tcp_state s = all_states[i];
		int want = s == TCP_SYN_RECEIVED ? ERR_CONNREFUSED
			 : s == TCP_CLOSING || s == TCP_LAST_ACK ? ERR_OK : ERR_CONNRESET;
		struct tk t;

		tk_open(&t);
		tk_reach(&t, s);
		TK_SEND(&t, .seq = peer_seq(s), .flags = TCP_RST);
		TK_EXPECT_NOTHING(&t);
		assert_int_equal(tk_state(&t), TCP_CLOSED);
		assert_int_equal(pending_error(&t), want);
		assert_int_equal(tk_events(&t, EVENT_TCP_RST_RCVD), 1);
		assert_int_equal(kit_counter(&t.k, "tcp_rst_in"), 1);
		tk_close(&t);
	}
}

/* RFC 5961 3.2, HOSTILE-INPUTS: blind RST: inside the window is answered, outside dropped. */
TEST(a_blind_rst)
{
	for (unsigned i = 1; i < ARRAY_LEN(all_states); i++) {
		enum tcp_state s = all_states[i];
		struct tk t;

		tk_open(&t);
		tk_reach(&t, s);
		TK_SEND(&t, .seq = peer_seq(s) + 1, .flags = TCP_RST);
		assert_int_equal(kit_counter(&t.k, "tcp_challenge_acks"), 1);
		assert_int_equal(t.k.sent_first->tcp.flags, TCP_ACK);
		kit_sent_clear(&t.k);
		TK_SEND(&t, .seq = 3000000, .flags = TCP_RST);
		TK_SEND(&t, .seq = peer_seq(s) - 1, .flags = TCP_RST);
		TK_EXPECT_NOTHING(&t);
		assert_int_equal(tk_state(&t), s);
		tk_close(&t);
	}
}

/* HOSTILE-INPUTS: data on a RST (processed as a RST). */
TCP_TEST(data_on_a_rst)
{
	tk_establish(t);
	TK_SEND(t, .seq = 1, .flags = TCP_RST, .data = "because", .len = 7);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_CONNRESET);
}

/* RFC 5961 3.2 asks for SEG.SEQ itself: text that reaches over RCV.NXT does not help, and the
 * timestamp of a RST, which nobody judges, is not noted. */
TCP_TEST(data_does_not_make_a_rst_exact)
{
	static const char text[1400];
	uint8_t later[12] = {TCP_OPT_NOP, TCP_OPT_NOP, TCP_OPT_TIMESTAMPS, 10};

	tk_establish(t);
	store_be32(later + 4, t->tsval + 0x70000000);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abcdef", .len = 6);
	kit_sent_clear(&t->k);
	TK_SEND(t, .seq = 7 - 1000u, .flags = TCP_RST, .data = text, .len = sizeof(text));
	TK_EXPECT_NOTHING(t); /* it lies outside the window */
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	TK_SEND(t, .seq = 6, .flags = TCP_RST, .data = text, .len = 16, .options = later,
		.options_len = sizeof(later));
	assert_int_equal(tk_inspect(t).ts_recent, t->tsval);
	TK_SEND(t, .seq = 7, .flags = TCP_RST, .data = text, .len = 16);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	kit_sent_clear(&t->k);
}

/* What came before the RST can still be read; then the error, once; then the end. */
TCP_TEST(bytes_before_the_rst)
{
	char buf[8];

	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	TK_SEND(t, .seq = 4, .flags = TCP_RST);
	kit_sent_clear(&t->k);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 3);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), ERR_CONNRESET);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 0);
}

/* So can the end that came before it: the stream was whole.  The error is there for who asks. */
TCP_TEST(the_end_before_the_rst)
{
	char buf[8];

	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = "abc", .len = 3);
	TK_SEND(t, .seq = 5, .flags = TCP_RST);
	kit_sent_clear(&t->k);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 3);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 0);
	assert_int_equal(pending_error(t), ERR_CONNRESET);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), 0);
}

/* --- SYN in a live connection: RFC 5961 4.2 -------------------------------------------------- */

TEST(a_syn_gets_a_challenge)
{
	for (unsigned i = 2; i < ARRAY_LEN(all_states); i++) {
		enum tcp_state s = all_states[i];
		struct tk t;

		tk_open(&t);
		tk_reach(&t, s);
		TK_SEND(&t, .seq = peer_seq(s) + 10, .flags = TCP_SYN, .data = "evil", .len = 4);
		assert_int_equal(kit_counter(&t.k, "tcp_challenge_acks"), 1);
		assert_int_equal(t.k.sent_first->tcp.flags, TCP_ACK);
		assert_int_equal(t.k.sent_first->tcp.ack - TK_IRS, peer_seq(s));
		assert_int_equal(tk_state(&t), s);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

TCP_TEST(syns_outside_the_window_too)
{
	tk_establish(t);
	for (unsigned i = 0; i < 100; i++)
		TK_SEND(t, .seq = 3000000, .flags = TCP_SYN);
	assert_in_range(kit_counter(&t->k, "tcp_challenge_acks"), 6, 13);
	assert_int_equal(t->k.n_sent, kit_counter(&t->k, "tcp_challenge_acks"));
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	kit_sent_clear(&t->k);
}

/* RFC 5961 7: limited, and not the same number each time. */
TCP_TEST(challenges_are_limited_unpredictably)
{
	unsigned seen[32] = {0}, different = 0;

	tk_establish(t);
	for (unsigned round = 0; round < 40; round++) {
		uint64_t before = kit_counter(&t->k, "tcp_challenge_acks"), n;

		for (unsigned i = 0; i < 50; i++)
			TK_SEND(t, .seq = 10, .flags = TCP_RST);
		n = kit_counter(&t->k, "tcp_challenge_acks") - before;
		assert_in_range(n, 6, 13);
		different += seen[n]++ == 0;
		kit_sent_clear(&t->k);
		t->k.now_ns += 2 * NS_PER_S;
	}
	assert_true(different >= 4);
	assert_true(kit_counter(&t->k, "tcp_challenge_limited") > 1000);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
}

/* --- 3.10.7.1: no connection ----------------------------------------------------------------- */

TCP_TEST(segments_to_nowhere)
{
	struct kit_sent *s;

	t->iss = 0;
	TK_SEND(t, .flags = TCP_SYN, .data = "abc", .len = 3);
	s = tk_take(t); /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
	assert_int_equal(s->tcp.flags, TCP_RST | TCP_ACK);
	assert_int_equal(s->tcp.seq, 0);
	assert_int_equal(s->tcp.ack, TK_IRS + 4);
	kit_sent_free(s);
	TK_SEND(t, .flags = TCP_ACK, .ack = 123);
	TK_EXPECT(t, TCP_RST, 123, 0, 0); /* <SEQ=SEG.ACK><CTL=RST> */
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 123);
	TK_SEND(t, .flags = TCP_RST);
	TK_EXPECT_NOTHING(t);
	TK_SEND(t, .flags = 0); /* HOSTILE-INPUTS: no flags */
	s = tk_take(t);
	assert_int_equal(s->tcp.flags, TCP_RST | TCP_ACK);
	kit_sent_free(s);
	assert_int_equal(kit_counter(&t->k, "tcp_rst_out"), 3);
	assert_int_equal(kit_counter(&t->k, "tcp_no_connection"), 5);
	assert_string_equal(tk_field(t, EVENT_TCP_RST_SENT, 0, "reason"), "no such connection");
}

/* Each gets its RST; the log tells of some. */
TCP_TEST(a_scan_does_not_flood_the_log)
{
	t->iss = 0;
	for (unsigned i = 0; i < 1000; i++) {
		TK_SEND(t, .flags = TCP_ACK, .ack = 123);
		kit_sent_clear(&t->k);
	}
	assert_int_equal(kit_counter(&t->k, "tcp_rst_out"), 1000);
	assert_int_equal(tk_events(t, EVENT_TCP_RST_SENT), 10);
	tk_advance(t, NS_PER_S);
	TK_SEND(t, .flags = TCP_ACK, .ack = 123);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_events(t, EVENT_TCP_RST_SENT), 11);
}

/* MUST-57 */
TCP_TEST(nothing_answers_a_broadcast)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC, .dst = KIT_NET_BROADCAST},
		      &(struct kit_tcp){.src_port = 1, .dst_port = 2, .flags = TCP_SYN}, NULL, 0);
	kit_inject_frame(&t->k, &f);
	kit_build_tcp(&f, &(struct kit_ipv4){.eth_dst = KIT_BROADCAST_MAC},
		      &(struct kit_tcp){.src_port = 1, .dst_port = 2, .flags = TCP_SYN}, NULL, 0);
	kit_inject_frame(&t->k, &f);
	kit_build_tcp(&f, &(struct kit_ipv4){.dst = KIT_NET_BROADCAST},
		      &(struct kit_tcp){.src_port = 1, .dst_port = 2, .flags = TCP_SYN}, NULL, 0);
	kit_inject_frame(&t->k, &f);
	kit_poll(&t->k);
	TK_EXPECT_NOTHING(t);
}

/* --- bad news from below: RFC 9293 3.9.2.2, RFC 5927 ----------------------------------------- */

static void impairment(struct tk *t, uint32_t seq, int err, bool hard)
{
	const struct ip_error news = {
		.local = net_endpoint_ipv4(KIT_IP, TK_PORT),
		.remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT),
		.seq = TK_ISS + seq, .err = err, .hard = hard,
	};

	tcp_unreachable(t->k.stack, &news, t->k.now_ns);
}

TCP_TEST(a_hard_error_ends_an_open)
{
	tk_reach(t, TCP_SYN_SENT);
	impairment(t, 1, ERR_CONNREFUSED, true); /* a sequence number that is not on its way */
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
	impairment(t, 0, ERR_CONNREFUSED, true);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_CONNREFUSED);
}

/* MUST-56: a soft one does not; it is the reason when time runs out. */
TCP_TEST(a_soft_error_is_remembered)
{
	tk_reach(t, TCP_SYN_SENT);
	impairment(t, 0, ERR_NETUNREACH, false);
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
	tk_advance(t, 200 * NS_PER_S);
	kit_sent_clear(&t->k);
	assert_int_equal(pending_error(t), ERR_NETUNREACH);
	assert_string_equal(tk_field(t, EVENT_TCP_ABORTED, 0, "reason"),
			    "no answer to 7 retransmissions in 183 s, last heard: network is unreachable");
}

/* It explains what happened then, not what happens a day later. */
TCP_TEST(a_soft_error_is_cleared_when_the_peer_answers)
{
	tk_establish(t);
	tk_write(t, 0, 10);
	impairment(t, 1, ERR_NETUNREACH, false);
	TK_SEND(t, .seq = 1, .ack = 11, .flags = TCP_ACK);
	tk_write(t, 10, 10);
	tk_advance(t, 400 * NS_PER_S);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_TIMEDOUT);
}

/* 3.10.4: LAST-ACK and CLOSING begin when the FIN is sent.  As long as it waits for the window the
 * peer has not heard of the end: ABORT must tell it (3.10.5), and a RST is bad news (3.10.7.4). */
static void reach_with_unsent_fin(struct tk *t, enum tcp_state state)
{
	tk_open(t);
	t->window = 0;
	tk_establish(t);
	tk_write(t, 0, 100);
	if (state == TCP_LAST_ACK)
		TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_FIN | TCP_ACK);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	if (state == TCP_CLOSING)
		TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_FIN | TCP_ACK);
	TK_EXPECT(t, TCP_ACK, 1, 2, 0);
	assert_int_equal(tk_state(t), state);
}

TEST(closed_before_the_fin_is_sent)
{
	static const enum tcp_state states[] = {TCP_LAST_ACK, TCP_CLOSING};

	for (unsigned i = 0; i < ARRAY_LEN(states); i++) {
		struct tk t;

		reach_with_unsent_fin(&t, states[i]);
		assert_int_equal(sock_abort(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
		TK_EXPECT(&t, TCP_RST | TCP_ACK, 1, 2, 0);
		tk_close(&t);
		reach_with_unsent_fin(&t, states[i]);
		TK_SEND(&t, .seq = 2, .ack = 1, .flags = TCP_RST | TCP_ACK);
		assert_int_equal(tk_state(&t), TCP_CLOSED);
		assert_int_equal(pending_error(&t), ERR_CONNRESET);
		tk_close(&t);
	}
}

/* RFC 5927 5.2 */
TCP_TEST(an_established_connection_survives_errors)
{
	tk_establish(t);
	tk_write(t, 0, 10);
	impairment(t, 1, ERR_CONNREFUSED, true);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	kit_sent_clear(&t->k);
}
