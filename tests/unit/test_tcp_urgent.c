/*
 * SPDX-License-Identifier: MIT
 *
 * Urgent data (RFC 9293 3.8.5): a mark in the stream, both ways.  Pointers that make no sense:
 * HOSTILE-INPUTS.
 */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

/* tk_send() has no urgent pointer. */
static void urgent_in(struct tk *t, uint32_t seq, uint16_t pointer, const void *data, size_t len,
		      uint8_t flags)
{
	struct kit_frame f;

	kit_build_tcp(&f, &(struct kit_ipv4){0},
		      &(struct kit_tcp){.src_port = TK_PEER_PORT, .dst_port = TK_PORT,
					.seq = TK_IRS + seq, .ack = t->iss + 1, .window = 1000,
					.flags = (uint8_t)(TCP_ACK | TCP_URG | flags),
					.urgent = pointer}, data, len);
	kit_inject_frame(&t->k, &f);
	kit_poll(&t->k);
	kit_sent_clear(&t->k);
}

static void expect_urgent(struct tk *t, int64_t left)
{
	int64_t value;

	assert_int_equal(sock_getsockopt(t->k.stack, t->fd, SOCK_TCP_URGENT, &value), ERR_OK);
	assert_int_equal(value, left);
	assert_int_equal(sock_poll(t->k.stack, t->fd, SOCK_POLLPRI) & SOCK_POLLPRI,
			 left > 0 ? SOCK_POLLPRI : 0);
	assert_int_equal(sock_atmark(t->k.stack, t->fd), left == 1);
}

