/*
 * Opening connections: RFC 9293 3.10.7.2 (LISTEN), 3.10.7.3 (SYN-SENT), SYN-RECEIVED's part of
 * 3.10.7.4, and the sixteen steps' events with what they say.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/tcp/internal.h"
#include "net/socket_table.h"
#include "tests/lib/tcp_kit.h"

static int64_t option(struct tk *t, enum sock_option which)
{
	int64_t value = 0;

	assert_int_equal(sock_getsockopt(t->k.stack, t->fd, which, &value), ERR_OK);
	return value;
}

/* --- the client ------------------------------------------------------------------------------ */

static void the_syn_offers_what_it_should(void **state)
{
	struct tcp_options opt;
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_connect(&t);
	s = tk_take(&t);
	assert_non_null(s);
	assert_int_equal(s->len, 74);
	assert_int_equal(s->tcp.flags, TCP_SYN);
	assert_int_equal(s->tcp.seq, TK_ISS);
	assert_int_equal(s->tcp.ack, 0);
	assert_int_equal(s->tcp.window, 65535);
	assert_int_equal(s->ip.fragment, 0);
	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, true);
	assert_false(opt.malformed);
	assert_true(opt.has_mss);
	assert_int_equal(opt.mss, 1460);
	assert_true(opt.has_window_scale);
	assert_int_equal(opt.window_scale, 7);
	assert_true(opt.sack_permitted);
	assert_true(opt.has_timestamps);
	assert_int_equal(opt.ts_ecr, 0);
	assert_int_equal(opt.ts_val - tcp_timestamp_offset(t.k.stack, tk_tcb(&t)),
			 t.k.now_ns / NS_PER_MS);
	kit_sent_free(s);
	tk_close(&t);
}

