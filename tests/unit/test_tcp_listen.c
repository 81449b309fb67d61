/*
 * SPDX-License-Identifier: MIT
 *
 * Opening passively: LISTEN and SYN-RECEIVED (RFC 9293 3.10.7.2 and 3.10.7.4), the queue of half
 * open connections, and accept.
 */
#include <limits.h>

#include "net/tcp/conn/layer.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

TCP_TEST(passive_open)
{
	struct net_endpoint remote;

	tk_listen(t, 1);
	kit_events_clear(&t->k.kp);
	assert_int_equal(sock_accept(t->k.stack, t->listener, &remote), ERR_AGAIN);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(sock_poll(t->k.stack, t->listener, SOCK_POLLIN), 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(sock_poll(t->k.stack, t->listener, SOCK_POLLIN), SOCK_POLLIN);
	t->fd = sock_accept(t->k.stack, t->listener, &remote);
	assert_true(t->fd > t->listener);
	assert_int_equal(net_addr_to_ipv4(&remote.addr), KIT_PEER_IP);
	assert_int_equal(remote.port, TK_PEER_PORT);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	tk_expect_field(t, EVENT_SRV_FOUND, "port", "50000");
	tk_expect_field(t, EVENT_SRV_FOUND, "fd", "3");
	tk_expect_field(t, EVENT_SRV_RECORDED, "src", "192.168.77.1:80");
	tk_expect_field(t, EVENT_SRV_RECORDED, "state", "SYN-RECEIVED");
	tk_expect_field(t, EVENT_SRV_SYNACK_BUILT, "flags", "SYN,ACK");
	tk_expect_field(t, EVENT_SRV_SYNACK_BUILT, "tcp_ack", "4294967291");
	tk_expect_field(t, EVENT_SRV_SYNACK_SENT, "len", "74");
	assert_int_equal(tk_events(t, EVENT_TCP_SYN_SENT), 0);
	assert_int_equal(tk_events(t, EVENT_TCP_SYNACK_RCVD), 0);
	assert_int_equal(tk_events(t, EVENT_TCP_ACK_SENT), 0);
	assert_int_equal(sock_last_step(t->k.stack, t->fd), 12);
}

/* 3.10.7.2: first a RST, second an ACK, fourth anything else. */
TCP_TEST(what_a_listener_ignores_and_resets)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_RST);
	TK_SEND(t, .flags = TCP_RST | TCP_SYN);
	TK_SEND(t, .flags = 0);
	TK_SEND(t, .flags = TCP_FIN);
	TK_EXPECT_NOTHING(t);
	t->iss = 0;
	TK_SEND(t, .flags = TCP_ACK, .ack = 77);
	TK_EXPECT(t, TCP_RST, 77, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 78);
	TK_EXPECT(t, TCP_RST, 78, 0, 0);
	assert_int_equal(sock_accept(t->k.stack, t->listener, NULL), ERR_AGAIN);
}

/* The SYN-ACK was lost: the client's SYN comes again, and so must the SYN-ACK. */
TCP_TEST(a_repeated_syn_gets_its_synack_again)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(tk_events(t, EVENT_SRV_FOUND), 1);
	assert_int_equal(tk_events(t, EVENT_SRV_SYNACK_SENT), 1);
	tk_advance(t, NS_PER_S); /* and by time-out */
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_RETRANSMIT, 0)->at_step, 12);
	tk_advance(t, 300 * NS_PER_S); /* nobody comes: the memory goes back */
	kit_sent_clear(&t->k);
	assert_int_equal(t->k.stack->tcp != NULL, true);
	assert_int_equal(tk_events(t, EVENT_TCP_ABORTED), 1);
}

/* Text makes it reach into the window; it is the same SYN all the same. */
TCP_TEST(a_repeated_syn_with_text)
{
	tk_listen(t, 4);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(t, .flags = TCP_SYN, .data = "GET /", .len = 5);
		TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	}
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(t);
	assert_true(sock_accept(t->k.stack, t->listener, NULL) > 0);
}

TCP_TEST(a_repeated_synack_is_logged_and_not_timed)
{
	t->timestamps = false;
	tk_listen(t, 4);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(t, .flags = TCP_SYN);
		TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
		tk_advance(t, 300 * NS_PER_MS);
	}
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_int_equal(tk_inspect(t).srtt_ns, 0);
	assert_int_equal(tk_inspect(t).retransmits, 1);
	assert_int_equal(kit_counter(&t->k, "tcp_retransmits"), 1);
	assert_int_equal(tk_events(t, EVENT_TCP_RETRANSMIT), 1);
	assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_RETRANSMIT, 0)->at_step, 12);
	tk_expect_field(t, EVENT_TCP_RETRANSMIT, "reason", "the peer's SYN again");
}

