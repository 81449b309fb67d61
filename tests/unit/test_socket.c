/*
 * SPDX-License-Identifier: MIT
 *
 * Sockets: descriptors, errors as numbers that people know, poll, options, names; datagrams.  What
 * a stream carries is tested in test_tcp_*.
 */
#include <limits.h>

#include "net/socket/table.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define EVERYTHING (SOCK_POLLIN | SOCK_POLLOUT | SOCK_POLLERR | SOCK_POLLHUP)

static int stream(struct tk *t)
{
	return sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);
}

static int dgram(struct tk *t)
{
	return sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_UDP);
}

static void reuse(struct tk *t, int fd)
{
	assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_SO_REUSEADDR, 1, 0), ERR_OK);
}

/* --- descriptors ----------------------------------------------------------------------------- */

TCP_TEST(kinds_that_exist_and_that_do_not)
{
	assert_int_equal(sock_socket(t->k.stack, NET_FAMILY_IPV6, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT),
			 ERR_AFNOSUPPORT);
	assert_int_equal(sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_UDP),
			 ERR_PROTONOSUPPORT);
	assert_int_equal(sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_TCP),
			 ERR_PROTONOSUPPORT);
	assert_int_equal(sock_socket(t->k.stack, NET_FAMILY_IPV4, (enum sock_type)7, 0),
			 ERR_PROTONOSUPPORT);
	assert_int_equal(stream(t), 3);
	assert_int_equal(dgram(t), 4);
}

TCP_TEST(the_lowest_free_descriptor)
{
	assert_int_equal(dgram(t), 3);
	assert_int_equal(dgram(t), 4);
	assert_int_equal(dgram(t), 5);
	assert_int_equal(sock_close(t->k.stack, 4, 0), ERR_OK);
	assert_int_equal(sock_close(t->k.stack, 4, 0), ERR_BADF);
	assert_int_equal(stream(t), 4);
}

TEST(the_table_is_full)
{
	static const struct net_options two = {.max_sockets = 2};
	struct tk t;

	tk_open_with(&t, &two);
	assert_true(stream(&t) > 0);
	assert_true(stream(&t) > 0);
	assert_int_equal(stream(&t), ERR_MFILE);
	assert_int_equal(dgram(&t), ERR_MFILE);
	tk_close(&t);
}

TCP_TEST(every_shortage_of_memory_is_survived)
{
	unsigned shortages = 0;
	int fd = ERR_NOMEM;

	for (; fd < 0; shortages++) {
		size_t before = t->k.kp.live_bytes;

		t->k.kp.fail_after = shortages;
		fd = stream(t);
		if (fd < 0) {
			assert_int_equal(fd, ERR_NOMEM);
			assert_int_equal(t->k.kp.live_bytes, before);
		}
	}
	t->k.kp.fail_after = UINT_MAX;
	assert_int_equal(shortages, 3); /* socket and TCB; with the third it works */
}

TCP_TEST(numbers_that_are_no_descriptors)
{
	static const int fds[] = {-1, 0, 1, 2, 3, 66, 67, INT_MAX, INT_MIN};
	struct net_endpoint e = net_endpoint_ipv4(KIT_PEER_IP, 80);
	int64_t value;
	char b;

	for (unsigned i = 0; i < ARRAY_LEN(fds); i++) {
		int fd = fds[i];

		assert_int_equal(sock_bind(t->k.stack, fd, &e), ERR_BADF);
		assert_int_equal(sock_connect(t->k.stack, fd, &e, 0), ERR_BADF);
		assert_int_equal(sock_listen(t->k.stack, fd, 1), ERR_BADF);
		assert_int_equal(sock_accept(t->k.stack, fd, &e), ERR_BADF);
		assert_int_equal(sock_send(t->k.stack, fd, "x", 1, 0), ERR_BADF);
		assert_int_equal(sock_recv(t->k.stack, fd, &b, 1, 0), ERR_BADF);
		assert_int_equal(sock_sendto(t->k.stack, fd, "x", 1, &e, 0), ERR_BADF);
		assert_int_equal(sock_recvfrom(t->k.stack, fd, &b, 1, &e, 0), ERR_BADF);
		assert_int_equal(sock_shutdown(t->k.stack, fd, SOCK_SHUT_WR, 0), ERR_BADF);
		assert_int_equal(sock_close(t->k.stack, fd, 0), ERR_BADF);
		assert_int_equal(sock_abort(t->k.stack, fd, 0), ERR_BADF);
		assert_int_equal(sock_poll(t->k.stack, fd, EVERYTHING), ERR_BADF);
		assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_SO_ERROR, &value), ERR_BADF);
		assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_TCP_NODELAY, 1, 0), ERR_BADF);
		assert_int_equal(sock_getsockname(t->k.stack, fd, &e), ERR_BADF);
		assert_int_equal(sock_getpeername(t->k.stack, fd, &e), ERR_BADF);
		assert_false(sock_fin_acked(t->k.stack, fd));
		assert_int_equal(sock_last_step(t->k.stack, fd), 0);
	}
}