static void three_way(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_connect(&t);
	assert_int_equal(tk_state(&t), TCP_SYN_SENT);
	assert_int_equal(sock_poll(t.k.stack, t.fd, SOCK_POLLIN | SOCK_POLLOUT), 0);
	TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
	t.k.now_ns += 3 * NS_PER_MS;
	/* The ACK leaves at once, not with the next poll. */
	tk_inject(&t, &(struct tk_in){.flags = TCP_SYN | TCP_ACK, .ack = 1});
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	assert_int_equal(sock_poll(t.k.stack, t.fd, SOCK_POLLIN | SOCK_POLLOUT), SOCK_POLLOUT);
	assert_int_equal(option(&t, SOCK_SO_ERROR), ERR_OK);
	assert_int_equal(option(&t, SOCK_TCP_SRTT_US), 3000);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

static const struct kit_event *nth_event(struct tk *t, unsigned i)
{
	return &t->k.kp.events[i];
}

/* The steps in their order, each once, and nothing of the server's. */
static void the_steps_come_in_order(void **state)
{
	static const enum event_id wanted[] = {
		EVENT_SOCK_ALLOC, EVENT_SOCK_FD, EVENT_SOCK_CONNECT, EVENT_TCP_SYN_BUILT,
		EVENT_TCP_SYN_SENT, EVENT_TCP_SYNACK_RCVD, EVENT_TCP_ESTABLISHED,
		EVENT_TCP_ACK_SENT, EVENT_SOCK_CONNECTED,
	};
	unsigned found = 0;
	struct tk t;

	(void)state;
	tk_open(&t);
	kit_events_clear(&t.k.kp);
	assert_int_equal(sock_next_conn(t.k.stack), 1);
	tk_establish(&t);
	for (unsigned i = 0; i < t.k.kp.n_events; i++) {
		const struct kit_event *ev = nth_event(&t, i);

		assert_int_equal(ev->conn, 1);
		assert_true(ev->id != EVENT_SRV_FOUND && ev->id != EVENT_SRV_RECORDED &&
			    ev->id != EVENT_SRV_SYNACK_BUILT && ev->id != EVENT_SRV_SYNACK_SENT);
		if (found < ARRAY_LEN(wanted) && ev->id == wanted[found])
			found++;
	}
	assert_int_equal(found, ARRAY_LEN(wanted));
	for (unsigned i = 0; i < ARRAY_LEN(wanted); i++)
		assert_int_equal(tk_events(&t, wanted[i]), 1);
	assert_int_equal(sock_last_step(t.k.stack, t.fd), 15);
	tk_close(&t);
}

static void assert_field(struct tk *t, enum event_id id, const char *key, const char *value)
{
	assert_string_equal(tk_field(t, id, 0, key), value);
}

static void the_steps_say_what_the_wire_carried(void **state)
{
	char number[32];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	assert_field(&t, EVENT_SOCK_ALLOC, "state", "CLOSED");
	snprintf(number, sizeof(number), "%zu", sizeof(struct socket) + tcp_control_size());
	assert_field(&t, EVENT_SOCK_ALLOC, "bytes", number);
	assert_field(&t, EVENT_SOCK_FD, "fd", "3");
	assert_field(&t, EVENT_SOCK_CONNECT, "dst", "192.168.77.1:80");
	assert_field(&t, EVENT_SOCK_CONNECT, "sndbuf", "262144");
	assert_field(&t, EVENT_SOCK_CONNECT, "rcvbuf", "262144");
	for (unsigned i = 0; i < 2; i++) {
		enum event_id id = i == 0 ? EVENT_TCP_SYN_BUILT : EVENT_TCP_SYN_SENT;

		assert_field(&t, id, "src", "192.168.77.2:50000");
		assert_field(&t, id, "dst", "192.168.77.1:80");
		assert_field(&t, id, "flags", "SYN");
		assert_field(&t, id, "tcp_seq", "4294967280");
		assert_field(&t, id, "win", "65535");
		assert_field(&t, id, "mss", "1460");
		assert_field(&t, id, "ws", "7");
		assert_field(&t, id, "sack", "true");
		assert_non_null(kit_event_field(kit_event(&t.k.kp, id, 0), "tsval"));
		assert_null(kit_event_field(kit_event(&t.k.kp, id, 0), "tcp_ack"));
	}
	assert_field(&t, EVENT_TCP_SYN_SENT, "len", "74");
	assert_field(&t, EVENT_TCP_SYN_SENT, "next_hop", "192.168.77.1");
	assert_int_equal(strlen(tk_field(&t, EVENT_TCP_SYN_SENT, 0, "frame")), 148);
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "flags", "SYN,ACK");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "src", "192.168.77.1:80");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "tcp_seq", "4294967290");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "tcp_ack", "4294967281");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "win", "65535");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "mss", "1460");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "ws", "0");
	assert_field(&t, EVENT_TCP_SYNACK_RCVD, "tsval", "1000");
	assert_int_equal(2 * atoi(tk_field(&t, EVENT_TCP_SYNACK_RCVD, 0, "len")),
			 strlen(tk_field(&t, EVENT_TCP_SYNACK_RCVD, 0, "frame")));
	assert_field(&t, EVENT_TCP_ESTABLISHED, "dst", "192.168.77.1:80");
	assert_field(&t, EVENT_TCP_ESTABLISHED, "state", "ESTABLISHED");
	assert_field(&t, EVENT_TCP_ACK_SENT, "flags", "ACK");
	assert_field(&t, EVENT_TCP_ACK_SENT, "tcp_seq", "4294967281");
	assert_field(&t, EVENT_TCP_ACK_SENT, "tcp_ack", "4294967291");
	assert_field(&t, EVENT_TCP_ACK_SENT, "win", "2048"); /* 262144 >> 7, raw */
	assert_field(&t, EVENT_TCP_ACK_SENT, "len", "66");
	assert_field(&t, EVENT_SOCK_CONNECTED, "fd", "3");
	tk_close(&t);
}

/* A field that the peer did not send is not there. */
static void options_that_were_not_sent_have_no_field(void **state)
{
	static const char *const absent[] = {"mss", "ws", "sack", "tsval"};
	struct tk t;

	(void)state;
	tk_open(&t);
	t.timestamps = t.sack = t.scale_offered = false;
	t.mss = 0;
	tk_establish(&t);
	for (unsigned i = 0; i < ARRAY_LEN(absent); i++)
		assert_null(kit_event_field(kit_event(&t.k.kp, EVENT_TCP_SYNACK_RCVD, 0),
					    absent[i]));
	tk_close(&t);
}

/* Without the options in the peer's SYN none of them is used: RFC 7323 2.2, 3.2. */
static void a_peer_without_options(void **state)
{
	struct kit_sent *s;
	struct tk t;

	(void)state;
	tk_open(&t);
	t.timestamps = t.sack = t.scale_offered = false;
	t.mss = 0;
	tk_connect(&t);
	TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	s = tk_take(&t);
	assert_int_equal(s->tcp.header_len, TCP_HEADER_LEN);
	assert_int_equal(s->tcp.window, 65535); /* not scaled, though there is room for more */
	kit_sent_free(s);
	/* RFC 9293 3.7.1, MUST-15: 536 without the option */
	tk_write(&t, 0, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 536);
	TK_EXPECT_NOTHING(&t); /* Nagle holds the rest */
	tk_close(&t);
}

