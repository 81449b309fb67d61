/*
 * SPDX-License-Identifier: MIT
 *
 * SOCK_TCP_CORK and SOCK_MSG_MORE: what waits, how long, and what ends it.
 */
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static void set(struct tk *t, enum sock_option option, int64_t value)
{
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, option, value, t->k.now_ns), ERR_OK);
}

static void open_corked(struct tk *t)
{
	tk_open(t);
	tk_establish(t);
	set(t, SOCK_TCP_CORK, 1);
}

static void write_more(struct tk *t, size_t offset, size_t len)
{
	uint8_t buf[2000];

	for (size_t i = 0; i < len; i++)
		buf[i] = tk_byte(offset + i);
	assert_int_equal(sock_send_flags(t->k.stack, t->fd, buf, len, SOCK_MSG_MORE, t->k.now_ns),
			 len);
}

/* Full segments leave, the rest waits, together with what follows; off, and it goes at once, though
 * Nagle would wait for an ACK. */
TEST(full_segments_only)
{
	int64_t value;
	struct tk t;

	open_corked(&t);
	assert_int_equal(sock_getsockopt(t.k.stack, t.fd, SOCK_TCP_CORK, &value), ERR_OK);
	assert_int_equal(value, 1);
	tk_write(&t, 0, 1000);
	tk_write(&t, 1000, 400);
	TK_EXPECT_NOTHING(&t);
	tk_write(&t, 1400, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 1, TK_FULL);
	TK_EXPECT_NOTHING(&t);
	set(&t, SOCK_TCP_CORK, 0);
	TK_EXPECT(&t, TCP_ACK, TK_SEG(1), 1, 1500 - TK_FULL);
	tk_write(&t, 1500, 10); /* but this is Nagle's again */
	TK_EXPECT_NOTHING(&t);
	tk_peer_ack(&t, 1501);
	TK_EXPECT(&t, TCP_ACK, 1501, 1, 10);
	tk_close(&t);
}

/* 200 ms, however long the round trip and whatever Nagle says; what comes later waits anew. */
TCP_TEST(two_hundred_milliseconds)
{
	tk_establish_over(t, 2 * NS_PER_S);
	set(t, SOCK_TCP_CORK, 1);
	tk_write(t, 0, 10);
	tk_advance(t, 150 * NS_PER_MS);
	tk_write(t, 10, 10); /* is no new beginning */
	tk_advance(t, 49 * NS_PER_MS);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, NS_PER_MS);
	TK_EXPECT(t, TCP_ACK, 1, 1, 20);
	tk_write(t, 20, 10);
	tk_advance(t, 199 * NS_PER_MS);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, NS_PER_MS); /* nothing was acknowledged yet */
	TK_EXPECT(t, TCP_ACK, 21, 1, 10);
	tk_write(t, 30, TK_FULL + 5);
	TK_EXPECT(t, TCP_ACK, 31, 1, TK_FULL);
	tk_advance(t, 199 * NS_PER_MS);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, NS_PER_MS);
	TK_EXPECT(t, TCP_ACK, 31 + TK_FULL, 1, 5);
	tk_write(t, 35 + TK_FULL, 10);
	tk_advance(t, 150 * NS_PER_MS);
	tk_write(t, 45 + TK_FULL, TK_FULL); /* a full one goes, and what is left is new */
	TK_EXPECT(t, TCP_ACK, 36 + TK_FULL, 1, TK_FULL);
	tk_advance(t, 199 * NS_PER_MS);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, NS_PER_MS);
	TK_EXPECT(t, TCP_ACK, 36 + 2 * TK_FULL, 1, 10);
	tk_peer_ack(t, 46 + 2 * TK_FULL);
	assert_false(tcp_timer_is_set(tk_tcb(t), TCP_TIMER_CORK));
}

TEST(nodelay_changes_nothing)
{
	struct tk t;

	open_corked(&t);
	set(&t, SOCK_TCP_NODELAY, 1);
	tk_write(&t, 0, 10);
	TK_EXPECT_NOTHING(&t);
	set(&t, SOCK_TCP_CORK, 0);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 10);
	tk_write(&t, 10, 10);
	TK_EXPECT(&t, TCP_ACK, 11, 1, 10);
	tk_close(&t);
}

