/*
 * SPDX-License-Identifier: MIT
 *
 * Opening actively: SYN-SENT (RFC 9293 3.10.7.3), options, simultaneous open, and what goes wrong.
 */
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>

#include "net/socket/table.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/options.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static int64_t option(struct tk *t, enum sock_option which)
{
	int64_t value = 0;

	assert_int_equal(sock_getsockopt(t->k.stack, t->fd, which, &value), ERR_OK);
	return value;
}

TCP_TEST(the_syn_offers_what_it_should)
{
	struct tcp_options opt;
	struct kit_sent *s;

	tk_connect(t);
	s = tk_take(t);
	assert_non_null(s);
	assert_int_equal(s->len, 74);
	assert_int_equal(s->tcp.flags, TCP_SYN);
	assert_int_equal(s->tcp.seq, TK_ISS);
	assert_int_equal(s->tcp.ack, 0);
	assert_int_equal(s->tcp.window, 65535);
	assert_int_equal(s->ip.fragment, IPV4_DF); /* RFC 1191 3 */
	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, true);
	assert_false(opt.malformed);
	assert_true(opt.has_mss);
	assert_int_equal(opt.mss, 1460);
	assert_true(opt.has_window_scale);
	assert_int_equal(opt.window_scale, 7);
	assert_true(opt.sack_permitted);
	assert_true(opt.has_timestamps);
	assert_int_equal(opt.ts_ecr, 0);
	assert_int_equal(opt.ts_val - tcp_timestamp_offset(t->k.stack, tk_tcb(t)),
			 t->k.now_ns / NS_PER_MS);
	kit_sent_free(s);
}

TCP_TEST(three_way)
{
	tk_connect(t);
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
	assert_int_equal(sock_poll(t->k.stack, t->fd, SOCK_POLLIN | SOCK_POLLOUT), 0);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	t->k.now_ns += 3 * NS_PER_MS;
	/* The ACK leaves at once, not with the next poll. */
	tk_inject(t, &(struct tk_in){.flags = TCP_SYN | TCP_ACK, .ack = 1});
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_int_equal(sock_poll(t->k.stack, t->fd, SOCK_POLLIN | SOCK_POLLOUT), SOCK_POLLOUT);
	assert_int_equal(option(t, SOCK_SO_ERROR), ERR_OK);
	assert_int_equal(option(t, SOCK_TCP_SRTT_US), 3000);
	TK_EXPECT_NOTHING(t);
}

static const struct kit_event *nth_event(struct tk *t, unsigned i)
{
	return &t->k.kp.events[i];
}

/* The steps in their order, each once, and nothing of the server's. */
TCP_TEST(the_steps_come_in_order)
{
	static const enum event_id wanted[] = {
		EVENT_SOCK_ALLOC, EVENT_SOCK_FD, EVENT_SOCK_CONNECT, EVENT_TCP_SYN_BUILT,
		EVENT_TCP_SYN_SENT, EVENT_TCP_SYNACK_RCVD, EVENT_TCP_ESTABLISHED,
		EVENT_TCP_ACK_SENT, EVENT_SOCK_CONNECTED,
	};
	unsigned found = 0;

	kit_events_clear(&t->k.kp);
	assert_int_equal(sock_next_conn(t->k.stack), 1);
	tk_establish(t);
	for (unsigned i = 0; i < t->k.kp.n_events; i++) {
		const struct kit_event *ev = nth_event(t, i);

		assert_int_equal(ev->conn, 1);
		assert_true(ev->id != EVENT_SRV_FOUND && ev->id != EVENT_SRV_RECORDED &&
			    ev->id != EVENT_SRV_SYNACK_BUILT && ev->id != EVENT_SRV_SYNACK_SENT);
		if (found < ARRAY_LEN(wanted) && ev->id == wanted[found])
			found++;
	}
	assert_int_equal(found, ARRAY_LEN(wanted));
	for (unsigned i = 0; i < ARRAY_LEN(wanted); i++)
		assert_int_equal(tk_events(t, wanted[i]), 1);
	assert_int_equal(sock_last_step(t->k.stack, t->fd), 15);
}