/* 3.10.7.4, fifth, SYN-RECEIVED: <SEQ=SEG.ACK><CTL=RST> */
TCP_TEST(a_wrong_ack_of_the_synack_is_reset)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	TK_EXPECT(t, TCP_RST, 2, 0, 0);
	TK_SEND(t, .seq = 1, .ack = 0, .flags = TCP_ACK);
	TK_EXPECT(t, TCP_RST, 0, 0, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	assert_true(sock_accept(t->k.stack, t->listener, NULL) > 0);
}

/* 3.10.7.4, second and fourth, SYN-RECEIVED: back to LISTEN, that is: gone. */
TCP_TEST(rst_and_syn_end_a_half_open_connection)
{
	tk_listen(t, 4);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(t, .flags = TCP_SYN);
		TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
		TK_SEND(t, .seq = 1, .flags = i == 0 ? TCP_RST : TCP_SYN);
		TK_EXPECT_NOTHING(t);
		assert_int_equal(tk_events(t, EVENT_TCP_SUMMARY), i + 1);
	}
	assert_int_equal(sock_accept(t->k.stack, t->listener, NULL), ERR_AGAIN);
}

/* Data may come with the handshake's last ACK. */
TCP_TEST(data_with_the_last_ack)
{
	char buf[8];

	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = "abc", .len = 3);
	TK_EXPECT(t, TCP_ACK, 1, 5, 0);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 3);
	assert_int_equal(tk_state(t), TCP_CLOSE_WAIT);
}

/* Data on the SYN is not taken; the peer sends it again. */
TCP_TEST(data_on_the_syn_waits)
{
	char buf[8];

	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN, .data = "abc", .len = 3);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 3);
}

/* From other ports: SYNs of different peers. */
static void inject_syn_from(struct tk *t, uint16_t port)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = 5,
					.flags = TCP_SYN, .window = 100}, NULL, 0);
	kit_inject_frame(&t->k, &f);
}

TCP_TEST(a_flood_of_syns_costs_a_fixed_amount)
{
	size_t before;

	tk_listen(t, 4);
	for (uint16_t port = 1; port <= 16; port++)
		inject_syn_from(t, port);
	assert_int_equal(kit_counter(&t->k, "tcp_syn_dropped"), 0);
	kit_sent_clear(&t->k);
	before = t->k.kp.live_bytes;
	for (uint16_t port = 17; port <= 1000; port++)
		inject_syn_from(t, port);
	assert_int_equal(t->k.kp.live_bytes, before);
	assert_int_equal(kit_counter(&t->k, "tcp_cookies_sent"), 984); /* test_tcp_cookie.c */
	assert_int_equal(kit_counter(&t->k, "tcp_syn_dropped"), 0);
	/* Time makes room again. */
	tk_advance(t, 130 * NS_PER_S);
	kit_sent_clear(&t->k);
	inject_syn_from(t, 2000);
	assert_int_equal(kit_counter(&t->k, "tcp_cookies_sent"), 984);
}

/* Half-open connections that end make room at once. */
TCP_TEST(a_reset_makes_room_for_another)
{
	tk_listen(t, 4);
	for (uint16_t port = 1; port <= 100; port++) {
		struct kit_frame f;

		inject_syn_from(t, port);
		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = 6,
						.flags = TCP_RST}, NULL, 0);
		kit_inject_frame(&t->k, &f);
	}
	assert_int_equal(kit_counter(&t->k, "tcp_syn_dropped"), 0);
	kit_sent_clear(&t->k);
}

TCP_TEST(the_backlog_has_bounds)
{
	tk_listen(t, 0);
	t->fd = t->listener;
	assert_int_equal(tk_inspect(t).backlog, 1);
	assert_int_equal(sock_listen(t->k.stack, t->listener, UINT_MAX), ERR_OK);
	assert_int_equal(tk_inspect(t).backlog, 1024);
}

