/*
 * SPDX-License-Identifier: MIT
 *
 * Sockets, call by call, where one answer does not tell all: very many descriptors, binding, new
 * attempts, disconnecting, peeking, polling many, options, broadcasts.  What each call answers in each
 * state is in test_socket_states.c.
 */
#include "net/socket/table.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static const struct net_endpoint none = {.port = 0};

static int stream(struct tk *t)
{
	return sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);
}

static int dgram(struct tk *t)
{
	return sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_DGRAM, SOCK_PROTO_DEFAULT);
}

static void set(struct tk *t, int fd, enum sock_option option, int64_t value)
{
	assert_int_equal(sock_setsockopt(t->k.stack, fd, option, value, t->k.now_ns), ERR_OK);
}

static int64_t get(struct tk *t, int fd, enum sock_option option)
{
	int64_t value;

	assert_int_equal(sock_getsockopt(t->k.stack, fd, option, &value), ERR_OK);
	return value;
}

static struct net_endpoint name_of(struct tk *t, int fd)
{
	struct net_endpoint name;

	assert_int_equal(sock_getsockname(t->k.stack, fd, &name), ERR_OK);
	return name;
}

static int bind_to(struct tk *t, int fd, uint32_t ipv4, uint16_t port)
{
	const struct net_endpoint local = net_endpoint_ipv4(ipv4, port);

	return sock_bind(t->k.stack, fd, &local);
}

static int connect_to(struct tk *t, int fd, uint32_t ipv4, uint16_t port)
{
	const struct net_endpoint remote = net_endpoint_ipv4(ipv4, port);

	return sock_connect(t->k.stack, fd, &remote, t->k.now_ns);
}

/* --- descriptors ----------------------------------------------------------------------------- */

TEST(every_descriptor_there_can_be)
{
	static const struct net_options all = {.max_sockets = UINT16_MAX};
	static const int closed[] = {3, 66, 67, 4098, 4099, 4100, 65000, 65537};
	struct tk t;

	tk_open_with(&t, &all);
	for (int i = 0; i < UINT16_MAX; i++)
		assert_int_equal(dgram(&t), i + 3);
	assert_int_equal(dgram(&t), ERR_MFILE);
	for (unsigned i = 0; i < ARRAY_LEN(closed); i++)
		assert_int_equal(sock_close(t.k.stack, closed[ARRAY_LEN(closed) - 1 - i], 0), ERR_OK);
	for (unsigned i = 0; i < ARRAY_LEN(closed); i++)
		assert_int_equal(dgram(&t), closed[i]); /* the lowest first */
	assert_int_equal(dgram(&t), ERR_MFILE);
	tk_close(&t);
}

/* --- binding --------------------------------------------------------------------------------- */

TCP_TEST(port_0_is_chosen_at_once)
{
	int a, b, l;

	a = stream(t);
	b = stream(t);
	l = stream(t);
	assert_int_equal(name_of(t, a).addr.family, NET_FAMILY_IPV4);
	assert_int_equal(name_of(t, a).port, 0);
	assert_int_equal(bind_to(t, a, 0, 0), ERR_OK);
	assert_int_equal(bind_to(t, b, 0, 0), ERR_OK);
	assert_in_range(name_of(t, a).port, 49152, 65535);
	assert_int_not_equal(name_of(t, a).port, name_of(t, b).port);
	assert_int_equal(sock_listen(t->k.stack, l, 1), ERR_OK);
	assert_in_range(name_of(t, l).port, 49152, 65535);
	assert_int_equal(connect_to(t, a, KIT_PEER_IP, 80), ERR_INPROGRESS);
	kit_sent_clear(&t->k);
}

/* SO_REUSEADDR is what a server that starts again needs. */
TCP_TEST(a_port_with_connections_on_it)
{
	uint16_t port;
	int fd;

	tk_listen(t, 1);
	set(t, t->listener, SOCK_SO_REUSEADDR, 1);
	tk_accept(t);
	assert_int_equal(get(t, t->fd, SOCK_SO_REUSEADDR), 1); /* the listener's */
	port = name_of(t, t->listener).port;
	assert_int_equal(sock_close(t->k.stack, t->listener, t->k.now_ns), ERR_OK);
	fd = stream(t);
	assert_int_equal(bind_to(t, fd, 0, port), ERR_ADDRINUSE);
	set(t, fd, SOCK_SO_REUSEADDR, 1);
	assert_int_equal(bind_to(t, fd, 0, port), ERR_OK);
	assert_int_equal(sock_listen(t->k.stack, fd, 1), ERR_OK);
}