static void expect_recv(struct tk *t, const char *text)
{
	char buf[32];

	assert_int_equal(sock_recv(t->k.stack, t->fd, buf, sizeof(buf), t->k.now_ns), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void open_plain(struct tk *t)
{
	tk_open(t);
	t->timestamps = false;
	t->sack = false; /* or a probe would come before a time-out */
	tk_establish(t);
}

/* MUST-32, MUST-33: announced before it is here, counted down, and gone when it is read. */
TEST(a_mark_in_the_stream)
{
	struct tk t;

	open_plain(&t);
	expect_urgent(&t, 0);
	urgent_in(&t, 1, 6, "abc", 3, 0); /* the last urgent byte is the sixth */
	expect_urgent(&t, 6);
	expect_recv(&t, "abc");
	expect_urgent(&t, 3);
	TK_SEND(&t, .seq = 4, .ack = 1, .flags = TCP_ACK, .data = "deFgh", .len = 5);
	expect_recv(&t, "de"); /* not across the mark */
	expect_urgent(&t, 1);
	expect_recv(&t, "Fgh");
	expect_urgent(&t, 0);
	assert_int_equal(kit_counter(&t.k, "tcp_urgent_in"), 1);
	tk_close(&t);
}

/* RCV.UP <- max(RCV.UP, SEG.UP); a segment sent again says nothing new. */
TEST(the_pointer_moves_forward_only)
{
	struct tk t;

	open_plain(&t);
	urgent_in(&t, 1, 4, "abcd", 4, 0);
	expect_urgent(&t, 4);
	urgent_in(&t, 5, 2, "ef", 2, 0);
	expect_urgent(&t, 6);
	urgent_in(&t, 1, 4, "abcd", 4, 0);
	expect_urgent(&t, 6);
	assert_int_equal(kit_counter(&t.k, "tcp_urgent_in"), 2);
	expect_recv(&t, "abcde");
	expect_recv(&t, "f");
	expect_urgent(&t, 0);
	urgent_in(&t, 5, 2, "ef", 2, 0);
	urgent_in(&t, 3, 6, "cdefgh", 6, 0); /* old text in front is trimmed, the pointer is not */
	expect_urgent(&t, 2);
	tk_close(&t);
}

/* HOSTILE-INPUTS: 0, behind, far past the segment, past the end of the stream, without text. */
TEST(pointers_of_strangers)
{
	struct tk t;

	open_plain(&t);
	urgent_in(&t, 1, 0, "ab", 2, 0);
	expect_urgent(&t, 0);
	urgent_in(&t, 3, 0, "", 0, 0); /* everything up to here, then */
	expect_urgent(&t, 2);
	urgent_in(&t, 3, 65535, "", 0, 0);
	expect_urgent(&t, 2 + 65535);
	expect_recv(&t, "ab");
	urgent_in(&t, 3, 9, "cd", 2, TCP_FIN);
	expect_urgent(&t, 65535);
	expect_recv(&t, "cd");
	expect_urgent(&t, 0); /* the stream has ended before it */
	urgent_in(&t, 6, 65535, "", 0, 0); /* and nothing comes behind a FIN */
	expect_urgent(&t, 0);
	assert_int_equal(kit_counter(&t.k, "tcp_urgent_in"), 2);
	expect_recv(&t, "");
	tk_close(&t);
}

TEST(behind_a_hole)
{
	struct tk t;

	open_plain(&t);
	urgent_in(&t, 4, 1, "Dxx", 3, 0);
	expect_urgent(&t, 4);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "abc", .len = 3);
	expect_recv(&t, "abc");
	expect_recv(&t, "Dxx");
	tk_close(&t);
}

/* --- sent ------------------------------------------------------------------------------------ */

static void expect_pointer(struct tk *t, uint32_t seq, size_t len, bool urg, uint16_t pointer)
{
	struct kit_sent *s = tk_take(t);

	assert_non_null(s);
	assert_int_equal(s->tcp.seq - t->iss, seq);
	assert_int_equal(s->payload_len, len);
	assert_int_equal(!!(s->tcp.flags & TCP_URG), urg);
	assert_int_equal(s->tcp.urgent, pointer);
	kit_sent_free(s);
}

/* MUST-62: the octet behind the last urgent one; every segment before it points there, again too. */
TEST(sent_with_a_pointer)
{
	struct tk t;

	open_plain(&t);
	tk_turn(&t, TCP_KNOB_MSS_PROVEN, TK_MSS); /* these time-outs are no black hole */
	tk_write(&t, 0, 10);
	expect_pointer(&t, 1, 10, false, 0);
	assert_int_equal(sock_send_oob(t.k.stack, t.fd, "xyZ", 3, t.k.now_ns), 3);
	expect_pointer(&t, 11, 3, true, 3); /* Nagle does not hold it back */
	tk_write(&t, 0, 2000);
	tk_peer_ack(&t, 11);
	expect_pointer(&t, 14, TK_MSS, false, 0);
	tk_advance(&t, 2 * NS_PER_S);
	expect_pointer(&t, 11, 3, true, 3);
	kit_sent_clear(&t.k);
	tk_peer_ack(&t, 14);
	assert_false(tk_inspect(&t).snd_urgent); /* or half of the number space later it would be back */
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Urgent data of any length, and more of it than the pointer can say (MUST-31). */
TEST(more_than_the_pointer_can_reach)
{
	static uint8_t much[100000];
	struct tk t;

	open_plain(&t);
	assert_int_equal(sock_send_oob(t.k.stack, t.fd, much, sizeof(much), t.k.now_ns),
			 sizeof(much));
	expect_pointer(&t, 1, TK_MSS, true, 65535);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* By an empty segment at SND.NXT, since a probe is from before the window and its URG is not looked
 * at (3.10.7.4, first); and again, for it may be lost. */
TCP_TEST(reported_through_a_closed_window)
{
	t->timestamps = false;
	t->window = 0;
	tk_establish(t);
	assert_int_equal(sock_send_oob(t->k.stack, t->fd, "!", 1, t->k.now_ns), 1);
	expect_pointer(t, 1, 0, true, 1);
	TK_EXPECT_NOTHING(t);
	tk_advance(t, NS_PER_S);
	expect_pointer(t, 0, 0, true, 2); /* the probe */
	expect_pointer(t, 1, 0, true, 1);
	kit_sent_clear(&t->k);
	t->window = 100;
	tk_peer_ack(t, 1);
	expect_pointer(t, 1, 1, true, 1);
	TK_EXPECT_NOTHING(t);
	kit_sent_clear(&t->k);
}

/* And taken through one: text that the window has no room for does not matter. */
TEST(received_through_a_closed_window)
{
	struct tk t;

	for (unsigned len = 0; len < 2; len++) {
		open_plain(&t);
		tk_turn(&t, TCP_KNOB_RCV_ADV, tk_inspect(&t).rcv_nxt);
		urgent_in(&t, 1, 1, "!", len, 0);
		assert_int_equal(kit_counter(&t.k, "tcp_urgent_in"), 1);
		expect_urgent(&t, 1);
		kit_sent_clear(&t.k);
		tk_close(&t);
	}
}

/* Only as much as fits is taken, and only the last byte of all is the mark. */
TEST(a_part_has_no_mark)
{
	static const struct net_options small = {.sndbuf = 2048};
	static uint8_t text[3000];
	struct tk t;

	tk_open_with(&t, &small);
	t.timestamps = false;
	tk_establish(&t);
	assert_int_equal(sock_send_oob(t.k.stack, t.fd, text, sizeof(text), t.k.now_ns), 2048);
	expect_pointer(&t, 1, TK_MSS, false, 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* What is peeked at ends where a read would: RFC 6093 6, and before the mark. */
TCP_TEST(a_peek_ends_before_the_mark)
{
	char buf[16];
	struct sock_msg msg = {.buf = buf, .len = sizeof(buf)};

	tk_establish(t);
	urgent_in(t, 1, 4, "abcdef", 6, 0);
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, SOCK_MSG_PEEK, t->k.now_ns), 3);
	msg.len = sizeof(buf);
	assert_int_equal(sock_recvmsg(t->k.stack, t->fd, &msg, 0, t->k.now_ns), 3);
	kit_sent_clear(&t->k);
}