TCP_TEST(the_steps_report_what_the_wire_carried)
{
	char number[32];

	tk_establish(t);
	tk_expect_field(t, EVENT_SOCK_ALLOC, "state", "CLOSED");
	snprintf(number, sizeof(number), "%zu", socket_size(SOCK_TYPE_STREAM) + tcp_control_size());
	tk_expect_field(t, EVENT_SOCK_ALLOC, "bytes", number);
	tk_expect_field(t, EVENT_SOCK_FD, "fd", "3");
	tk_expect_field(t, EVENT_SOCK_CONNECT, "dst", "192.168.77.1:80");
	tk_expect_field(t, EVENT_SOCK_CONNECT, "sndbuf", "262144");
	tk_expect_field(t, EVENT_SOCK_CONNECT, "rcvbuf", "262144");
	for (unsigned i = 0; i < 2; i++) {
		enum event_id id = i == 0 ? EVENT_TCP_SYN_BUILT : EVENT_TCP_SYN_SENT;

		tk_expect_field(t, id, "src", "192.168.77.2:50000");
		tk_expect_field(t, id, "dst", "192.168.77.1:80");
		tk_expect_field(t, id, "flags", "SYN");
		tk_expect_field(t, id, "tcp_seq", "4294967280");
		tk_expect_field(t, id, "win", "65535");
		tk_expect_field(t, id, "mss", "1460");
		tk_expect_field(t, id, "ws", "7");
		tk_expect_field(t, id, "sack", "true");
		assert_non_null(kit_event_field(kit_event(&t->k.kp, id, 0), "tsval"));
		assert_null(kit_event_field(kit_event(&t->k.kp, id, 0), "tcp_ack"));
	}
	tk_expect_field(t, EVENT_TCP_SYN_SENT, "len", "74");
	tk_expect_field(t, EVENT_TCP_SYN_SENT, "next_hop", "192.168.77.1");
	assert_int_equal(strlen(tk_field(t, EVENT_TCP_SYN_SENT, 0, "frame")), 148);
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "flags", "SYN,ACK");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "src", "192.168.77.1:80");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "tcp_seq", "4294967290");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "tcp_ack", "4294967281");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "win", "65535");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "mss", "1460");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "ws", "0");
	tk_expect_field(t, EVENT_TCP_SYNACK_RCVD, "tsval", "1000");
	assert_int_equal(2 * atoi(tk_field(t, EVENT_TCP_SYNACK_RCVD, 0, "len")),
			 strlen(tk_field(t, EVENT_TCP_SYNACK_RCVD, 0, "frame")));
	tk_expect_field(t, EVENT_TCP_ESTABLISHED, "dst", "192.168.77.1:80");
	tk_expect_field(t, EVENT_TCP_ESTABLISHED, "state", "ESTABLISHED");
	tk_expect_field(t, EVENT_TCP_ACK_SENT, "flags", "ACK");
	tk_expect_field(t, EVENT_TCP_ACK_SENT, "tcp_seq", "4294967281");
	tk_expect_field(t, EVENT_TCP_ACK_SENT, "tcp_ack", "4294967291");
	tk_expect_field(t, EVENT_TCP_ACK_SENT, "win", "511"); /* 65535 >> 7, raw */
	tk_expect_field(t, EVENT_TCP_ACK_SENT, "len", "66");
	tk_expect_field(t, EVENT_SOCK_CONNECTED, "fd", "3");
}

/* A field that the peer did not send is not there. */
TCP_TEST(options_that_were_not_sent_have_no_field)
{
	static const char *const absent[] = {"mss", "ws", "sack", "tsval"};

	t->timestamps = t->sack = t->scale_offered = false;
	t->mss = 0;
	tk_establish(t);
	for (unsigned i = 0; i < ARRAY_LEN(absent); i++)
		assert_null(kit_event_field(kit_event(&t->k.kp, EVENT_TCP_SYNACK_RCVD, 0),
					    absent[i]));
}