/* However many connections there are: bind() looks at them only where one may have the port. */
TCP_TEST(a_free_port_is_found_without_a_walk)
{
	struct tcp_layer *layer;
	struct tcb **buckets;
	uint16_t port;

	layer = t->k.stack->tcp;
	tk_listen(t, 1);
	tk_accept(t);
	port = name_of(t, t->listener).port;
	assert_int_equal(sock_close(t->k.stack, t->listener, t->k.now_ns), ERR_OK);
	buckets = layer->buckets;
	layer->buckets = NULL;
	assert_int_equal(bind_to(t, stream(t), 0, (uint16_t)(port + 1)), ERR_OK);
	assert_int_equal(bind_to(t, stream(t), 0, 0), ERR_OK);
	layer->buckets = buckets;
	assert_int_equal(bind_to(t, stream(t), 0, port), ERR_ADDRINUSE);
	assert_int_equal(bind_to(t, stream(t), 0, (uint16_t)(port + TCP_PORT_GROUPS / 2)), ERR_OK);
	assert_int_equal(sock_abort(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	kit_sent_clear(&t->k);
	for (unsigned i = 0; i < TCP_PORT_GROUPS; i++)
		assert_int_equal(layer->port_users[i], 0);
}

TCP_TEST(a_port_in_time_wait)
{
	int fd;

	tk_reach(t, TCP_TIME_WAIT);
	assert_int_equal(sock_close(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	fd = stream(t);
	assert_int_equal(bind_to(t, fd, 0, TK_PORT), ERR_ADDRINUSE);
	tk_advance(t, 61 * NS_PER_S);
	assert_int_equal(bind_to(t, fd, 0, TK_PORT), ERR_OK);
}

TCP_TEST(a_closed_socket_leaves_its_port)
{
	int a, b;

	a = stream(t);
	b = stream(t);
	assert_int_equal(bind_to(t, a, 0, 500), ERR_OK);
	assert_int_equal(bind_to(t, b, KIT_IP, 500), ERR_ADDRINUSE);
	assert_int_equal(bind_to(t, b, KIT_IP, 500 + 64), ERR_OK); /* on the same list */
	assert_int_equal(sock_close(t->k.stack, a, 0), ERR_OK);
	a = stream(t);
	assert_int_equal(bind_to(t, a, KIT_IP, 500), ERR_OK);
}

/* --- another attempt ------------------------------------------------------------------------- */

TCP_TEST(a_new_attempt_has_the_old_one_s_options)
{
	struct kit_sent *syn;
	uint32_t conn;

	t->fd = stream(t);
	set(t, t->fd, SOCK_TCP_NODELAY, 1);
	set(t, t->fd, SOCK_SO_SNDBUF, 30000);
	set(t, t->fd, SOCK_IP_TTL, 7);
	assert_int_equal(bind_to(t, t->fd, 0, TK_PORT), ERR_OK);
	assert_int_equal(connect_to(t, t->fd, KIT_PEER_IP, TK_PEER_PORT), ERR_INPROGRESS);
	syn = tk_take(t);
	t->iss = syn->tcp.seq;
	kit_sent_free(syn);
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 1 + t->iss - TK_ISS);
	conn = sock_next_conn(t->k.stack);
	assert_int_equal(connect_to(t, t->fd, KIT_PEER_IP, 81), ERR_CONNREFUSED);
	assert_int_equal(connect_to(t, t->fd, KIT_PEER_IP, 81), ERR_INPROGRESS);
	assert_int_equal(sock_next_conn(t->k.stack), conn + 1);
	syn = tk_take(t);
	assert_int_equal(syn->tcp.src_port, TK_PORT);
	assert_int_equal(syn->tcp.dst_port, 81);
	assert_int_equal(syn->ip.ttl, 7);
	assert_int_not_equal(syn->tcp.seq, t->iss);
	kit_sent_free(syn);
	assert_int_equal(get(t, t->fd, SOCK_TCP_NODELAY), 1);
	assert_int_equal(get(t, t->fd, SOCK_SO_SNDBUF), 30000);
}

TCP_TEST(without_memory_there_is_no_new_attempt)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 1);
	assert_int_equal(get(t, t->fd, SOCK_SO_ERROR), ERR_CONNREFUSED);
	t->k.kp.fail_after = 0;
	assert_int_equal(connect_to(t, t->fd, KIT_PEER_IP, 81), ERR_NOMEM);
	t->k.kp.fail_after = UINT32_MAX;
	assert_int_equal(connect_to(t, t->fd, KIT_PEER_IP, 81), ERR_INPROGRESS);
	kit_sent_clear(&t->k);
}

TCP_TEST(disconnecting_a_stream)
{
	tk_reach(t, TCP_ESTABLISHED);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &none, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_RST | TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(sock_poll(t->k.stack, t->fd, SOCK_POLLIN | SOCK_POLLOUT),
			 SOCK_POLLOUT | SOCK_POLLHUP);
	assert_int_equal(name_of(t, t->fd).port, TK_PORT);
	assert_int_equal(connect_to(t, t->fd, KIT_PEER_IP, 81), ERR_INPROGRESS);
	kit_sent_clear(&t->k);
}

/* A listener keeps its port, for itself. */
TCP_TEST(disconnecting_a_listener)
{
	struct net_endpoint local = net_endpoint_ipv4(KIT_IP, TK_PORT);
	int fd;

	tk_listen(t, 4);
	assert_int_equal(sock_connect(t->k.stack, t->listener, &none, t->k.now_ns), ERR_OK);
	fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_bind(t->k.stack, fd, &local), ERR_ADDRINUSE);
	assert_int_equal(sock_listen(t->k.stack, t->listener, 4), ERR_OK);
}

