/*
 * SPDX-License-Identifier: MIT
 *
 * sock_tcp_info(): what each number says while things happen that it is about.
 */
#include "net/tcp/limits.h"
#include "net/wire/ipv4.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

static struct sock_tcp_info info_of(struct tk *t)
{
	struct sock_tcp_info info;

	assert_int_equal(sock_tcp_info(t->k.stack, t->fd, &info, t->k.now_ns), ERR_OK);
	return info;
}

TCP_TEST(before_anything)
{
	struct sock_tcp_info info;

	tk_listen(t, 1);
	TK_SEND(t, .flags = TCP_SYN);
	kit_sent_clear(&t->k);
	t->fd = t->listener;
	info = info_of(t);
	assert_int_equal(info.busy_us + info.rwnd_limited_us + info.sndbuf_limited_us, 0);
	assert_int_equal(info.rcv_rtt_us + info.rcv_space, 0);
	assert_int_equal(info.rcv_wnd, 0);
	assert_int_equal(info.options, 0);
	assert_int_equal(info.last_data_sent_ms, UINT32_MAX);
	assert_int_equal(info.last_data_recv_ms, UINT32_MAX);
	assert_int_equal(info.last_ack_recv_ms, UINT32_MAX);
	t->fd = -1;
}

TCP_TEST(a_quiet_connection)
{
	struct sock_tcp_info info;

	t->scale_offered = true;
	t->scale = 3;
	tk_establish_over(t, 10 * NS_PER_MS);
	info = info_of(t);
	assert_int_equal(info.ca_state, SOCK_CA_OPEN);
	assert_int_equal(info.options, SOCK_TCPI_TIMESTAMPS | SOCK_TCPI_SACK | SOCK_TCPI_WSCALE);
	assert_int_equal(info.snd_wscale, 3);
	assert_int_equal(info.rcv_wscale, TCP_WINDOW_SCALE);
	assert_int_equal(info.pmtu, 1500);
	assert_int_equal(info.reordering, 3);
	assert_int_equal(info.bytes_acked + info.delivered + info.data_segs_in + info.lost, 0);
	tk_write(t, 0, 3 * TK_FULL);
	kit_sent_clear(&t->k);
	tk_advance(t, 15 * NS_PER_MS);
	info = info_of(t);
	assert_int_equal(info.last_data_sent_ms, 15);
	assert_int_equal(info.bytes_acked, 0);
	assert_int_equal(info.data_segs_out, 3);
	assert_in_range(info.busy_us, 13000, 17000);
	tk_peer_ack(t, TK_SEG(2));
	info = info_of(t);
	assert_int_equal(info.bytes_acked, 2 * TK_FULL);
	assert_int_equal(info.delivered, 2);
	assert_int_equal(info.min_rtt_us, 15000);
	TK_SEND(t, .seq = 1, .ack = TK_SEG(3), .flags = TCP_ACK, .data = "x", .len = 1);
	kit_sent_clear(&t->k);
	tk_advance(t, 100 * NS_PER_MS);
	info = info_of(t);
	assert_int_equal(info.bytes_acked, 3 * TK_FULL);
	assert_int_equal(info.data_segs_in, 1);
	assert_int_equal(info.last_ack_recv_ms, 100);
	assert_in_range(info.last_data_recv_ms, 98, 102);
	assert_in_range(info.busy_us, 13000, 17000); /* it stands still */
	assert_int_equal(info.rwnd_limited_us + info.sndbuf_limited_us, 0);
	kit_sent_clear(&t->k);
}

/* Disorder, recovery, and what is lost, sent again, SACKed. */
TCP_TEST(a_loss)
{
	struct sock_tcp_info info;

	tk_establish_over(t, 10 * NS_PER_MS);
	tk_write(t, 0, 10 * TK_FULL);
	tk_advance(t, 10 * NS_PER_MS);
	kit_sent_clear(&t->k);
	TK_SACK(t, 1, TK_SEG(2), TK_SEG(3));
	info = info_of(t);
	assert_int_equal(info.ca_state, SOCK_CA_DISORDER);
	assert_int_equal(info.sacked, TK_FULL);
	assert_int_equal(info.lost + info.retrans, 0);
	TK_SACK(t, 1, TK_SEG(2), TK_SEG(6));
	info = info_of(t);
	assert_int_equal(info.ca_state, SOCK_CA_RECOVERY);
	assert_int_equal(info.sacked, 4 * TK_FULL);
	assert_int_equal(info.delivered, 4);
	assert_int_equal(info.lost + info.retrans, 2 * TK_FULL);
	assert_int_equal(info.bytes_retrans, info.retrans);
	assert_int_equal(info.total_retrans * TK_FULL, info.retrans);
	kit_sent_clear(&t->k);
	tk_advance(t, 2 * NS_PER_S);
	info = info_of(t);
	assert_int_equal(info.ca_state, SOCK_CA_LOSS);
	assert_true(info.backoff > 0);
	assert_int_equal(info.probes, 0);
	kit_sent_clear(&t->k);
}

