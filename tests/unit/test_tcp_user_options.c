/*
 * SPDX-License-Identifier: MIT
 *
 * What the user chooses: keep-alives (RFC 9293 3.8.4), the user timeout
 * (R2 of 3.8.3; RFC 5482, local only), Diffserv, TTL.
 */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static void choose(struct tk *t, int fd, enum sock_option option, int64_t value)
{
	assert_int_equal(sock_setsockopt(t->k.stack, fd, option, value, t->k.now_ns), ERR_OK);
}

static int64_t chosen(struct tk *t, int fd, enum sock_option option)
{
	int64_t value = -1;

	assert_int_equal(sock_getsockopt(t->k.stack, fd, option, &value), ERR_OK);
	return value;
}

static int pending_error(struct tk *t)
{
	return (int)chosen(t, t->fd, SOCK_SO_ERROR);
}

/* --- keep-alives ----------------------------------------------------------------------------- */

/* MUST-25, MUST-28: nothing unless it is asked for, and then after two hours. */
TCP_TEST(off_unless_asked_for_and_then_after_two_hours)
{
	tk_establish(t);
	assert_int_equal(chosen(t, t->fd, SOCK_SO_KEEPALIVE), 0);
	tk_advance(t, 10 * 3600 * NS_PER_S);
	TK_EXPECT_NOTHING(t);
	tk_peer_ack(t, 1);
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 1);
	tk_advance(t, 7200 * NS_PER_S - 1);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, 1);
	TK_EXPECT(t, TCP_ACK, 0, 1, 0); /* SHLD-12: from before SND.UNA, without text */
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 0);
	tk_advance(t, 10 * 3600 * NS_PER_S);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
}

/* MUST-29: an answer to any probe of a row counts; and none of it looks like a loss. */
TCP_TEST(a_late_answer_is_as_good_as_an_early_one)
{
	uint32_t cwnd;
	uint64_t rto_ns;

	tk_establish(t);
	cwnd = tk_inspect(t).cwnd;
	rto_ns = tk_inspect(t).rto_ns;
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 1);
	choose(t, t->fd, SOCK_TCP_KEEPIDLE, 100);
	choose(t, t->fd, SOCK_TCP_KEEPINTVL, 10);
	choose(t, t->fd, SOCK_TCP_KEEPCNT, 3);
	for (unsigned round = 0; round < 5; round++) {
		tk_advance(t, 99 * NS_PER_S);
		TK_EXPECT_NOTHING(t);
		tk_advance(t, 1 * NS_PER_S);
		TK_EXPECT(t, TCP_ACK, 0, 1, 0);
		tk_advance(t, 29 * NS_PER_S);
		TK_EXPECT(t, TCP_ACK, 0, 1, 0);
		TK_EXPECT(t, TCP_ACK, 0, 1, 0);
		TK_EXPECT_NOTHING(t);
		tk_peer_ack(t, 1); /* a second before the end */
	}
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_int_equal(tk_inspect(t).cwnd, cwnd);
	assert_int_equal(tk_inspect(t).rto_ns, rto_ns);
	assert_int_equal(kit_counter(&t->k, "tcp_retransmits"), 0);
	assert_int_equal(kit_counter(&t->k, "tcp_keep_alives"), 15);
}

TCP_TEST(a_dead_peer_ends_it_after_the_last_probe)
{
	char buf[4];

	tk_establish(t);
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 1);
	choose(t, t->fd, SOCK_TCP_KEEPIDLE, 100);
	choose(t, t->fd, SOCK_TCP_KEEPINTVL, 10);
	choose(t, t->fd, SOCK_TCP_KEEPCNT, 3);
	tk_advance(t, 100 * NS_PER_S + 3 * 10 * NS_PER_S - 1);
	for (unsigned i = 0; i < 3; i++)
		TK_EXPECT(t, TCP_ACK, 0, 1, 0);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 1);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	tk_expect_field(t, EVENT_TCP_ABORTED, "reason", "no answer to 3 keep-alive probes");
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), ERR_TIMEDOUT);
}