/* --- streams: what is refused, and with which number ----------------------------------------- */

TCP_TEST(calls_that_come_too_early)
{
	char b;
	struct net_endpoint e;
	int fd;

	fd = stream(t);
	assert_int_equal(sock_send(t->k.stack, fd, "x", 1, 0), ERR_NOTCONN);
	assert_int_equal(sock_recv(t->k.stack, fd, &b, 1, 0), ERR_NOTCONN);
	assert_int_equal(sock_shutdown(t->k.stack, fd, SOCK_SHUT_WR, 0), ERR_NOTCONN);
	assert_int_equal(sock_shutdown(t->k.stack, fd, (enum sock_how)3, 0), ERR_INVAL);
	assert_int_equal(sock_getpeername(t->k.stack, fd, &e), ERR_NOTCONN);
	assert_int_equal(sock_accept(t->k.stack, fd, &e), ERR_INVAL);
	e = net_endpoint_ipv4(KIT_PEER_IP, 80);
	assert_int_equal(sock_sendto(t->k.stack, fd, "x", 1, &e, 0), ERR_NOTCONN);
	assert_int_equal(sock_recvfrom(t->k.stack, fd, &b, 1, &e, 0), ERR_NOTCONN);
}

TCP_TEST(connecting_twice)
{
	struct net_endpoint e = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
	char b;

	tk_connect(t);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &e, t->k.now_ns), ERR_ALREADY);
	assert_int_equal(sock_send(t->k.stack, t->fd, "x", 1, t->k.now_ns), ERR_AGAIN);
	assert_int_equal(sock_recv(t->k.stack, t->fd, &b, 1, t->k.now_ns), ERR_AGAIN);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &e, t->k.now_ns), ERR_ISCONN);
	assert_int_equal(sock_listen(t->k.stack, t->fd, 1), ERR_INVAL);
	kit_sent_clear(&t->k);
}

TEST(addresses_that_cannot_be_reached)
{
	struct net_endpoint far = net_endpoint_ipv4(KIT_FAR_IP, 80);
	struct net_endpoint nowhere = net_endpoint_ipv4(0, 80);
	struct net_endpoint no_port = net_endpoint_ipv4(KIT_PEER_IP, 0);
	struct net_endpoint v6 = {.addr = {.family = NET_FAMILY_IPV6}, .port = 80};
	struct kit k;
	int fd;

	kit_open_bare(&k, 1, NULL);
	fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(k.stack, fd, &nowhere, 0), ERR_ADDRNOTAVAIL);
	assert_int_equal(sock_connect(k.stack, fd, &no_port, 0), ERR_ADDRNOTAVAIL);
	assert_int_equal(sock_connect(k.stack, fd, &v6, 0), ERR_AFNOSUPPORT);
	assert_int_equal(sock_bind(k.stack, fd, &v6), ERR_AFNOSUPPORT);
	assert_int_equal(sock_connect(k.stack, fd, &far, 0), ERR_ADDRNOTAVAIL); /* no address yet */
	assert_int_equal(net_set_ipv4(k.stack, &k.netif, KIT_IP, KIT_MASK), ERR_OK);
	assert_int_equal(sock_connect(k.stack, fd, &far, 0), ERR_NETUNREACH);
	kit_close(&k);
}