/* ... but what waits when it is set goes, as in tcp(7), whether or not it was set before. */
TEST(nodelay_flushes)
{
	struct tk t;

	open_corked(&t);
	for (unsigned i = 0; i < 2; i++) {
		tk_write(&t, 10 * i, 10);
		TK_EXPECT_NOTHING(&t);
		set(&t, SOCK_TCP_NODELAY, 1);
		TK_EXPECT(&t, TCP_ACK, 1 + 10 * i, 1, 10);
	}
	tk_write(&t, 20, 10);
	set(&t, SOCK_TCP_NODELAY, 0);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

TEST(the_end_of_the_stream_ends_it)
{
	struct tk t;

	open_corked(&t);
	tk_write(&t, 0, 10);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	TK_EXPECT(&t, TCP_ACK | TCP_FIN, 1, 1, 10);
	tk_close(&t);
	open_corked(&t);
	tk_write(&t, 0, 10);
	assert_int_equal(sock_close(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	t.fd = -1;
	TK_EXPECT(&t, TCP_ACK | TCP_FIN, 1, 1, 10);
	tk_close(&t);
}

/* A write that takes nothing in is a next one all the same: what waited for it does not wait for ever. */
TCP_TEST(more_that_does_not_come)
{
	tk_establish(t);
	write_more(t, 0, 10);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(sock_send(t->k.stack, t->fd, "", 0, t->k.now_ns), 0);
	TK_EXPECT(t, TCP_ACK, 1, 1, 10);
	tk_peer_ack(t, 11);
	write_more(t, 10, 10);
	write_more(t, 20, 0); /* nothing more is no end of it */
	TK_EXPECT_NOTHING(t);
	tk_advance(t, TCP_CORK_NS);
	TK_EXPECT(t, TCP_ACK, 11, 1, 10);
}

/* A send buffer that is smaller than a segment: who waits for room does not wait for the cork. */
TEST(a_full_buffer_goes)
{
	uint8_t buf[100];
	struct tk t;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = tk_byte(10 + i);
	open_corked(&t);
	tk_write(&t, 0, 10);
	tk_turn(&t, TCP_KNOB_SND_BUF_LIMIT, 100);
	assert_int_equal(sock_send(t.k.stack, t.fd, buf, 100, t.k.now_ns), 90);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 100);
	tk_peer_ack(&t, 101);
	tk_write(&t, 100, 100);
	TK_EXPECT_NOTHING(&t); /* it was just enough */
	assert_int_equal(sock_send(t.k.stack, t.fd, "x", 1, t.k.now_ns), ERR_AGAIN);
	TK_EXPECT(&t, TCP_ACK, 101, 1, 100);
	tk_close(&t);
}

TEST(urgent_data_does_not_wait)
{
	struct kit_sent *s;
	struct tk t;

	open_corked(&t);
	tk_write(&t, 0, 10);
	assert_int_equal(sock_send_oob(t.k.stack, t.fd, "!", 1, t.k.now_ns), 1);
	s = tk_take(&t);
	assert_int_equal(s->payload_len, 11);
	assert_true(s->tcp.flags & TCP_URG);
	kit_sent_free(s);
	tk_close(&t);
}

/* Nothing goes beyond a window because of it, and a closed one is asked for as ever. */
TEST(the_peer_s_window)
{
	struct tk t;

	open_corked(&t);
	t.window = 0;
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	tk_write(&t, 0, 10);
	tk_advance(&t, 250 * NS_PER_MS);
	TK_EXPECT(&t, TCP_ACK, 0, 1, 0); /* a probe */
	t.window = 1000;
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(&t); /* it is open, and the user may add something */
	tk_advance(&t, 199 * NS_PER_MS);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, NS_PER_MS);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 10);
	tk_peer_ack(&t, 11);
	set(&t, SOCK_TCP_CORK, 0);
	tk_close(&t);
}

/* Many full segments wait for the congestion window; only the last one is the cork's. */
TEST(the_congestion_window)
{
	struct tk t;

	open_corked(&t);
	tk_write(&t, 0, 11 * TK_FULL + 7);
	tk_expect_segments(&t, 0, 10);
	assert_false(tcp_timer_is_set(tk_tcb(&t), TCP_TIMER_CORK));
	tk_peer_ack(&t, TK_SEG(10));
	tk_expect_segments(&t, 10 * TK_FULL, 1);
	TK_EXPECT_NOTHING(&t);
	set(&t, SOCK_TCP_CORK, 0);
	TK_EXPECT(&t, TCP_ACK, TK_SEG(11), 1, 7);
	tk_close(&t);
}

TCP_TEST(more_follows)
{
	tk_establish(t);
	write_more(t, 0, 100);
	TK_EXPECT_NOTHING(t);
	tk_write(t, 100, 50);
	TK_EXPECT(t, TCP_ACK, 1, 1, 150);
	tk_peer_ack(t, 151);
	write_more(t, 150, 100);
	tk_advance(t, 200 * NS_PER_MS); /* it did not */
	TK_EXPECT(t, TCP_ACK, 151, 1, 100);
	tk_peer_ack(t, 251);
	write_more(t, 250, TK_FULL + 1); /* full ones do not wait for it */
	TK_EXPECT(t, TCP_ACK, 251, 1, TK_FULL);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_ACK | TCP_FIN, 251 + TK_FULL, 1, 1);
}

TCP_TEST(flags_that_are_none)
{
	int fd;

	tk_establish(t);
	assert_int_equal(sock_send_flags(t->k.stack, t->fd, "x", 1, 0x1, t->k.now_ns), ERR_INVAL);
	assert_int_equal(sock_send_flags(t->k.stack, t->fd, "x", 1, 0, t->k.now_ns), 1);
	assert_int_equal(sock_send_flags(t->k.stack, 99, "x", 1, 0, t->k.now_ns), ERR_BADF);
	fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
	assert_int_equal(sock_send_flags(t->k.stack, fd, "x", 1, SOCK_MSG_MORE, t->k.now_ns),
			 ERR_OPNOTSUPP);
	kit_sent_clear(&t->k);
}