/* MUST-26: whatever comes from the peer is a sign of life. */
TCP_TEST(traffic_puts_it_off)
{
	tk_establish(t);
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 1);
	choose(t, t->fd, SOCK_TCP_KEEPIDLE, 100);
	for (uint32_t i = 0; i < 5; i++) {
		tk_advance(t, 99 * NS_PER_S);
		TK_SEND(t, .seq = 1 + i, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
		tk_advance(t, 50 * NS_PER_MS);
		TK_EXPECT(t, TCP_ACK, 1, 2 + i, 0);
		TK_EXPECT_NOTHING(t);
	}
	/* What is out and not acknowledged asks by itself. */
	tk_write(t, 0, 10);
	TK_EXPECT(t, TCP_ACK, 1, 6, 10);
	tk_advance(t, 250 * NS_PER_S);
	assert_int_equal(kit_counter(&t->k, "tcp_keep_alives"), 0);
	kit_sent_clear(&t->k);
}

TCP_TEST(a_listener_s_choice_goes_over)
{
	tk_listen(t, 4);
	choose(t, t->listener, SOCK_SO_KEEPALIVE, 1);
	choose(t, t->listener, SOCK_TCP_KEEPIDLE, 50);
	choose(t, t->listener, SOCK_IP_TOS, 0x48);
	tk_accept(t);
	assert_int_equal(chosen(t, t->fd, SOCK_TCP_KEEPIDLE), 50);
	assert_int_equal(chosen(t, t->fd, SOCK_IP_TOS), 0x48);
	tk_advance(t, 50 * NS_PER_S);
	TK_EXPECT(t, TCP_ACK, 0, 1, 0);
}

/* The user's time-out counts instead of the number of probes. */
TCP_TEST(the_user_s_time_out_ends_the_asking)
{
	tk_establish(t);
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 1);
	choose(t, t->fd, SOCK_TCP_KEEPIDLE, 10);
	choose(t, t->fd, SOCK_TCP_KEEPINTVL, 5);
	choose(t, t->fd, SOCK_TCP_KEEPCNT, 1);
	choose(t, t->fd, SOCK_TCP_USER_TIMEOUT, 30000);
	tk_advance(t, 29 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 1 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_TIMEDOUT);
	kit_sent_clear(&t->k);
}

/* No state that is over, or not yet begun, asks. */
TEST(only_where_there_is_a_peer)
{
	static const enum tcp_state states[] = {TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_TIME_WAIT};

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		struct tk t;

		tk_open(&t);
		tk_reach(&t, states[i]);
		choose(&t, t.fd, SOCK_TCP_KEEPIDLE, 1);
		choose(&t, t.fd, SOCK_SO_KEEPALIVE, 1);
		tk_advance(&t, 400 * NS_PER_S);
		assert_int_equal(kit_counter(&t.k, "tcp_keep_alives"), 0);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

/* The setting is made before connect(), and the state entered while it runs. */
TCP_TEST(set_before_connecting_and_kept_while_half_closed)
{
	tk_connect(t);
	choose(t, t->fd, SOCK_SO_KEEPALIVE, 1);
	choose(t, t->fd, SOCK_TCP_KEEPIDLE, 20);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_FIN | TCP_ACK, 1, 1, 0);
	tk_peer_ack(t, 2);
	tk_advance(t, 20 * NS_PER_S);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
}

/* --- the user's time-out --------------------------------------------------------------------- */

/* MUST-21: R2 of a connection, to the millisecond. */
TCP_TEST(payload_that_is_not_acknowledged)
{
	tk_establish(t);
	choose(t, t->fd, SOCK_TCP_USER_TIMEOUT, 5000);
	tk_write(t, 0, 100);
	tk_advance(t, 5 * NS_PER_S - 1);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 1);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_TIMEDOUT);
	kit_sent_clear(&t->k);
}

/* Longer than the default is a choice too; and each ACK begins the time anew. */
TCP_TEST(a_patient_user)
{
	tk_establish(t);
	choose(t, t->fd, SOCK_TCP_USER_TIMEOUT, 1000000);
	tk_write(t, 0, 100);
	tk_advance(t, 900 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_peer_ack(t, 51);
	tk_advance(t, 999 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 1 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	kit_sent_clear(&t->k);
}

/* Also when the next retransmission would come only after it: time-outs have doubled the RTO. */
TCP_TEST(a_user_less_patient_than_the_time_out)
{
	t->timestamps = false;
	tk_establish(t);
	tk_write(t, 0, 100);
	tk_advance(t, 20 * NS_PER_S);
	assert_true(tk_inspect(t).rto_ns > 5 * NS_PER_S);
	choose(t, t->fd, SOCK_TCP_USER_TIMEOUT, 1000);
	tk_peer_ack(t, 51);
	tk_advance(t, NS_PER_S - 1);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 1);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_TIMEDOUT);
	kit_sent_clear(&t->k);
}

