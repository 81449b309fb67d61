/*
 * SPDX-License-Identifier: MIT
 *
 * SOCK_TCP_MAXSEG: what is offered, what is sent, what is said about it.
 */
#include "net/tcp/conn/options.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static int set(struct tk *t, int fd, int64_t size)
{
	return sock_setsockopt(t->k.stack, fd, SOCK_TCP_MAXSEG, size, t->k.now_ns);
}

static int64_t get(struct tk *t, int fd)
{
	int64_t value;

	assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_TCP_MAXSEG, &value), ERR_OK);
	return value;
}

static int stream(struct tk *t)
{
	return sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);
}

/* The MSS option of the next segment, a SYN or SYN-ACK. */
static unsigned offered(struct tk *t)
{
	struct kit_sent *s = tk_take(t);
	struct tcp_options opt;

	assert_non_null(s);
	assert_true(s->tcp.flags & TCP_SYN);
	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, true);
	kit_sent_free(s);
	return opt.mss;
}

TCP_TEST(the_numbers)
{
	int fd;

	fd = stream(t);
	assert_int_equal(get(t, fd), 536);
	assert_int_equal(set(t, fd, 87), ERR_INVAL);
	assert_int_equal(set(t, fd, 32768), ERR_INVAL);
	assert_int_equal(get(t, fd), 536);
	assert_int_equal(set(t, fd, 88), ERR_OK);
	assert_int_equal(get(t, fd), 88);
	assert_int_equal(set(t, fd, 32767), ERR_OK);
	assert_int_equal(get(t, fd), 32767);
	assert_int_equal(set(t, fd, 0), ERR_OK);
	assert_int_equal(get(t, fd), 536);
	fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
	assert_int_equal(set(t, fd, 1000), ERR_NOPROTOOPT);
	tk_establish(t);
	assert_int_equal(get(t, t->fd), TK_FULL);
}

/* Offered, and sent; more than the link takes changes nothing. */
TEST(before_connect)
{
	static const struct { int64_t chosen; unsigned offered, full; } cases[] = {
		{0, 1460, TK_FULL}, {1000, 1000, 988}, {88, 88, 76}, {9000, 1460, TK_FULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct net_endpoint to = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
		const struct net_endpoint from = net_endpoint_ipv4(0, TK_PORT);
		struct tk t;

		tk_open(&t);
		t.fd = stream(&t);
		assert_int_equal(set(&t, t.fd, cases[i].chosen), ERR_OK);
		assert_int_equal(sock_bind(t.k.stack, t.fd, &from), ERR_OK);
		assert_int_equal(sock_connect(t.k.stack, t.fd, &to, t.k.now_ns), ERR_INPROGRESS);
		t.iss = tk_inspect(&t).iss;
		assert_int_equal(offered(&t), cases[i].offered);
		TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
		TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
		assert_int_equal(get(&t, t.fd), cases[i].full);
		tk_write(&t, 0, 2 * cases[i].full);
		TK_EXPECT(&t, TCP_ACK, 1, 1, cases[i].full);
		TK_EXPECT(&t, TCP_ACK, 1 + cases[i].full, 1, cases[i].full);
		tk_close(&t);
	}
}

TCP_TEST(of_a_listener)
{
	tk_listen(t, 1);
	assert_int_equal(set(t, t->listener, 600), ERR_OK);
	TK_SEND(t, .flags = TCP_SYN);
	t->iss = TK_ISS;
	assert_int_equal(offered(t), 600);
}

/* Later it bounds what is sent, what goes again too; 0 and larger ones take that back. */
TCP_TEST(of_a_connection)
{
	tk_establish(t);
	tk_write(t, 0, 4 * TK_FULL);
	tk_expect_segments(t, 0, 4);
	assert_int_equal(set(t, t->fd, 500), ERR_OK);
	assert_int_equal(get(t, t->fd), 488);
	TK_EXPECT_NOTHING(t); /* nothing is lost because of it */
	TK_SACK(t, 1, TK_SEG(1), TK_SEG(4));
	TK_EXPECT(t, TCP_ACK, 1, 1, 488);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, TK_SEG(4));
	tk_write(t, 4 * TK_FULL, 976);
	TK_EXPECT(t, TCP_ACK, TK_SEG(4), 1, 488);
	TK_EXPECT(t, TCP_ACK, TK_SEG(4) + 488, 1, 488);
	assert_int_equal(set(t, t->fd, 0), ERR_OK);
	tk_peer_ack(t, TK_SEG(4) + 976);
	assert_int_equal(get(t, t->fd), TK_FULL);
	assert_int_equal(set(t, t->fd, 9000), ERR_OK);
	tk_write(t, 4 * TK_FULL + 976, TK_FULL);
	TK_EXPECT(t, TCP_ACK, TK_SEG(4) + 976, 1, TK_FULL);
}