/* First come, first accepted; and buffers as the listener was told. */
TCP_TEST(accepted_in_order_with_the_listener_s_buffers)
{
	static const uint16_t sizes[2] = {5000, 6000};
	int64_t value;

	tk_listen(t, 4);
	assert_int_equal(sock_setsockopt(t->k.stack, t->listener, SOCK_SO_SNDBUF, sizes[0], 0), ERR_OK);
	assert_int_equal(sock_setsockopt(t->k.stack, t->listener, SOCK_SO_RCVBUF, sizes[1], 0), ERR_OK);
	assert_int_equal(sock_setsockopt(t->k.stack, t->listener, SOCK_TCP_NODELAY, 1, 0), ERR_OK);
	for (uint16_t port = 1; port <= 3; port++) {
		struct kit_sent *s;
		struct kit_frame f;

		inject_syn_from(t, port);
		s = tk_take(t);
		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = 6,
						.ack = s->tcp.seq + 1, .flags = TCP_ACK,
						.window = 9}, NULL, 0);
		kit_inject_frame(&t->k, &f);
		kit_sent_free(s);
	}
	for (uint16_t port = 1; port <= 3; port++) {
		struct net_endpoint peer;
		int fd = sock_accept(t->k.stack, t->listener, &peer);

		assert_int_equal(peer.port, port);
		assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_SO_SNDBUF, &value), ERR_OK);
		assert_int_equal(value, 5000);
		assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_SO_RCVBUF, &value), ERR_OK);
		assert_int_equal(value, 6000);
		assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_TCP_NODELAY, &value), ERR_OK);
		assert_int_equal(value, 1);
	}
	kit_sent_clear(&t->k);
}

/* A client that we could not answer is not recorded. */
TEST(a_syn_from_where_no_route_leads)
{
	struct net_endpoint local = net_endpoint_ipv4(0, TK_PORT);
	struct kit_frame f;
	struct kit k;
	int fd;

	kit_open_bare(&k, 1, NULL);
	assert_int_equal(net_set_ipv4(k.stack, &k.netif, KIT_IP, KIT_MASK), ERR_OK);
	fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_bind(k.stack, fd, &local), ERR_OK);
	assert_int_equal(sock_listen(k.stack, fd, 1), ERR_OK);
	kit_build_tcp(&f, &(struct kit_ipv4){.src = KIT_FAR_IP},
		      &(struct kit_tcp){.src_port = 1, .dst_port = TK_PORT, .flags = TCP_SYN},
		      NULL, 0);
	kit_inject_frame(&k, &f);
	assert_int_equal(kit_counter(&k, "tcp_syn_dropped"), 1);
	assert_int_equal(k.n_sent, 0);
	kit_close(&k);
}

TCP_TEST(a_full_backlog_takes_no_more)
{
	tk_listen(t, 1);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	inject_syn_from(t, 1);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(kit_counter(&t->k, "tcp_syn_dropped"), 1);
	assert_true(sock_accept(t->k.stack, t->listener, NULL) > 0);
	inject_syn_from(t, 1);
	assert_int_equal(t->k.n_sent, 1);
	kit_sent_clear(&t->k);
}

/* Those that nobody accepted are reset when the listener closes; so are the half-open ones. */
TCP_TEST(closing_a_listener_resets_what_waits)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	inject_syn_from(t, 1);
	kit_sent_clear(&t->k);
	assert_int_equal(sock_close(t->k.stack, t->listener, t->k.now_ns), ERR_OK);
	assert_int_equal(t->k.n_sent, 2);
	assert_int_equal(t->k.sent_first->tcp.flags, TCP_RST | TCP_ACK);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_events(t, EVENT_TCP_RST_SENT), 2);
}

/* 3.10.5 ABORT, LISTEN: nothing may be left that refers to it. */
TCP_TEST(aborting_a_listener_resets_what_waits)
{
	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(sock_abort(t->k.stack, t->listener, t->k.now_ns), ERR_OK);
	TK_EXPECT(t, TCP_RST | TCP_ACK, 1, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(t, TCP_RST, 1, 0, 0);
}

/* A connection that the peer reset before it was accepted is still handed over, with its error. */
TCP_TEST(reset_before_accept)
{
	char buf[4];

	tk_listen(t, 4);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_SEND(t, .seq = 1, .flags = TCP_RST);
	t->fd = sock_accept(t->k.stack, t->listener, NULL);
	assert_true(t->fd > 0);
	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), ERR_CONNRESET);
	assert_int_equal(sock_connect(t->k.stack, t->fd,
				      &(struct net_endpoint){net_addr_ipv4(KIT_PEER_IP), 80},
				      t->k.now_ns), ERR_ISCONN);
}

TEST(reset_before_accept_and_never_accepted)
{
	struct tk t;

	tk_open(&t);
	tk_listen(&t, 4);
	for (unsigned round = 0; round < 2; round++) {
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
		TK_SEND(&t, .seq = 1, .flags = TCP_RST);
		if (round == 0) {
			assert_int_equal(sock_close(t.k.stack, t.listener, t.k.now_ns), ERR_OK);
			TK_EXPECT_NOTHING(&t);
			tk_listen(&t, 4);
		}
	}
	tk_close(&t); /* the second one goes with the stack */
}