/* Without the options in the peer's SYN none of them is used: RFC 7323 2.2, 3.2. */
TCP_TEST(a_peer_without_options)
{
	struct kit_sent *s;

	t->timestamps = t->sack = t->scale_offered = false;
	t->mss = 0;
	tk_connect(t);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	s = tk_take(t);
	assert_int_equal(s->tcp.header_len, TCP_HEADER_LEN);
	assert_int_equal(s->tcp.window, 65535); /* not scaled, though there is room for more */
	kit_sent_free(s);
	/* RFC 9293 3.7.1, MUST-15: 536 without the option */
	tk_write(t, 0, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 1, 536);
	TK_EXPECT_NOTHING(t); /* Nagle holds the rest */
}

TCP_TEST(refused)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 1);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(sock_poll(t->k.stack, t->fd, SOCK_POLLOUT),
			 SOCK_POLLOUT | SOCK_POLLERR | SOCK_POLLHUP);
	assert_int_equal(option(t, SOCK_SO_ERROR), ERR_CONNREFUSED);
	assert_int_equal(option(t, SOCK_SO_ERROR), ERR_OK);
	assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_RST_RCVD, 0)->at_step, 12);
	tk_expect_field(t, EVENT_TCP_RST_RCVD, "meaning", "connection refused");
	assert_int_equal(sock_last_step(t->k.stack, t->fd), 8);
	assert_int_equal(tk_events(t, EVENT_TCP_SUMMARY), 1);
	/* The socket may try again, with another TCB. */
	assert_int_equal(sock_connect(t->k.stack, t->fd,
				      &(struct net_endpoint){net_addr_ipv4(KIT_PEER_IP), 80},
				      t->k.now_ns), ERR_INPROGRESS);
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
	kit_sent_clear(&t->k);
}

/* 3.10.7.3, second: a RST that does not acknowledge our SYN proves nothing. */
TCP_TEST(a_blind_rst_refuses_nothing)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_RST);
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 0);
	TK_SEND(t, .flags = TCP_RST | TCP_ACK, .ack = 2);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
}

/* 3.10.7.3, first: <SEQ=SEG.ACK><CTL=RST>, and nothing changes. */
TCP_TEST(an_old_synack_is_reset)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 5);
	TK_EXPECT(t, TCP_RST, 5, 0, 0);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 0);
	TK_EXPECT(t, TCP_RST, 0, 0, 0);
	TK_SEND(t, .flags = TCP_ACK, .ack = 1); /* fifth: neither SYN nor RST */
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
}

/* 3.10.7.3: "if there are other controls or text in the segment, continue at the sixth step". */
TCP_TEST(data_with_the_synack_is_taken)
{
	char buf[16];

	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1, .data = "hello", .len = 5);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	TK_EXPECT(t, TCP_ACK, 1, 6, 0);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
}

/* RFC 9293 3.5, figure 8 */
TCP_TEST(simultaneous_open)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN);
	TK_EXPECT(t, TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(tk_state(t), TCP_SYN_RECEIVED);
	/* The peer's SYN-ACK: its SYN is old, so an ACK answers; that one establishes the peer. */
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	assert_int_equal(tk_events(t, EVENT_SOCK_CONNECTED), 1);
	assert_int_equal(tk_events(t, EVENT_SRV_SYNACK_BUILT), 0);
	assert_int_equal(tk_events(t, EVENT_SRV_SYNACK_SENT), 0);
}

/* RFC 9293 3.8.3, MUST-23: three minutes for a SYN, also for one that has crossed the peer's. */
TCP_TEST(crossing_syns_and_then_silence)
{
	tk_reach(t, TCP_SYN_SENT);
	TK_SEND(t, .flags = TCP_SYN);
	tk_advance(t, 179 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_SYN_RECEIVED);
	tk_advance(t, 61 * NS_PER_S);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	kit_sent_clear(&t->k);
}