TCP_TEST(a_shutdown_ends_an_attempt)
{
	tk_reach(t, TCP_SYN_SENT);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(tk_events(t, EVENT_TCP_ABORTED), 1);
	tk_advance(t, 10 * NS_PER_S);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(get(t, t->fd, SOCK_SO_ERROR), ERR_CONNRESET);
}

TCP_TEST(a_listener_that_is_shut_down)
{
	uint16_t port;

	tk_listen(t, 4);
	port = name_of(t, t->listener).port;
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	assert_int_equal(sock_shutdown(t->k.stack, t->listener, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	assert_int_equal(get(t, t->listener, SOCK_SO_ACCEPTCONN), 1);
	assert_int_equal(sock_shutdown(t->k.stack, t->listener, SOCK_SHUT_RD, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_RST | TCP_ACK, 1, 1, 0); /* who waited is told */
	assert_int_equal(get(t, t->listener, SOCK_SO_ACCEPTCONN), 0);
	assert_int_equal(sock_accept(t->k.stack, t->listener, NULL), ERR_INVAL);
	assert_int_equal(bind_to(t, stream(t), 0, port), ERR_ADDRINUSE); /* still bound */
	assert_int_equal(sock_listen(t->k.stack, t->listener, 1), ERR_OK);
	assert_int_equal(name_of(t, t->listener).port, port);
}

/* --- reading --------------------------------------------------------------------------------- */

TCP_TEST(peeking_into_a_stream)
{
	char buf[16];
	struct sock_msg msg = {.buf = buf, .len = 4};

	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	TK_SEND(t, .seq = 4, .ack = 1, .flags = TCP_ACK, .data = "defg", .len = 4);
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, SOCK_MSG_PEEK, t->k.now_ns), 4);
	assert_memory_equal(buf, "abcd", 4);
	msg.len = sizeof(buf);
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, SOCK_MSG_PEEK, t->k.now_ns), 7);
	assert_memory_equal(buf, "abcdefg", 7);
	msg.len = 5;
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, 0, t->k.now_ns), 5);
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, SOCK_MSG_PEEK, t->k.now_ns), 2);
	assert_memory_equal(buf, "fg", 2);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, 16, t->k.now_ns), 2);
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, SOCK_MSG_PEEK, t->k.now_ns), ERR_AGAIN);
	kit_sent_clear(&t->k);
}