TCP_TEST(binding)
{
	struct net_endpoint ours = net_endpoint_ipv4(KIT_IP, 1234);
	struct net_endpoint any = net_endpoint_ipv4(0, 1234);
	struct net_endpoint foreign = net_endpoint_ipv4(KIT_PEER_IP, 1234);
	struct net_endpoint name;
	int a, b;

	a = stream(t);
	b = stream(t);
	assert_int_equal(sock_bind(t->k.stack, a, &foreign), ERR_ADDRNOTAVAIL);
	assert_int_equal(sock_bind(t->k.stack, a, &any), ERR_OK);
	assert_int_equal(sock_bind(t->k.stack, a, &any), ERR_INVAL);
	assert_int_equal(sock_getsockname(t->k.stack, a, &name), ERR_OK);
	assert_int_equal(name.port, 1234);
	assert_int_equal(sock_listen(t->k.stack, a, 1), ERR_OK);
	assert_int_equal(sock_bind(t->k.stack, b, &ours), ERR_ADDRINUSE);
	assert_int_equal(sock_close(t->k.stack, a, 0), ERR_OK);
	assert_int_equal(sock_bind(t->k.stack, b, &ours), ERR_OK);
}

TCP_TEST(one_listener_a_port)
{
	struct net_endpoint ours = net_endpoint_ipv4(KIT_IP, 1234);
	struct net_endpoint any = net_endpoint_ipv4(0, 1234);
	int a, b, c;

	a = stream(t);
	b = stream(t);
	c = stream(t);
	assert_int_equal(sock_bind(t->k.stack, a, &ours), ERR_OK);
	assert_int_equal(sock_bind(t->k.stack, b, &ours), ERR_ADDRINUSE);
	reuse(t, b);
	assert_int_equal(sock_bind(t->k.stack, b, &ours), ERR_ADDRINUSE); /* a does not share */
	reuse(t, a);
	assert_int_equal(sock_bind(t->k.stack, b, &ours), ERR_OK); /* MUST-42: both may connect */
	assert_int_equal(sock_listen(t->k.stack, a, 1), ERR_OK);
	assert_int_equal(sock_listen(t->k.stack, a, 2), ERR_OK);
	assert_int_equal(sock_listen(t->k.stack, b, 1), ERR_ADDRINUSE);
	reuse(t, c);
	assert_int_equal(sock_bind(t->k.stack, c, &any), ERR_ADDRINUSE);
	assert_int_equal(sock_close(t->k.stack, a, 0), ERR_OK);
	assert_int_equal(sock_listen(t->k.stack, b, 1), ERR_OK);
}

/* Two connections from one port to one peer are one four-tuple. */
TCP_TEST(a_four_tuple_is_taken_once)
{
	struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
	struct net_endpoint other = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT + 1);
	int fd;

	tk_connect(t);
	fd = stream(t);
	assert_int_equal(sock_bind(t->k.stack, fd, &local), ERR_ADDRINUSE);
	reuse(t, t->fd);
	reuse(t, fd);
	assert_int_equal(sock_bind(t->k.stack, fd, &local), ERR_OK);
	assert_int_equal(sock_connect(t->k.stack, fd, &peer, t->k.now_ns), ERR_ADDRINUSE);
	assert_int_equal(sock_connect(t->k.stack, fd, &other, t->k.now_ns), ERR_INPROGRESS);
	kit_sent_clear(&t->k);
}

TCP_TEST(names)
{
	struct net_endpoint e;

	tk_establish(t);
	assert_int_equal(sock_getsockname(t->k.stack, t->fd, &e), ERR_OK);
	assert_int_equal(net_addr_to_ipv4(&e.addr), KIT_IP);
	assert_int_equal(e.port, TK_PORT);
	assert_int_equal(sock_getpeername(t->k.stack, t->fd, &e), ERR_OK);
	assert_int_equal(net_addr_to_ipv4(&e.addr), KIT_PEER_IP);
	assert_int_equal(e.port, TK_PEER_PORT);
	assert_string_equal(sock_state_name(tk_state(t)), "ESTABLISHED");
	assert_string_equal(sock_state_name(99), "?");
}