/* RFC 6298 2.1, 5.5; step 8 once, then retransmissions that say so; R2 after three minutes. */
TCP_TEST(no_answer_at_all)
{
	static const uint64_t rto_s[] = {1, 2, 4, 8, 16, 32, 60, 60};

	tk_reach(t, TCP_SYN_SENT);
	for (unsigned i = 0; i < ARRAY_LEN(rto_s); i++) {
		tk_advance(t, rto_s[i] * NS_PER_S - 1);
		TK_EXPECT_NOTHING(t);
		tk_advance(t, 1);
		if (i + 1 == ARRAY_LEN(rto_s))
			break;
		TK_EXPECT(t, TCP_SYN, 0, 0, 0);
		assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_RETRANSMIT, i)->at_step, 8);
	}
	TK_EXPECT_NOTHING(t);
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "attempt"), "1");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 2, "attempt"), "3");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 2, "rto_ms"), "8000");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "reason"), "time-out");
	assert_string_equal(tk_field(t, EVENT_TCP_RETRANSMIT, 0, "flags"), "SYN");
	assert_int_equal(tk_events(t, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	assert_int_equal(option(t, SOCK_SO_ERROR), ERR_TIMEDOUT);
	tk_expect_field(t, EVENT_TCP_ABORTED, "state", "SYN-SENT");
	tk_expect_field(t, EVENT_TCP_ABORTED, "reason", "no answer to 7 retransmissions in 183 s");
	assert_int_equal(kit_counter(&t->k, "tcp_timeouts"), 8);
	assert_true(net_next_deadline(t->k.stack) == TIME_NEVER ||
		    net_next_deadline(t->k.stack) > t->k.now_ns);
}

/* No step 8 without a frame on the device; the neighbour does not exist. */
TCP_TEST(no_arp_answer)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP + 8, 80);

	t->k.answer_arp = false;
	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &remote, t->k.now_ns), ERR_INPROGRESS);
	tk_advance(t, 4 * NS_PER_S);
	assert_int_equal(tk_events(t, EVENT_ARP_REQUEST), 3);
	assert_int_equal(tk_events(t, EVENT_TCP_SYN_BUILT), 1);
	assert_int_equal(tk_events(t, EVENT_TCP_SYN_SENT), 0);
	assert_int_equal(tk_events(t, EVENT_TCP_RETRANSMIT), 0);
	assert_int_equal(option(t, SOCK_SO_ERROR), ERR_HOSTUNREACH);
	assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_ABORTED, 0)->at_step, 8);
	assert_int_equal(sock_last_step(t->k.stack, t->fd), 7);
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "segs_out"), "0");
	assert_string_equal(tk_field(t, EVENT_TCP_SUMMARY, 0, "retransmits"), "0");
}

/* The next hop was there and falls silent: R1 finds that out, and the open keeps its three minutes
 * (MUST-23); when the next hop is back, so is the SYN. */
TCP_TEST(a_next_hop_that_falls_silent)
{
	tk_connect(t);
	t->k.answer_arp = false;
	tk_advance(t, 60 * NS_PER_S);
	assert_int_equal(tk_events(t, EVENT_ARP_UNRESOLVED) > 0, 1);
	assert_int_equal(tk_state(t), TCP_SYN_SENT);
	kit_sent_clear(&t->k);
	t->k.answer_arp = true;
	tk_advance(t, 61 * NS_PER_S);
	TK_EXPECT(t, TCP_SYN, 0, 0, 0);
	tk_advance(t, 70 * NS_PER_S);
	kit_sent_clear(&t->k);
	assert_int_equal(option(t, SOCK_SO_ERROR), ERR_HOSTUNREACH); /* what was heard meanwhile */
}