static void refused(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_RST | TCP_ACK, .ack = 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	assert_int_equal(sock_poll(t.k.stack, t.fd, SOCK_POLLOUT),
			 SOCK_POLLOUT | SOCK_POLLERR | SOCK_POLLHUP);
	assert_int_equal(option(&t, SOCK_SO_ERROR), ERR_CONNREFUSED);
	assert_int_equal(option(&t, SOCK_SO_ERROR), ERR_OK);
	assert_int_equal(kit_event(&t.k.kp, EVENT_TCP_RST_RCVD, 0)->at_step, 12);
	assert_field(&t, EVENT_TCP_RST_RCVD, "meaning", "connection refused");
	assert_int_equal(sock_last_step(t.k.stack, t.fd), 8);
	assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), 1);
	/* One socket, one attempt. */
	assert_int_equal(sock_connect(t.k.stack, t.fd,
				      &(struct net_endpoint){net_addr_ipv4(KIT_PEER_IP), 80},
				      t.k.now_ns), ERR_CONNABORTED);
	tk_close(&t);
}

/* 3.10.7.3, second: a RST that does not acknowledge our SYN proves nothing. */
static void a_blind_rst_refuses_nothing(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_RST);
	TK_SEND(&t, .flags = TCP_RST | TCP_ACK, .ack = 0);
	TK_SEND(&t, .flags = TCP_RST | TCP_ACK, .ack = 2);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_state(&t), TCP_SYN_SENT);
	tk_close(&t);
}

/* 3.10.7.3, first: <SEQ=SEG.ACK><CTL=RST>, and nothing changes. */
static void an_old_synack_is_reset(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 5);
	TK_EXPECT(&t, TCP_RST, 5, 0, 0);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 0);
	TK_EXPECT(&t, TCP_RST, 0, 0, 0);
	TK_SEND(&t, .flags = TCP_ACK, .ack = 1); /* fifth: neither SYN nor RST */
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_state(&t), TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	tk_close(&t);
}

/* 3.10.7.3: "if there are other controls or text in the segment, continue at the sixth step". */
static void data_with_the_synack_is_taken(void **state)
{
	char buf[16];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1, .data = "hello", .len = 5);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	TK_EXPECT(&t, TCP_ACK, 1, 6, 0);
	assert_int_equal(tk_read(&t, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	tk_close(&t);
}

/* RFC 9293 3.5, figure 8 */
static void simultaneous_open(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(tk_state(&t), TCP_SYN_RECEIVED);
	/* The peer's SYN-ACK: its SYN is old, so an ACK answers; that one establishes the peer. */
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	assert_int_equal(tk_events(&t, EVENT_SOCK_CONNECTED), 1);
	assert_int_equal(tk_events(&t, EVENT_SRV_SYNACK_BUILT), 0);
	assert_int_equal(tk_events(&t, EVENT_SRV_SYNACK_SENT), 0);
	tk_close(&t);
}

/* RFC 6298 2.1, 5.5; step 8 once, then retransmissions that say so; R2 after three minutes. */
static void no_answer_at_all(void **state)
{
	static const uint64_t rto_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_reach(&t, TCP_SYN_SENT);
	for (unsigned i = 0; i < ARRAY_LEN(rto_s); i++) {
		tk_advance(&t, rto_s[i] * NS_PER_S - 1);
		TK_EXPECT_NOTHING(&t);
		tk_advance(&t, 1);
		if (i + 1 == ARRAY_LEN(rto_s))
			break;
		TK_EXPECT(&t, TCP_SYN, 0, 0, 0);
		assert_int_equal(kit_event(&t.k.kp, EVENT_TCP_RETRANSMIT, i)->at_step, 8);
	}
	TK_EXPECT_NOTHING(&t);
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "attempt"), "1");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 2, "attempt"), "3");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 2, "rto_ms"), "8000");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "reason"), "time-out");
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "flags"), "SYN");
	assert_int_equal(tk_events(&t, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(tk_state(&t), TCP_CLOSED);
	assert_int_equal(option(&t, SOCK_SO_ERROR), ERR_TIMEDOUT);
	assert_field(&t, EVENT_TCP_ABORTED, "state", "SYN-SENT");
	assert_field(&t, EVENT_TCP_ABORTED, "reason", "no answer to 7 retransmissions in 183 s");
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 8);
	assert_true(net_next_deadline(t.k.stack) == TIME_NEVER ||
		    net_next_deadline(t.k.stack) > t.k.now_ns);
	tk_close(&t);
}