/* Five hundred connections at once: the table grows, and each gets what was meant for it. */
static void segment_from(struct tk *t, uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack,
			 const void *data, size_t len)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = seq,
					.ack = ack, .flags = flags, .window = 1000}, data, len);
	kit_inject_frame(&t->k, &f);
}

TEST(many_connections)
{
	static const struct net_options many = {.max_sockets = 600};
	int fds[500];
	struct tk t;

	tk_open_with(&t, &many);
	tk_listen(&t, 1000);
	for (uint16_t i = 0; i < ARRAY_LEN(fds); i++) {
		struct kit_sent *s;

		segment_from(&t, 1000 + i, TCP_SYN, 7, 0, NULL, 0);
		s = tk_take(&t);
		assert_int_equal(s->tcp.dst_port, 1000 + i);
		segment_from(&t, 1000 + i, TCP_ACK, 8, s->tcp.seq + 1, &i, sizeof(i));
		kit_sent_free(s);
		fds[i] = sock_accept(t.k.stack, t.listener, NULL);
		assert_true(fds[i] > 0);
	}
	kit_poll(&t.k);
	assert_int_equal(t.k.n_sent, ARRAY_LEN(fds)); /* an ACK for each */
	kit_sent_clear(&t.k);
	for (uint16_t i = 0; i < ARRAY_LEN(fds); i++) {
		struct net_endpoint peer;
		uint16_t got;

		assert_int_equal(sock_recv(t.k.stack, fds[i], &got, sizeof(got), t.k.now_ns), 2);
		assert_int_equal(got, i);
		assert_int_equal(sock_getpeername(t.k.stack, fds[i], &peer), ERR_OK);
		assert_int_equal(peer.port, 1000 + i);
		if (i == 0)
			assert_true(t.k.stack->tcp->n_buckets >= ARRAY_LEN(fds) / 2);
		if (i % 2)
			assert_int_equal(sock_abort(t.k.stack, fds[i], t.k.now_ns), ERR_OK);
	}
	kit_sent_clear(&t.k);
	tk_close(&t);
}

TEST(destroyed_with_everything_open)
{
	struct tk t;

	tk_open(&t);
	tk_listen(&t, 20);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	for (uint16_t port = 1; port <= 10; port++) {
		struct kit_sent *s;

		inject_syn_from(&t, port);
		s = tk_take(&t);
		while (s->tcp.dst_port != port) {
			kit_sent_free(s);
			s = tk_take(&t);
		}
		if (port % 3 != 0) /* some are in the accept queue, some half open */
			segment_from(&t, port, TCP_ACK, 6, s->tcp.seq + 1, NULL, 0);
		kit_sent_free(s);
	}
	kit_sent_clear(&t.k);
	tk_close(&t); /* fails the test when anything is left */
}

/* --- counted ---------------------------------------------------------------------------------- */

static uint64_t interface_counter(struct tk *t, const char *wanted)
{
	const char *device, *name;
	uint64_t value;

	for (unsigned i = 0; net_interface_counter(t->k.stack, 0, i, &device, &name, &value); i++) {
		assert_string_equal(device, t->k.netif.name);
		if (strcmp(name, wanted) == 0)
			return value;
	}
	fail_msg("no counter %s", wanted);
	return 0;
}

TCP_TEST(connections_by_state)
{
	uint32_t states[NET_TCP_STATES];
	struct net_counter_walk walk = {0};
	const char *device, *name, *same;
	uint64_t value, other;
	unsigned last = 0;

	tk_listen(t, 4);
	tk_accept(t);
	net_tcp_states(t->k.stack, states);
	for (unsigned i = 0; i < NET_TCP_STATES; i++)
		assert_int_equal(states[i], i == TCP_LISTEN || i == TCP_ESTABLISHED);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_FIN | TCP_ACK);
	net_tcp_states(t->k.stack, states);
	assert_int_equal(states[TCP_ESTABLISHED], 0);
	assert_int_equal(states[TCP_CLOSE_WAIT], 1);
	assert_int_equal(interface_counter(t, "rx_frames"), t->k.netif.counters.rx_frames);
	assert_int_equal(interface_counter(t, "tx_bytes"), t->k.netif.counters.tx_bytes);
	assert_int_equal(interface_counter(t, "rx_csum_bad"), 0);
	assert_false(net_interface_counter(t->k.stack, 1, 0, &device, &name, &value));
	for (unsigned i = 0; net_counter_next(t->k.stack, &walk, &name, &value); i++) {
		assert_true(net_counter(t->k.stack, i, &same, &other));
		assert_ptr_equal(name, same);
		assert_int_equal(value, other);
		last = i;
	}
	assert_false(net_counter(t->k.stack, last + 1, &same, &other));
	kit_sent_clear(&t->k);
}