/* A SYN that waits was not sent, so it cannot be lost: one leaves, however late the answer. */
TCP_TEST(late_arp_answer_lets_one_syn_out)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP + 8, TK_PEER_PORT);
	struct kit_frame f;

	t->k.answer_arp = false;
	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &remote, t->k.now_ns), ERR_INPROGRESS);
	tk_advance(t, 2500 * NS_PER_MS);
	kit_sent_clear(&t->k); /* the ARP requests */
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP + 8,
					    .tpa = KIT_IP, .tha = KIT_MAC});
	kit_inject_frame(&t->k, &f);
	kit_sent_free(tk_take(t));
	TK_EXPECT_NOTHING(t);
	assert_int_equal(tk_events(t, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(tk_events(t, EVENT_TCP_RETRANSMIT), 0);
	tk_advance(t, 1001 * NS_PER_MS); /* from here on it may be lost */
	assert_int_equal(tk_events(t, EVENT_TCP_RETRANSMIT), 1);
	kit_sent_clear(&t->k);
}

/* The round trip begins when the SYN leaves, not when it begins to wait for ARP. */
TCP_TEST(waiting_for_arp_is_no_round_trip)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP + 8, TK_PEER_PORT);
	struct kit_sent *syn;
	struct kit_frame f;

	t->k.answer_arp = false;
	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t->k.stack, t->fd, &remote, t->k.now_ns), ERR_INPROGRESS);
	t->k.now_ns += 500 * NS_PER_MS;
	kit_build_arp(&f, &(struct kit_arp){.op = ARP_OP_REPLY, .spa = KIT_PEER_IP + 8,
					    .tpa = KIT_IP, .tha = KIT_MAC});
	kit_inject_frame(&t->k, &f);
	assert_int_equal(tk_events(t, EVENT_TCP_SYN_SENT), 1);
	assert_int_equal(kit_event(&t->k.kp, EVENT_TCP_SYN_SENT, 0)->t_ns, t->k.now_ns);
	syn = tk_take(t);
	tk_advance(t, 999 * NS_PER_MS); /* nor does the time-out run before */
	TK_EXPECT_NOTHING(t);
	kit_build_tcp(&f, &(struct kit_ipv4){.src = KIT_PEER_IP + 8},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = syn->tcp.src_port,
					.ack = syn->tcp.seq + 1, .flags = TCP_SYN | TCP_ACK}, NULL, 0);
	kit_inject_frame(&t->k, &f);
	kit_sent_free(syn);
	assert_int_equal(option(t, SOCK_TCP_SRTT_US), 999000);
	assert_string_equal(tk_field(t, EVENT_SOCK_CONNECTED, 0, "rtt_us"), "999000");
	kit_sent_clear(&t->k);
}

TCP_TEST(memory_for_buffers_runs_out)
{
	struct net_endpoint remote = net_endpoint_ipv4(KIT_PEER_IP, TK_PEER_PORT);

	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	t->k.kp.fail_after = 0;
	assert_int_equal(sock_connect(t->k.stack, t->fd, &remote, t->k.now_ns), ERR_NOMEM);
	assert_int_equal(tk_events(t, EVENT_SOCK_CONNECT), 0);
	t->k.kp.fail_after = UINT_MAX;
	assert_int_equal(sock_connect(t->k.stack, t->fd, &remote, t->k.now_ns), ERR_INPROGRESS);
}

/* Memory without a block larger than 50,000 bytes. */
static void *(*kit_alloc)(void *ctx, size_t size);

static void *alloc_small(void *ctx, size_t size)
{
	return size > 50000 ? NULL : kit_alloc(ctx, size);
}

TCP_TEST(buffers_are_smaller_where_memory_is_short)
{
	kit_alloc = t->k.kp.port.alloc;
	t->k.kp.port.alloc = alloc_small;
	t->fd = sock_socket(t->k.stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_int_equal(sock_connect(t->k.stack, t->fd,
				      &(struct net_endpoint){net_addr_ipv4(KIT_PEER_IP), 80},
				      t->k.now_ns), ERR_INPROGRESS);
	tk_expect_field(t, EVENT_SOCK_CONNECT, "sndbuf", "32768");
	tk_expect_field(t, EVENT_SOCK_CONNECT, "rcvbuf", "32768");
	tk_expect_field(t, EVENT_TCP_SYN_BUILT, "win", "32768");
	assert_int_equal(option(t, SOCK_SO_SNDBUF), 32768);
	kit_sent_clear(&t->k);
}

/* Also here the window that our SYN has announced is the end of what is taken. */
TCP_TEST(data_with_the_synack_beyond_the_window)
{
	char buf[200];

	tk_connect(t);
	kit_sent_clear(&t->k);
	tk_turn(t, TCP_KNOB_RCVBUF, 100);
	tk_turn(t, TCP_KNOB_RCVBUF_MAX, 100);
	TK_SEND(t, .flags = TCP_SYN | TCP_ACK, .ack = 1, .data = (const char[150]){"x"}, .len = 150);
	assert_int_equal(tk_inspect(t).rcv_unread, 100);
	assert_int_equal(tk_inspect(t).rcv_nxt, TK_IRS + 101);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 100);
	kit_sent_clear(&t->k);
}