/* No step 8 without a frame on the device; the neighbour does not exist. */
static void no_arp_answer(void **state)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP + 8, 80);
	struct tk t;

	(void)state;
	tk_open(&t);
	t.k.answer_arp = false;
	t.fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t.k.stack, t.fd, &remote, t.k.now_ns), ERR_INPROGRESS);
	tk_advance(&t, 4 * NS_PER_S);
	assert_int_equal(tk_events(&t, EVENT_ARP_REQUEST), 3);
	assert_int_equal(tk_events(&t, EVENT_TCP_SYN_BUILT), 1);
	assert_int_equal(tk_events(&t, EVENT_TCP_SYN_SENT), 0);
	assert_int_equal(tk_events(&t, EVENT_TCP_RETRANSMIT), 0);
	assert_int_equal(option(&t, SOCK_SO_ERROR), ERR_HOSTUNREACH);
	assert_int_equal(kit_event(&t.k.kp, EVENT_TCP_ABORTED, 0)->at_step, 8);
	assert_int_equal(sock_last_step(t.k.stack, t.fd), 7);
	assert_string_equal(tk_field(&t, EVENT_TCP_SUMMARY, 0, "segs_out"), "0");
	assert_string_equal(tk_field(&t, EVENT_TCP_SUMMARY, 0, "retransmits"), "0");
	tk_close(&t);
}

/* A SYN that waits was not sent, so it cannot be lost: one leaves, however late the answer. */
static void late_arp_answer_lets_one_syn_out(void **state)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP + 8, TK_PEER_PORT);
	struct kit_frame f;
	struct tk t;

	(void)state;
	tk_open(&t);
	t.k.answer_arp = false;
	t.fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t.k.stack, t.fd, &remote, t.k.now_ns), ERR_INPROGRESS);
	tk_advance(&t, 2500 * NS_PER_MS);
	kit_sent_clear(&t.k); /* the ARP requests */
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP + 8,
					    .tpa = KIT_IP, .tha = KIT_MAC});
	kit_inject_frame(&t.k, &f);
	kit_sent_free(tk_take(&t));
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_events(&t, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(tk_events(&t, EVENT_TCP_RETRANSMIT), 0);
	tk_advance(&t, 1001 * NS_PER_MS); /* from here on it may be lost */
	assert_int_equal(tk_events(&t, EVENT_TCP_RETRANSMIT), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* The round trip begins when the SYN leaves, not when it begins to wait for ARP. */
static void waiting_for_arp_is_no_round_trip(void **state)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP + 8, TK_PEER_PORT);
	struct kit_sent *syn;
	struct kit_frame f;
	struct tk t;

	(void)state;
	tk_open(&t);
	t.k.answer_arp = false;
	t.fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t.k.stack, t.fd, &remote, t.k.now_ns), ERR_INPROGRESS);
	t.k.now_ns += 500 * NS_PER_MS;
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP + 8,
					    .tpa = KIT_IP, .tha = KIT_MAC});
	kit_inject_frame(&t.k, &f);
	assert_int_equal(tk_events(&t, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(kit_event(&t.k.kp, EVENT_TCP_SYN_SENT, 0)->t_ns, t.k.now_ns);
	syn = tk_take(&t);
	tk_advance(&t, 999 * NS_PER_MS); /* nor does the time-out run before */
	TK_EXPECT_NOTHING(&t);
	kit_build_tcp(&f, &(struct kit_ipv4){.src = KIT_PEER_IP + 8},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = syn->tcp.src_port,
					.ack = syn->tcp.seq + 1, .flags = TCP_SYN | TCP_ACK}, NULL, 0);
	kit_inject_frame(&t.k, &f);
	kit_sent_free(syn);
	assert_int_equal(option(&t, SOCK_TCP_SRTT_US), 999000);
	assert_string_equal(tk_field(&t, EVENT_SOCK_CONNECTED, 0, "rtt_us"), "999000");
	kit_sent_clear(&t.k);
	tk_close(&t);
}