static void datagram_in(struct tk *t, uint16_t to, const char *text)
{
	struct kit_frame f;

	kit_build_udp(&f, NULL, 7, to, text, strlen(text));
	kit_inject_frame(&t->k, &f);
}

TCP_TEST(peeking_at_datagrams)
{
	char buf[16];
	struct sock_msg msg = {.buf = buf, .len = 3};
	struct net_endpoint from = {.port = 0};
	int fd;

	fd = dgram(t);
	assert_int_equal(bind_to(t, fd, 0, 500), ERR_OK);
	datagram_in(t, 500, "hello");
	datagram_in(t, 500, "you");
	assert_int_equal(sock_recvmsg(t->k.stack, fd, &msg, SOCK_MSG_PEEK, 0), 3);
	assert_memory_equal(buf, "hel", 3);
	assert_int_equal(msg.flags, SOCK_MSG_TRUNC);
	assert_int_equal(msg.from.port, 7);
	assert_int_equal(net_addr_to_ipv4(&msg.from.addr), KIT_PEER_IP);
	assert_int_equal(sock_recvmsg(t->k.stack, fd, &msg, SOCK_MSG_PEEK | SOCK_MSG_TRUNC, 0), 5);
	assert_int_equal(sock_recvmsg(t->k.stack, fd, &msg, SOCK_MSG_TRUNC, 0), 5); /* taken, cut */
	assert_int_equal(sock_recvmsg(t->k.stack, fd, &msg, 0, 0), 3);
	assert_memory_equal(buf, "you", 3);
	assert_int_equal(msg.flags, 0);
	datagram_in(t, 500, "");
	assert_int_equal(sock_poll(t->k.stack, fd, SOCK_POLLIN), SOCK_POLLIN);
	assert_int_equal(sock_recvfrom(t->k.stack, fd, buf, 16, &from, 0), 0); /* empty, not the end */
	assert_int_equal(from.port, 7);
	assert_int_equal(sock_recvfrom(t->k.stack, fd, buf, 16, &from, 0), ERR_AGAIN);
}

/* --- polling --------------------------------------------------------------------------------- */

TCP_TEST(polling_many)
{
	struct sock_pollfd fds[5];
	int d;

	tk_establish(t);
	d = dgram(t);
	fds[0] = (struct sock_pollfd){.fd = t->fd, .events = SOCK_POLLIN};
	fds[1] = (struct sock_pollfd){.fd = -1, .events = SOCK_POLLIN, .revents = 7};
	fds[2] = (struct sock_pollfd){.fd = 99, .events = SOCK_POLLIN};
	fds[3] = (struct sock_pollfd){.fd = d, .events = SOCK_POLLIN | SOCK_POLLOUT};
	fds[4] = (struct sock_pollfd){.fd = t->fd, .events = SOCK_POLLRDHUP};
	assert_int_equal(sock_poll_fds(t->k.stack, fds, 5), 2);
	assert_int_equal(fds[0].revents, 0);
	assert_int_equal(fds[1].revents, 0);
	assert_int_equal(fds[2].revents, SOCK_POLLNVAL);
	assert_int_equal(fds[3].revents, SOCK_POLLOUT);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = "x", .len = 1);
	assert_int_equal(sock_poll_fds(t->k.stack, fds, 5), 4);
	assert_int_equal(fds[0].revents, SOCK_POLLIN);
	assert_int_equal(fds[4].revents, SOCK_POLLRDHUP);
	assert_int_equal(sock_poll_fds(t->k.stack, NULL, 0), 0);
	kit_sent_clear(&t->k);
}

/* --- options --------------------------------------------------------------------------------- */

