/*
 * SPDX-License-Identifier: MIT
 *
 * What a RST of ours carries: the timestamps of its connection (RFC 7323 3.2), its Diffserv field and
 * TTL; and nothing where there is no connection.
 */
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/options.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* The next segment is a RST with timestamps, `tsval` and `tsecr`, or without any. */
static void expect_rst(struct tk *t, uint8_t flags, bool timestamps, uint32_t tsval, uint32_t tsecr)
{
	struct kit_sent *s = tk_take(t);
	struct tcp_options opt;

	assert_non_null(s);
	assert_int_equal(s->tcp.flags, flags);
	assert_int_equal(s->payload_len, 0);
	assert_int_equal(s->tcp.header_len, timestamps ? 32 : 20);
	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, false);
	assert_int_equal(opt.has_timestamps, timestamps);
	if (timestamps) {
		assert_int_equal(opt.ts_val, tsval);
		assert_int_equal(opt.ts_ecr, tsecr);
	}
	kit_sent_free(s);
}

TCP_TEST(an_abort_has_timestamps)
{
	uint32_t tsval;

	tk_establish(t);
	t->k.now_ns += 5 * NS_PER_S;
	tsval = tcp_timestamp(tk_tcb(t), t->k.now_ns);
	assert_int_equal(tsval - t->ts_echo, 5000);
	assert_int_equal(sock_abort(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	expect_rst(t, TCP_RST | TCP_ACK, true, tsval, t->tsval);
}

TCP_TEST(not_where_they_were_not_agreed_on)
{
	t->timestamps = false;
	tk_establish(t);
	assert_int_equal(sock_abort(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	expect_rst(t, TCP_RST | TCP_ACK, false, 0, 0);
}

/* Unread data; data after CLOSE; a listener that closes. */
TEST(the_others_too)
{
	uint32_t tsval;
	struct tk t;

	tk_open(&t);
	tk_establish(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	kit_sent_clear(&t.k);
	tsval = tcp_timestamp(tk_tcb(&t), t.k.now_ns);
	assert_int_equal(sock_close(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	expect_rst(&t, TCP_RST | TCP_ACK, true, tsval, t.tsval);
	tk_close(&t);

	tk_open(&t);
	tk_establish(&t);
	tsval = tcp_timestamp(tk_tcb(&t), t.k.now_ns);
	assert_int_equal(sock_close(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	kit_poll(&t.k);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	expect_rst(&t, TCP_RST | TCP_ACK, true, tsval, t.tsval);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK); /* now there is no connection any more */
	expect_rst(&t, TCP_RST, false, 0, 0);
	tk_close(&t);
}

/* RFC 7323 3.2: TSecr is 0 where there is no ACK. */
TCP_TEST(a_rst_without_ack_echoes_nothing)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	expect_rst(t, TCP_RST, true, t->ts_echo, 0);
	assert_int_equal(sock_close(t->k.stack, t->listener, t->k.now_ns), ERR_OK);
	expect_rst(t, TCP_RST | TCP_ACK, true, t->ts_echo, t->tsval);
}

/* RFC 9293 3.9.2, MUST-48, MUST-49: the last segment of a connection, too. */
TCP_TEST(it_travels_as_the_others_did)
{
	struct kit_sent *s;

	tk_establish(t);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_IP_TOS, 0xb8, t->k.now_ns),
			 ERR_OK);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_IP_TTL, 7, t->k.now_ns),
			 ERR_OK);
	assert_int_equal(sock_abort(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	s = tk_take(t);
	assert_int_equal(s->ip.tos, 0xb8);
	assert_int_equal(s->ip.ttl, 7);
	kit_sent_free(s);
}