static void memory_for_buffers_runs_out(void **state)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);
	struct tk t;

	(void)state;
	tk_open(&t);
	t.fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_STREAM, SOCK_PROTO_TCP);
	t.k.kp.fail_after = 0;
	assert_int_equal(sock_connect(t.k.stack, t.fd, &remote, t.k.now_ns), ERR_NOMEM);
	assert_int_equal(tk_events(&t, EVENT_SOCK_CONNECT), 0);
	t.k.kp.fail_after = UINT_MAX;
	assert_int_equal(sock_connect(t.k.stack, t.fd, &remote, t.k.now_ns), ERR_INPROGRESS);
	tk_close(&t);
}

/* Memory without a block larger than 50,000 bytes. */
static void *(*kit_alloc)(void *ctx, size_t size);

static void *alloc_small(void *ctx, size_t size)
{
	return size > 50000 ? NULL : kit_alloc(ctx, size);
}

static void buffers_are_smaller_where_memory_is_short(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	kit_alloc = t.k.kp.port.alloc;
	t.k.kp.port.alloc = alloc_small;
	t.fd = sock_socket(t.k.stack, NET_FAMILY_IPV4, SOCK_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t.k.stack, t.fd,
				      &(struct net_endpoint){net_addr_ipv4(KIT_PEER_IP), 80},
				      t.k.now_ns), ERR_INPROGRESS);
	assert_field(&t, EVENT_SOCK_CONNECT, "sndbuf", "32768");
	assert_field(&t, EVENT_SOCK_CONNECT, "rcvbuf", "32768");
	assert_field(&t, EVENT_TCP_SYN_BUILT, "win", "32768");
	assert_int_equal(option(&t, SOCK_SO_SNDBUF), 32768);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* --- the server ------------------------------------------------------------------------------ */

static void passive_open(void **state)
{
	struct net_endpoint remote;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 1);
	kit_events_clear(&t.k.kp);
	assert_int_equal(sock_accept(t.k.stack, t.listener, &remote), ERR_AGAIN);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(sock_poll(t.k.stack, t.listener, SOCK_POLLIN), 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(sock_poll(t.k.stack, t.listener, SOCK_POLLIN), SOCK_POLLIN);
	t.fd = sock_accept(t.k.stack, t.listener, &remote);
	assert_true(t.fd > t.listener);
	assert_int_equal(net_addr_to_ipv4(&remote.addr), KIT_PEER_IP);
	assert_int_equal(remote.port, TK_PEER_PORT);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	assert_field(&t, EVENT_SRV_FOUND, "port", "50000");
	assert_field(&t, EVENT_SRV_FOUND, "fd", "3");
	assert_field(&t, EVENT_SRV_RECORDED, "src", "192.168.77.1:80");
	assert_field(&t, EVENT_SRV_RECORDED, "state", "SYN-RECEIVED");
	assert_field(&t, EVENT_SRV_SYNACK_BUILT, "flags", "SYN,ACK");
	assert_field(&t, EVENT_SRV_SYNACK_BUILT, "tcp_ack", "4294967291");
	assert_field(&t, EVENT_SRV_SYNACK_SENT, "len", "74");
	assert_int_equal(tk_events(&t, EVENT_TCP_SYN_SENT), 0);
	assert_int_equal(tk_events(&t, EVENT_TCP_SYNACK_RCVD), 0);
	assert_int_equal(tk_events(&t, EVENT_TCP_ACK_SENT), 0);
	assert_int_equal(sock_last_step(t.k.stack, t.fd), 12);
	tk_close(&t);
}

/* 3.10.7.2: first a RST, second an ACK, fourth anything else. */
static void what_a_listener_ignores_and_resets(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_RST);
	TK_SEND(&t, .flags = TCP_RST | TCP_SYN);
	TK_SEND(&t, .flags = 0);
	TK_SEND(&t, .flags = TCP_FIN);
	TK_EXPECT_NOTHING(&t);
	t.iss = 0;
	TK_SEND(&t, .flags = TCP_ACK, .ack = 77);
	TK_EXPECT(&t, TCP_RST, 77, 0, 0);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK, .ack = 78);
	TK_EXPECT(&t, TCP_RST, 78, 0, 0);
	assert_int_equal(sock_accept(t.k.stack, t.listener, NULL), ERR_AGAIN);
	tk_close(&t);
}