TCP_TEST(options_have_values)
{
	int64_t value;
	int fd;

	fd = stream(t);
	assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_SO_RCVBUF, 100000, 0), ERR_OK);
	assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_SO_SNDBUF, 1, 0), ERR_OK);
	assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_SO_SNDBUF, -1, 0), ERR_INVAL);
	assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_SO_RCVBUF, &value), ERR_OK);
	assert_int_equal(value, 100000);
	assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_SO_SNDBUF, &value), ERR_OK);
	assert_int_equal(value, 2048); /* clamped */
	assert_int_equal(sock_setsockopt(t->k.stack, fd, SOCK_TCP_STATE, 1, 0), ERR_NOPROTOOPT);
	assert_int_equal(sock_getsockopt(t->k.stack, fd, (enum sock_option)99, &value),
			 ERR_NOPROTOOPT);
	assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_TCP_SRTT_US, &value), ERR_OK);
	assert_int_equal(value, 0);
	assert_int_equal(sock_getsockopt(t->k.stack, dgram(t), SOCK_TCP_NODELAY, &value),
			 ERR_NOPROTOOPT);
	tk_establish(t);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_SO_RCVBUF, 5000, 0), ERR_ISCONN);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, 1, 0), ERR_OK);
	assert_int_equal(sock_getsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, &value), ERR_OK);
	assert_int_equal(value, 1);
}

/* --- streams: poll --------------------------------------------------------------------------- */

TEST(poll_follows_a_stream)
{
	static const struct net_options small = {.sndbuf = 2048, .rcvbuf = 4096};
	char buf[2048];
	struct tk t;

	tk_open_with(&t, &small);
	t.fd = stream(&t);
	assert_int_equal(sock_poll(t.k.stack, t.fd, EVERYTHING) & SOCK_POLLHUP, SOCK_POLLHUP);
	assert_int_equal(sock_close(t.k.stack, t.fd, 0), ERR_OK);
	tk_connect(&t);
	assert_int_equal(sock_poll(t.k.stack, t.fd, EVERYTHING), 0);
	TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	assert_int_equal(sock_poll(t.k.stack, t.fd, EVERYTHING), SOCK_POLLOUT);
	assert_int_equal(sock_poll(t.k.stack, t.fd, SOCK_POLLIN), 0);
	tk_write(&t, 0, 2048);
	assert_int_equal(sock_send(t.k.stack, t.fd, "x", 1, t.k.now_ns), ERR_AGAIN);
	assert_int_equal(sock_poll(t.k.stack, t.fd, EVERYTHING), 0);
	TK_SEND(&t, .seq = 1, .ack = 101, .flags = TCP_ACK, .data = "abc", .len = 3);
	assert_int_equal(sock_poll(t.k.stack, t.fd, EVERYTHING), SOCK_POLLIN | SOCK_POLLOUT);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), 3);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), ERR_AGAIN);
	TK_SEND(&t, .seq = 4, .ack = 101, .flags = TCP_ACK | TCP_FIN);
	assert_int_equal(sock_poll(t.k.stack, t.fd, EVERYTHING), SOCK_POLLIN | SOCK_POLLOUT);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), 0);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	assert_int_equal(sock_poll(t.k.stack, t.fd, 0), SOCK_POLLHUP);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* --- datagrams ------------------------------------------------------------------------------- */

static void datagram_in(struct tk *t, uint16_t from, uint16_t to, const char *text)
{
	struct kit_frame f;

	kit_build_udp(&f, &(struct kit_ipv4){0}, from, to, text, strlen(text));
	kit_inject_frame(&t->k, &f);
}

TCP_TEST(datagrams_both_ways)
{
	struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 7), from, name;
	struct kit_sent *s;
	char buf[8];
	int fd;

	fd = dgram(t);
	assert_int_equal(sock_poll(t->k.stack, fd, EVERYTHING), SOCK_POLLOUT);
	assert_int_equal(sock_send(t->k.stack, fd, "x", 1, 0), ERR_DESTADDRREQ);
	assert_int_equal(sock_sendto(t->k.stack, fd, "hello", 5, &peer, t->k.now_ns), 5);
	s = kit_expect(&t->k);
	assert_true(s->is_udp);
	assert_int_equal(s->udp.dst_port, 7);
	assert_memory_equal(s->payload, "hello", 5);
	assert_int_equal(sock_getsockname(t->k.stack, fd, &name), ERR_OK);
	assert_int_equal(name.port, s->udp.src_port);
	kit_sent_free(s);
	assert_int_equal(sock_recvfrom(t->k.stack, fd, buf, sizeof(buf), &from, 0), ERR_AGAIN);
	datagram_in(t, 7, name.port, "hello there");
	datagram_in(t, 8, name.port, "second");
	assert_int_equal(sock_poll(t->k.stack, fd, EVERYTHING), SOCK_POLLIN | SOCK_POLLOUT);
	assert_int_equal(sock_recvfrom(t->k.stack, fd, buf, sizeof(buf), &from, 0), 8); /* cut */
	assert_memory_equal(buf, "hello th", 8);
	assert_int_equal(from.port, 7);
	assert_int_equal(sock_recv(t->k.stack, fd, buf, sizeof(buf), 0), 6);
	assert_int_equal(sock_recv(t->k.stack, fd, buf, sizeof(buf), 0), ERR_AGAIN);
	assert_int_equal(sock_close(t->k.stack, fd, 0), ERR_OK);
}