/* MUST-22: the same mechanism for a SYN. */
TEST(a_syn_that_no_host_answers)
{
	static const int64_t ms[] = {4000, 500}; /* longer and shorter than the first RTO */
	struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);

	for (unsigned i = 0; i < ARRAY_LEN(ms); i++) {
		struct tk t;

		tk_open(&t);
		t.fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
		assert_int_equal(sock_bind(t.k.stack, t.fd, &local), ERR_OK);
		choose(&t, t.fd, SOCK_TCP_USER_TIMEOUT, ms[i]);
		assert_int_equal(sock_connect(t.k.stack, t.fd, &remote, t.k.now_ns),
				 ERR_INPROGRESS);
		tk_advance(&t, (uint64_t)ms[i] * NS_PER_MS - 1);
		assert_int_equal(tk_state(&t), TCP_SYN_SENT);
		tk_advance(&t, 1);
		assert_int_equal(tk_state(&t), TCP_CLOSED);
		assert_int_equal(pending_error(&t), ERR_TIMEDOUT);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

/* A window that stays closed: answers do not count, the user wants his text to move. */
TCP_TEST(a_window_that_stays_closed)
{
	t->window = 0;
	tk_establish(t);
	choose(t, t->fd, SOCK_TCP_USER_TIMEOUT, 10000);
	tk_advance(t, 100 * NS_PER_S);
	tk_write(t, 0, 100);
	for (unsigned i = 0; i < 99; i++) {
		tk_advance(t, 100 * NS_PER_MS);
		kit_sent_clear(&t->k);
		tk_peer_ack(t, 1);
	}
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_advance(t, 100 * NS_PER_MS);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(pending_error(t), ERR_TIMEDOUT);
	/* There was an answer to each, and nothing to send again. */
	tk_expect_field(t, EVENT_TCP_ABORTED, "reason", "window still closed after 5 probes in 10 s");
	kit_sent_clear(&t->k);
}

/* --- Diffserv, TTL --------------------------------------------------------------------------- */

/* MUST-48, MUST-49; SHLD-22: during the connection too. */
TCP_TEST(diffserv_and_ttl)
{
	struct kit_sent *s;

	tk_establish(t);
	assert_int_equal(chosen(t, t->fd, SOCK_IP_TTL), 64);
	choose(t, t->fd, SOCK_IP_TOS, 0xbb); /* EF, and two bits that are not the user's */
	choose(t, t->fd, SOCK_IP_TTL, 7);
	assert_int_equal(chosen(t, t->fd, SOCK_IP_TOS), 0xb8);
	assert_int_equal(chosen(t, t->fd, SOCK_IP_TTL), 7);
	tk_write(t, 0, 100);
	s = tk_take(t);
	assert_int_equal(s->ip.tos & 0xfc, 0xb8);
	assert_int_equal(s->ip.ttl, 7);
	kit_sent_free(s);
}

TCP_TEST(ranges)
{
	static const struct {
		enum sock_option option;
		int64_t least, most;
	} rows[] = {
		{SOCK_TCP_KEEPIDLE, 1, 32767}, {SOCK_TCP_KEEPINTVL, 1, 32767},
		{SOCK_TCP_KEEPCNT, 1, 127}, {SOCK_TCP_USER_TIMEOUT, 0, INT32_MAX},
		{SOCK_IP_TOS, 0, 252}, {SOCK_IP_TTL, 1, 255},
	};

	tk_establish(t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		choose(t, t->fd, rows[i].option, rows[i].least);
		assert_int_equal(chosen(t, t->fd, rows[i].option), rows[i].least);
		choose(t, t->fd, rows[i].option, rows[i].most);
		assert_int_equal(chosen(t, t->fd, rows[i].option), rows[i].most);
		assert_int_equal(sock_setsockopt(t->k.stack, t->fd, rows[i].option,
						 rows[i].most + 4, 0), ERR_INVAL);
		assert_int_equal(sock_setsockopt(t->k.stack, t->fd, rows[i].option,
						 rows[i].least - 1, 0), ERR_INVAL);
		assert_int_equal(chosen(t, t->fd, rows[i].option), rows[i].most);
	}
}