/* The SYN-ACK was lost: the client's SYN comes again, and so must the SYN-ACK. */
static void a_repeated_syn_gets_its_synack_again(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(tk_events(&t, EVENT_SRV_FOUND), 1);
	assert_int_equal(tk_events(&t, EVENT_SRV_SYNACK_SENT), 1);
	tk_advance(&t, NS_PER_S); /* and by time-out */
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(kit_event(&t.k.kp, EVENT_TCP_RETRANSMIT, 0)->at_step, 12);
	tk_advance(&t, 300 * NS_PER_S); /* nobody comes: the memory goes back */
	kit_sent_clear(&t.k);
	assert_int_equal(t.k.stack->tcp != NULL, true);
	assert_int_equal(tk_events(&t, EVENT_TCP_ABORTED), 1);
	tk_close(&t);
}

/* Text makes it reach into the window; it is the same SYN all the same. */
static void a_repeated_syn_with_text(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(&t, .flags = TCP_SYN, .data = "GET /", .len = 5);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	}
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(&t);
	assert_true(sock_accept(t.k.stack, t.listener, NULL) > 0);
	tk_close(&t);
}

static void a_repeated_synack_is_told_and_not_timed(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.timestamps = false;
	tk_listen(&t, 4);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		tk_advance(&t, 300 * NS_PER_MS);
	}
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	t.fd = sock_accept(t.k.stack, t.listener, NULL);
	assert_int_equal(tk_tcb(&t)->srtt_ns, 0);
	assert_int_equal(tk_tcb(&t)->retransmits, 1);
	assert_int_equal(kit_counter(&t.k, "tcp_retransmits"), 1);
	assert_int_equal(tk_events(&t, EVENT_TCP_RETRANSMIT), 1);
	assert_int_equal(kit_event(&t.k.kp, EVENT_TCP_RETRANSMIT, 0)->at_step, 12);
	assert_field(&t, EVENT_TCP_RETRANSMIT, "reason", "the peer's SYN again");
	tk_close(&t);
}

/* 3.10.7.4, fifth, SYN-RECEIVED: <SEQ=SEG.ACK><CTL=RST> */
static void a_wrong_ack_of_the_synack_is_reset(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 2, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_RST, 2, 0, 0);
	TK_SEND(&t, .seq = 1, .ack = 0, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_RST, 0, 0, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	assert_true(sock_accept(t.k.stack, t.listener, NULL) > 0);
	tk_close(&t);
}

/* 3.10.7.4, second and fourth, SYN-RECEIVED: back to LISTEN, that is: gone. */
static void rst_and_syn_end_a_half_open_connection(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	for (unsigned i = 0; i < 2; i++) {
		TK_SEND(&t, .flags = TCP_SYN);
		TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
		TK_SEND(&t, .seq = 1, .flags = i == 0 ? TCP_RST : TCP_SYN);
		TK_EXPECT_NOTHING(&t);
		assert_int_equal(tk_events(&t, EVENT_TCP_SUMMARY), i + 1);
	}
	assert_int_equal(sock_accept(t.k.stack, t.listener, NULL), ERR_AGAIN);
	tk_close(&t);
}

/* Data may come with the handshake's last ACK. */
static void data_with_the_last_ack(void **state)
{
	char buf[8];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = "abc", .len = 3);
	TK_EXPECT(&t, TCP_ACK, 1, 5, 0);
	t.fd = sock_accept(t.k.stack, t.listener, NULL);
	assert_int_equal(tk_read(&t, buf, sizeof(buf)), 3);
	assert_int_equal(tk_state(&t), TCP_CLOSE_WAIT);
	tk_close(&t);
}

/* Data on the SYN is not taken; the peer sends it again. */
static void data_on_the_syn_waits(void **state)
{
	char buf[8];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN, .data = "abc", .len = 3);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	t.fd = sock_accept(t.k.stack, t.listener, NULL);
	assert_int_equal(tk_read(&t, buf, sizeof(buf)), 3);
	tk_close(&t);
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

