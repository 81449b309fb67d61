/* SPDX-License-Identifier: MIT */
/* The window that is announced: RFC 9293 3.8.6.2.2, and what a full one holds of memory. */
#include <stdlib.h>

#include "tests/runner/unit.h"
#include "tests/unit/receive_kit.h"

FIXTURE_ONCE(fill_pattern);

static const struct net_options small_buffers = {.rcvbuf = 4000, .sndbuf = 4000};

static uint32_t consume_window(struct tk *t)
{
	struct kit_sent *s = tk_take(t);
	uint32_t window;

	assert_non_null(s);
	window = (uint32_t)s->tcp.window << 7;
	kit_sent_free(s);
	return window;
}

/* SHLD-14: the right edge never moves back (but for the rounding of RFC 7323 2.3). */
TEST(the_window_shrinks_only_as_bytes_come)
{
	uint32_t edge = 0;
	struct tk t;

	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	tk_turn(&t, TCP_KNOB_QUICK_ACKS, 40); /* one ACK to look at for each segment */
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t now;

		peer_data(&t, i * 100, 100);
		now = (i + 1) * 100 + consume_window(&t);
		assert_true(now + 127 >= edge);
		edge = MAX(edge, now);
		assert_true(edge <= 4000);
		assert_int_equal(tk_inspect(&t).rcv_adv - TK_IRS - 1, 4000);
	}
	tk_close(&t);
}

/* A frame as a device delivers it: in a packet with room for a full one. */
static void inject_roomy(struct tk *t, uint32_t from, uint32_t len)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = TK_PORT,
					.seq = TK_IRS + 1 + from, .ack = t->iss + 1,
					.flags = TCP_ACK, .window = t->window},
		      pattern + from % 65536, len);
	memset(f.bytes + f.len, 0, 1514 - f.len);
	f.len = 1514;
	kit_inject_frame(&t->k, &f);
	kit_poll(&t->k);
	kit_sent_clear(&t->k);
}

/* Texts of a quarter to half of a packet: copied together once memory runs ahead, so that a full
 * window leaves a device (512 packets) some to receive ACKs into. */
TEST(medium_segments_do_not_hold_every_packet)
{
	static const uint32_t lens[] = {350, 410, 450, 500, 600, 700};

	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		uint32_t packets = 0, from = 0;
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		for (; from + lens[i] <= tk_inspect(&t).rcvbuf; from += lens[i])
			inject_roomy(&t, from, lens[i]);
		assert_int_equal(tk_inspect(&t).rcv_unread, from);
		for (struct pktbuf *p = tk_inspect(&t).rcv_first; p != NULL; p = p->next)
			packets++;
		assert_in_range(packets, 1, 400);
		for (uint32_t at = 0; at < from; at += lens[i]) {
			uint8_t buf[700];

			assert_int_equal(tk_read(&t, buf, lens[i]), lens[i]);
			assert_memory_equal(buf, pattern + at % 65536, lens[i]);
		}
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

/* MUST-39: a closed window opens by a segment at least; SHLD-15 and the news are sent at once. */
TEST(a_closed_window_opens_when_it_is_worth_it)
{
	uint8_t buf[4000];
	struct tk t;

	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	for (uint32_t i = 0; i < 4; i++)
		peer_data(&t, i * 1000, 1000);
	kit_sent_clear(&t.k);
	for (unsigned i = 0; i < 14; i++) { /* byte for byte would be silly */
		assert_int_equal(tk_read(&t, buf, 100), 100);
		TK_EXPECT_NOTHING(&t);
	}
	assert_int_equal(tk_read(&t, buf, 100), 100);
	assert_int_equal(consume_window(&t), 1500 & ~127u);
	tk_close(&t);
}

TCP_TEST(a_reader_who_keeps_up_sends_no_updates)
{
	tk_establish(t);
	for (uint32_t i = 0; i < 40; i++) {
		peer_data(t, i * 1000, 1000);
		kit_sent_clear(&t->k);
		expect_read(t, i * 1000, 1000);
		TK_EXPECT_NOTHING(t);
	}
}

/* Without window scaling there is room for more than can be said: that is no news. */
TCP_TEST(a_window_that_cannot_be_larger_is_not_reported_again)
{
	uint8_t byte;

	t->scale_offered = false;
	tk_establish(t);
	tk_turn(t, TCP_KNOB_RCVBUF, 4 * 65536); /* it has grown */
	peer_data(t, 0, 1000);
	TK_EXPECT(t, TCP_ACK, 1, 1001, 0);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(sock_recv(t->k.stack, t->fd, &byte, 1, t->k.now_ns), 1);
		TK_EXPECT_NOTHING(t);
	}
}

/* shutdown(SHUT_RD): what comes is acknowledged and thrown away, the window stays open. */
TEST(no_reader_any_more)
{
	uint8_t buf[10];
	struct tk t;

	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	peer_data(&t, 0, 1000);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_RD, t.k.now_ns), ERR_OK);
	assert_int_equal(tk_inspect(&t).rcv_memory, 0);
	for (uint32_t i = 1; i < 20; i++)
		peer_data(&t, i * 1000, 1000);
	assert_int_equal(tk_inspect(&t).rcv_nxt - TK_IRS, 20001);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