TCP_TEST(what_kind_of_socket_it_is)
{
	int64_t value;
	int d;

	tk_listen(t, 1);
	d = dgram(t);
	assert_int_equal(get(t, t->listener, SOCK_SO_TYPE), SOCK_TYPE_STREAM);
	assert_int_equal(get(t, t->listener, SOCK_SO_PROTOCOL), SOCK_PROTO_TCP);
	assert_int_equal(get(t, t->listener, SOCK_SO_ACCEPTCONN), 1);
	assert_int_equal(get(t, d, SOCK_SO_TYPE), SOCK_TYPE_DGRAM);
	assert_int_equal(get(t, d, SOCK_SO_PROTOCOL), SOCK_PROTO_UDP);
	assert_int_equal(get(t, d, SOCK_SO_ACCEPTCONN), 0);
	assert_int_equal(sock_setsockopt(t->k.stack, d, SOCK_SO_TYPE, 1, 0), ERR_NOPROTOOPT);
	assert_int_equal(sock_setsockopt(t->k.stack, d, SOCK_TCP_NODELAY, 1, 0), ERR_NOPROTOOPT);
	assert_int_equal(sock_setsockopt(t->k.stack, t->listener, SOCK_SO_BROADCAST, 1, 0),
			 ERR_NOPROTOOPT);
	assert_int_equal(sock_setsockopt(t->k.stack, d, SOCK_SO_RCVBUF, -1, 0), ERR_INVAL);
	assert_int_equal(sock_getsockopt(t->k.stack, d, SOCK_SO_SNDBUF, &value), ERR_NOPROTOOPT);
	set(t, d, SOCK_SO_RCVBUF, 5000);
	assert_int_equal(get(t, d, SOCK_SO_RCVBUF), 5000);
	set(t, d, SOCK_SO_RCVBUF, 0); /* the least, as a stream's */
	assert_int_equal(get(t, d, SOCK_SO_RCVBUF), UDP_RCVBUF_MIN);
	set(t, d, SOCK_SO_REUSEADDR, 7);
	assert_int_equal(get(t, d, SOCK_SO_REUSEADDR), 1);
}

TCP_TEST(a_connection_in_numbers)
{
	struct sock_tcp_info info;

	tk_establish(t);
	assert_int_equal(sock_tcp_info(t->k.stack, dgram(t), &info, t->k.now_ns), ERR_OPNOTSUPP);
	assert_int_equal(sock_tcp_info(t->k.stack, 99, &info, t->k.now_ns), ERR_BADF);
	tk_write(t, 0, 20000);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	assert_int_equal(sock_tcp_info(t->k.stack, t->fd, &info, t->k.now_ns), ERR_OK);
	assert_string_equal(sock_state_name(info.state), "ESTABLISHED");
	assert_int_equal(info.snd_mss, TK_MSS);
	assert_int_equal(info.unacked + info.notsent, 20000);
	assert_int_equal(info.unacked, 10 * TK_FULL);
	assert_int_equal(info.unread, 3);
	assert_int_equal(info.snd_wnd, 65535);
	assert_in_range(info.snd_cwnd, 10 * TK_FULL, 11 * TK_MSS);
	assert_int_equal(info.segs_in, 2);
	assert_int_equal(info.bytes_received, 3);
	assert_true(info.rto_us >= 200000);
	kit_sent_clear(&t->k);
}

/* --- datagrams ------------------------------------------------------------------------------- */

TCP_TEST(a_broadcast_has_to_be_asked_for)
{
	const struct net_endpoint all = net_endpoint_ipv4(UINT32_MAX, 67);
	const struct net_endpoint net = net_endpoint_ipv4(KIT_NET_BROADCAST, 67);
	const struct net_endpoint network = net_endpoint_ipv4(KIT_NET_BROADCAST & KIT_MASK, 67);
	const struct net_endpoint *both[] = {&all, &net};
	int fd;

	fd = dgram(t);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(sock_sendto(t->k.stack, fd, "x", 1, both[i], 0), ERR_ACCES);
		assert_int_equal(sock_connect(t->k.stack, fd, both[i], 0), ERR_ACCES);
	}
	assert_int_equal(t->k.n_sent, 0);
	set(t, fd, SOCK_SO_BROADCAST, 1);
	assert_int_equal(get(t, fd, SOCK_SO_BROADCAST), 1);
	for (unsigned i = 0; i < 2; i++) {
		struct kit_sent *s;

		assert_int_equal(sock_sendto(t->k.stack, fd, "x", 1, both[i], 0), 1);
		s = kit_expect(&t->k);
		assert_true(s->is_udp);
		assert_memory_equal(s->eth.dst, KIT_BROADCAST_MAC, 6);
		assert_int_equal(s->ip.dst, net_addr_to_ipv4(&both[i]->addr));
		assert_int_equal(s->ip.src, KIT_IP);
		assert_true(s->l4_checksum_ok);
		kit_sent_free(s);
	}
	assert_int_equal(sock_sendto(t->k.stack, fd, "x", 1, &network, 0), ERR_ACCES);
	assert_int_equal(sock_connect(t->k.stack, stream(t), &all, 0), ERR_ACCES);
	assert_int_equal(t->k.n_sent, 0);
}