static void a_flood_of_syns_costs_a_fixed_amount(void **state)
{
	size_t before;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	for (uint16_t port = 1; port <= 16; port++)
		inject_syn_from(&t, port);
	assert_int_equal(kit_counter(&t.k, "tcp_syn_dropped"), 0);
	kit_sent_clear(&t.k);
	before = t.k.kp.live_bytes;
	for (uint16_t port = 17; port <= 1000; port++)
		inject_syn_from(&t, port);
	assert_int_equal(t.k.kp.live_bytes, before);
	assert_int_equal(kit_counter(&t.k, "tcp_syn_dropped"), 984);
	assert_int_equal(t.k.n_sent, 0);
	/* Time makes room again. */
	tk_advance(&t, 130 * NS_PER_S);
	kit_sent_clear(&t.k);
	inject_syn_from(&t, 2000);
	assert_int_equal(kit_counter(&t.k, "tcp_syn_dropped"), 984);
	tk_close(&t);
}

/* Half-open connections that end make room at once. */
static void a_reset_makes_room_for_another(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	for (uint16_t port = 1; port <= 100; port++) {
		struct kit_frame f;

		inject_syn_from(&t, port);
		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = 6,
						.flags = TCP_RST}, NULL, 0);
		kit_inject_frame(&t.k, &f);
	}
	assert_int_equal(kit_counter(&t.k, "tcp_syn_dropped"), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

static void the_backlog_has_bounds(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 0);
	t.fd = t.listener;
	assert_int_equal(tk_tcb(&t)->backlog, 1);
	assert_int_equal(sock_listen(t.k.stack, t.listener, UINT_MAX), ERR_OK);
	assert_int_equal(tk_tcb(&t)->backlog, 1024);
	tk_close(&t);
}