TCP_TEST(a_connected_datagram_socket)
{
	struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 7), name;
	char buf[8];
	int fd;

	fd = dgram(t);
	assert_int_equal(sock_getpeername(t->k.stack, fd, &name), ERR_NOTCONN);
	assert_int_equal(sock_connect(t->k.stack, fd, &peer, 0), ERR_OK);
	assert_int_equal(sock_getpeername(t->k.stack, fd, &name), ERR_OK);
	assert_int_equal(name.port, 7);
	assert_int_equal(sock_getsockname(t->k.stack, fd, &name), ERR_OK);
	assert_int_equal(sock_send(t->k.stack, fd, "hi", 2, t->k.now_ns), 2);
	kit_sent_clear(&t->k);
	datagram_in(t, 8, name.port, "stranger");
	datagram_in(t, 7, name.port, "peer");
	assert_int_equal(sock_recv(t->k.stack, fd, buf, sizeof(buf), 0), 4);
	kit_sent_clear(&t->k);
	assert_int_equal(sock_shutdown(t->k.stack, fd, SOCK_SHUT_RDWR, 0), ERR_OK);
	assert_int_equal(sock_send(t->k.stack, fd, "hi", 2, 0), ERR_PIPE);
	assert_int_equal(sock_recv(t->k.stack, fd, buf, sizeof(buf), 0), 0);
	assert_true(sock_poll(t->k.stack, fd, 0) & SOCK_POLLHUP);
}

TCP_TEST(an_icmp_error_comes_back_as_a_number)
{
	struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 7), name;
	int64_t err;
	char buf[8];
	int fd;

	fd = dgram(t);
	assert_int_equal(sock_connect(t->k.stack, fd, &peer, 0), ERR_OK);
	assert_int_equal(sock_getsockname(t->k.stack, fd, &name), ERR_OK);
	for (unsigned i = 0; i < 3; i++) {
		kit_udp_unreachable(t->k.stack, KIT_IP, name.port, KIT_PEER_IP, 7, ERR_CONNREFUSED);
		assert_true(sock_poll(t->k.stack, fd, 0) & SOCK_POLLERR);
		if (i == 0)
			assert_int_equal(sock_recv(t->k.stack, fd, buf, 8, 0), ERR_CONNREFUSED);
		else if (i == 1)
			assert_int_equal(sock_send(t->k.stack, fd, "x", 1, 0), ERR_CONNREFUSED);
		else
			assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_SO_ERROR, &err), ERR_OK);
		assert_false(sock_poll(t->k.stack, fd, 0) & SOCK_POLLERR);
	}
	assert_int_equal(err, ERR_CONNREFUSED);
}

TCP_TEST(a_datagram_port_is_taken_once)
{
	struct net_endpoint local = net_endpoint_ipv4(0, 500);
	int a, b;

	a = dgram(t);
	b = dgram(t);
	assert_int_equal(sock_bind(t->k.stack, a, &local), ERR_OK);
	assert_int_equal(sock_bind(t->k.stack, a, &local), ERR_INVAL);
	assert_int_equal(sock_bind(t->k.stack, b, &local), ERR_ADDRINUSE);
	assert_int_equal(sock_close(t->k.stack, a, 0), ERR_OK);
	assert_int_equal(sock_bind(t->k.stack, b, &local), ERR_OK);
	assert_int_equal(sock_listen(t->k.stack, b, 1), ERR_OPNOTSUPP);
}