TCP_TEST(a_datagram_socket_gets_and_loses_its_peer)
{
	struct net_endpoint peer, name;
	int fd;

	fd = dgram(t);
	assert_int_equal(connect_to(t, fd, KIT_PEER_IP, 7), ERR_OK);
	name = name_of(t, fd);
	name = name_of(t, fd);
	assert_int_equal(net_addr_to_ipv4(&name.addr), KIT_IP);
	assert_int_equal(connect_to(t, fd, KIT_PEER_IP, 8), ERR_OK); /* another one */
	assert_int_equal(sock_getpeername(t->k.stack, fd, &peer), ERR_OK);
	assert_int_equal(peer.port, 8);
	assert_int_equal(sock_connect(t->k.stack, fd, &none, 0), ERR_OK);
	assert_int_equal(sock_getpeername(t->k.stack, fd, &peer), ERR_NOTCONN);
	assert_int_equal(name_of(t, fd).port, 0); /* nobody had asked for it */
	assert_int_equal(sock_connect(t->k.stack, fd, &none, 0), ERR_OK);
	assert_int_equal(bind_to(t, fd, 0, 500), ERR_OK);
	assert_int_equal(connect_to(t, fd, KIT_PEER_IP, 7), ERR_OK);
	assert_int_equal(sock_connect(t->k.stack, fd, &none, 0), ERR_OK);
	assert_int_equal(name_of(t, fd).port, 500);
	name = name_of(t, fd);
	assert_int_equal(net_addr_to_ipv4(&name.addr), 0);
	datagram_in(t, 500, "x");
	assert_int_equal(sock_poll(t->k.stack, fd, SOCK_POLLIN), SOCK_POLLIN);
}

/* What it was bound to by itself, before, has no say any more. */
TCP_TEST(a_datagram_socket_bound_again_stays_at_its_address)
{
	struct net_endpoint name;
	int fd;

	fd = dgram(t);
	assert_int_equal(connect_to(t, fd, KIT_PEER_IP, 7), ERR_OK);
	assert_int_equal(sock_connect(t->k.stack, fd, &none, t->k.now_ns), ERR_OK);
	assert_int_equal(bind_to(t, fd, KIT_IP, 5000), ERR_OK);
	assert_int_equal(connect_to(t, fd, KIT_PEER_IP, 7), ERR_OK);
	assert_int_equal(sock_connect(t->k.stack, fd, &none, t->k.now_ns), ERR_OK);
	name = name_of(t, fd);
	assert_int_equal(net_addr_to_ipv4(&name.addr), KIT_IP);
}

TCP_TEST(a_datagram_has_a_largest_size)
{
	static uint8_t big[65507u + 1];
	const struct net_endpoint peer = net_endpoint_ipv4(KIT_PEER_IP, 7);
	const struct net_endpoint no_port = net_endpoint_ipv4(KIT_PEER_IP, 0);
	int fd;

	fd = dgram(t);
	assert_int_equal(sock_sendto(t->k.stack, fd, big, sizeof(big), &peer, 0), ERR_MSGSIZE);
	assert_int_equal(sock_sendto(t->k.stack, fd, big, 1, &no_port, 0), ERR_INVAL);
	assert_int_equal(t->k.n_sent, 0);
}