/* First come, first accepted; and buffers as the listener was told. */
static void accepted_in_order_with_the_listener_s_buffers(void **state)
{
	static const uint16_t sizes[2] = {5000, 6000};
	int64_t value;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	assert_int_equal(sock_setsockopt(t.k.stack, t.listener, SOCK_SO_SNDBUF, sizes[0], 0), ERR_OK);
	assert_int_equal(sock_setsockopt(t.k.stack, t.listener, SOCK_SO_RCVBUF, sizes[1], 0), ERR_OK);
	assert_int_equal(sock_setsockopt(t.k.stack, t.listener, SOCK_TCP_NODELAY, 1, 0), ERR_OK);
	for (uint16_t port = 1; port <= 3; port++) {
		struct kit_sent *s;
		struct kit_frame f;

		inject_syn_from(&t, port);
		s = tk_take(&t);
		kit_build_tcp(&f, &(struct kit_ipv4){0},
			      &(struct kit_tcp){.src_port = port, .dst_port = TK_PORT, .seq = 6,
						.ack = s->tcp.seq + 1, .flags = TCP_ACK,
						.window = 9}, NULL, 0);
		kit_inject_frame(&t.k, &f);
		kit_sent_free(s);
	}
	for (uint16_t port = 1; port <= 3; port++) {
		struct net_endpoint peer;
		int fd = sock_accept(t.k.stack, t.listener, &peer);

		assert_int_equal(peer.port, port);
		assert_int_equal(sock_getsockopt(t.k.stack, fd, SOCK_SO_SNDBUF, &value), ERR_OK);
		assert_int_equal(value, 5000);
		assert_int_equal(sock_getsockopt(t.k.stack, fd, SOCK_SO_RCVBUF, &value), ERR_OK);
		assert_int_equal(value, 6000);
		assert_int_equal(sock_getsockopt(t.k.stack, fd, SOCK_TCP_NODELAY, &value), ERR_OK);
		assert_int_equal(value, 1);
	}
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A client that we could not answer is not recorded. */
static void a_syn_from_where_no_route_leads(void **state)
{
	struct net_endpoint local = net_endpoint_ipv4(0, TK_PORT);
	struct kit_frame f;
	struct kit k;
	int fd;

	(void)state;
	kit_open_bare(&k, 1, NULL);
	assert_int_equal(net_set_ipv4(k.stack, &k.netif, KIT_IP, KIT_MASK), ERR_OK);
	fd = sock_socket(k.stack, NET_FAMILY_IPV4, SOCK_STREAM, SOCK_PROTO_TCP);
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

static void a_full_backlog_takes_no_more(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 1);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	inject_syn_from(&t, 1);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(kit_counter(&t.k, "tcp_syn_dropped"), 1);
	assert_true(sock_accept(t.k.stack, t.listener, NULL) > 0);
	inject_syn_from(&t, 1);
	assert_int_equal(t.k.n_sent, 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Those that nobody accepted are reset when the listener closes; so are the half-open ones. */
static void closing_a_listener_resets_what_waits(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	inject_syn_from(&t, 1);
	kit_sent_clear(&t.k);
	assert_int_equal(sock_close(t.k.stack, t.listener, t.k.now_ns), ERR_OK);
	assert_int_equal(t.k.n_sent, 2);
	assert_int_equal(t.k.sent_first->tcp.flags, TCP_RST | TCP_ACK);
	kit_sent_clear(&t.k);
	assert_int_equal(tk_events(&t, EVENT_TCP_RST_SENT), 2);
	tk_close(&t);
}

/* 3.10.5 ABORT, LISTEN: nothing may be left that refers to it. */
static void aborting_a_listener_resets_what_waits(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(sock_abort(t.k.stack, t.listener, t.k.now_ns), ERR_OK);
	TK_EXPECT(&t, TCP_RST | TCP_ACK, 1, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT(&t, TCP_RST, 1, 0, 0);
	tk_close(&t);
}

/* A connection that the peer reset before it was accepted is still handed over, with its error. */
static void reset_before_accept(void **state)
{
	char buf[4];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_listen(&t, 4);
	TK_SEND(&t, .flags = TCP_SYN);
	TK_EXPECT(&t, TCP_SYN | TCP_ACK, 0, 1, 0);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_SEND(&t, .seq = 1, .flags = TCP_RST);
	t.fd = sock_accept(t.k.stack, t.listener, NULL);
	assert_true(t.fd > 0);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), ERR_CONNRESET);
	assert_int_equal(sock_connect(t.k.stack, t.fd,
				      &(struct net_endpoint){net_addr_ipv4(KIT_PEER_IP), 80},
				      t.k.now_ns), ERR_ISCONN);
	tk_close(&t);
}

static void reset_before_accept_and_never_accepted(void **state)
{
	struct tk t;

	(void)state;
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

static void many_connections(void **state)
{
	static const struct net_options many = {.max_sockets = 600};
	int fds[500];
	struct tk t;

	(void)state;
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

static void destroyed_with_everything_open(void **state)
{
	struct tk t;

	(void)state;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_syn_offers_what_it_should),
		cmocka_unit_test(three_way),
		cmocka_unit_test(the_steps_come_in_order),
		cmocka_unit_test(the_steps_say_what_the_wire_carried),
		cmocka_unit_test(options_that_were_not_sent_have_no_field),
		cmocka_unit_test(a_peer_without_options),
		cmocka_unit_test(refused),
		cmocka_unit_test(a_blind_rst_refuses_nothing),
		cmocka_unit_test(an_old_synack_is_reset),
		cmocka_unit_test(data_with_the_synack_is_taken),
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(no_answer_at_all),
		cmocka_unit_test(no_arp_answer),
		cmocka_unit_test(late_arp_answer_lets_one_syn_out),
		cmocka_unit_test(waiting_for_arp_is_no_round_trip),
		cmocka_unit_test(memory_for_buffers_runs_out),
		cmocka_unit_test(buffers_are_smaller_where_memory_is_short),
		cmocka_unit_test(passive_open),
		cmocka_unit_test(what_a_listener_ignores_and_resets),
		cmocka_unit_test(a_repeated_syn_gets_its_synack_again),
		cmocka_unit_test(a_repeated_syn_with_text),
		cmocka_unit_test(a_repeated_synack_is_told_and_not_timed),
		cmocka_unit_test(a_wrong_ack_of_the_synack_is_reset),
		cmocka_unit_test(rst_and_syn_end_a_half_open_connection),
		cmocka_unit_test(data_with_the_last_ack),
		cmocka_unit_test(data_on_the_syn_waits),
		cmocka_unit_test(a_flood_of_syns_costs_a_fixed_amount),
		cmocka_unit_test(a_reset_makes_room_for_another),
		cmocka_unit_test(the_backlog_has_bounds),
		cmocka_unit_test(accepted_in_order_with_the_listener_s_buffers),
		cmocka_unit_test(a_syn_from_where_no_route_leads),
		cmocka_unit_test(a_full_backlog_takes_no_more),
		cmocka_unit_test(closing_a_listener_resets_what_waits),
		cmocka_unit_test(aborting_a_listener_resets_what_waits),
		cmocka_unit_test(reset_before_accept),
		cmocka_unit_test(reset_before_accept_and_never_accepted),
		cmocka_unit_test(many_connections),
		cmocka_unit_test(destroyed_with_everything_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