TCP_TEST(reordering_and_duplicates)
{
	struct sock_tcp_info info;

	tk_establish_over(t, 10 * NS_PER_MS);
	tk_write(t, 0, 10 * TK_FULL);
	tk_advance(t, 10 * NS_PER_MS);
	kit_sent_clear(&t->k);
	TK_SACK(t, TK_SEG(1), TK_SEG(6), TK_SEG(7));
	tk_peer_ack(t, TK_SEG(2)); /* the second was overtaken by the seventh */
	info = info_of(t);
	assert_int_equal(info.reord_seen, 1);
	assert_int_equal(info.reordering, 6);
	assert_int_equal(info.dsack_dups, 0);
	TK_SACK(t, TK_SEG(2), TK_SEG(0), TK_SEG(1));
	assert_int_equal(info_of(t).dsack_dups, 1);
	kit_sent_clear(&t->k);
}

/* The peer's window, and our own buffer; each for its time. */
TCP_TEST(what_limits_it)
{
	static const uint8_t text[5 * TK_FULL];
	struct sock_tcp_info info;

	tk_establish_over(t, 10 * NS_PER_MS);
	t->window = 2000;
	tk_peer_ack(t, 1);
	tk_write(t, 0, 4000);
	tk_advance(t, 100 * NS_PER_MS);
	info = info_of(t);
	assert_in_range(info.rwnd_limited_us, 98000, 102000);
	assert_in_range(info.busy_us, 98000, 102000);
	t->window = 65535;
	tk_peer_ack(t, 1); /* all of it goes */
	kit_sent_clear(&t->k);
	tk_advance(t, 50 * NS_PER_MS);
	info = info_of(t);
	assert_in_range(info.rwnd_limited_us, 98000, 102000);
	assert_in_range(info.busy_us, 148000, 152000);
	tk_peer_ack(t, 4001);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_SO_SNDBUF, 4 * TK_FULL, t->k.now_ns),
			 ERR_OK);
	assert_int_equal(sock_send(t->k.stack, t->fd, text, sizeof(text), t->k.now_ns), 4 * TK_FULL);
	tk_advance(t, 10 * NS_PER_MS);
	kit_sent_clear(&t->k);
	tk_peer_ack(t, 4001 + 4 * TK_FULL);
	tk_write(t, 0, 4 * TK_FULL); /* just as much: no reason to complain, until ... */
	assert_int_equal(sock_send(t->k.stack, t->fd, "x", 1, t->k.now_ns), ERR_AGAIN);
	tk_advance(t, 20 * NS_PER_MS);
	info = info_of(t);
	assert_in_range(info.sndbuf_limited_us, 28000, 32000);
	assert_in_range(info.busy_us, 178000, 182000);
	assert_in_range(info.rwnd_limited_us, 98000, 102000);
	kit_sent_clear(&t->k);
}

/* The clocks stand still when the connection has ended with something unsent. */
TCP_TEST(after_the_end)
{
	struct sock_tcp_info info;

	tk_establish_over(t, 10 * NS_PER_MS);
	tk_write(t, 0, 10);
	tk_advance(t, 100 * NS_PER_MS);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_RST | TCP_ACK);
	assert_int_equal(tk_state(t), TCP_CLOSED);
	tk_advance(t, 10 * NS_PER_S);
	info = info_of(t);
	assert_in_range(info.busy_us, 0, 110000);
	kit_sent_clear(&t->k);
}

TCP_TEST(a_closed_window_is_probed)
{
	tk_establish(t);
	t->window = 0;
	tk_peer_ack(t, 1);
	tk_write(t, 0, 10);
	tk_advance(t, 300 * NS_PER_MS);
	assert_int_equal(info_of(t).probes, 1);
	assert_int_equal(info_of(t).backoff, 0);
	assert_in_range(info_of(t).rwnd_limited_us, 298000, 302000);
	kit_sent_clear(&t->k);
}

TEST(marks)
{
	const struct net_options options = {.congestion = NET_CONGESTION_NEWRENO,
					    .ecn = NET_ECN_ASK};
	struct sock_tcp_info info;
	struct tk t;

	tk_open_with(&t, &options);
	tk_connect(&t);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .flags = TCP_SYN | TCP_ACK | TCP_ECE, .ack = 1);
	assert_true(info_of(&t).options & SOCK_TCPI_ECN);
	assert_false(info_of(&t).options & SOCK_TCPI_ECN_SEEN);
	tk_write(&t, 0, 10 * TK_FULL);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 1, .ack = TK_SEG(2), .flags = TCP_ACK | TCP_ECE, .data = "x", .len = 1,
		.tos = IP_ECN_ECT0);
	info = info_of(&t);
	assert_true(info.options & SOCK_TCPI_ECN_SEEN);
	assert_int_equal(info.ca_state, SOCK_CA_CWR);
	assert_int_equal(info.delivered_ce, 2);
	TK_SEND(&t, .seq = 2, .ack = TK_SEG(10), .flags = TCP_ACK);
	assert_int_equal(info_of(&t).ca_state, SOCK_CA_OPEN);
	assert_int_equal(info_of(&t).delivered_ce, 2);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
