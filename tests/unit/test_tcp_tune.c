/*
 * SPDX-License-Identifier: MIT
 *
 * The receive buffer that grows with the transfer (net/tcp/receive/tune.c): for a reader that keeps up with
 * a peer held back by the window, and for nobody else.
 */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define ROUND_NS (50 * NS_PER_MS)
#define MOST (256u * 1024) /* net_options' default */

struct stream {
	struct tk t;
	uint32_t seq;   /* of the peer's next byte */
	uint32_t edge;  /* the farthest right edge announced */
};

/* The right edge never moves back; what the scale rounds off is not announced. */
static void check_acks(struct stream *st)
{
	struct kit_sent *s;

	while ((s = tk_take(&st->t)) != NULL) {
		uint32_t edge = s->tcp.ack - TK_IRS + ((uint32_t)s->tcp.window << 7);

		assert_true(edge + 128 > st->edge);
		st->edge = MAX(st->edge, edge);
		kit_sent_free(s);
	}
}

static void open_stream(struct stream *st, bool timestamps)
{
	*st = (struct stream){.seq = 1};
	tk_open(&st->t);
	st->t.timestamps = timestamps;
	tk_connect(&st->t);
	TK_EXPECT(&st->t, TCP_SYN, 0, 0, 0);
	tk_advance(&st->t, ROUND_NS);
	TK_SEND(&st->t, .flags = TCP_SYN | TCP_ACK, .ack = 1);
	check_acks(st);
}

/* One round trip later, the peer sends `len` bytes and the user reads `read` of what there is. */
static void one_round(struct stream *st, uint32_t len, uint32_t read)
{
	static uint8_t buf[2 * MOST];
	uint32_t echo = st->t.ts_echo; /* of an ACK that was there when the round began */

	tk_advance(&st->t, ROUND_NS);
	while (len > 0) {
		uint32_t n = MIN(len, 1448u), later = st->t.ts_echo;

		st->t.ts_echo = echo;
		TK_SEND(&st->t, .seq = st->seq, .ack = 1, .flags = TCP_ACK, .data = buf, .len = n);
		st->t.ts_echo = later;
		st->seq += n;
		len -= n;
		check_acks(st);
	}
	tk_read(&st->t, buf, read);
	check_acks(st);
	kit_poll(&st->t.k);
	check_acks(st);
}

static uint32_t room(const struct stream *st)
{
	return st->edge - st->seq;
}

/* A peer that always fills the window. */
TEST(a_transfer_that_the_window_holds_back)
{
	for (unsigned timestamps = 0; timestamps < 2; timestamps++) {
		struct stream st;

		open_stream(&st, timestamps);
		assert_int_equal(tk_inspect(&st.t).rcvbuf, 64 * 1024);
		for (unsigned i = 0; i < 8; i++)
			one_round(&st, room(&st), MOST);
		assert_int_equal(tk_inspect(&st.t).rcvbuf, MOST);
		assert_in_range(room(&st), MOST - 2 * 1460, MOST);
		tk_close(&st.t);
	}
}

/* From round to round no more than twice, and a little. */
TEST(it_doubles)
{
	struct stream st;
	uint32_t before = 64 * 1024;

	open_stream(&st, true);
	for (unsigned i = 0; i < 4; i++) {
		uint32_t now;

		one_round(&st, room(&st), MOST);
		now = tk_inspect(&st.t).rcvbuf;
		assert_true(now >= before && now <= 2 * before + 16 * 1460);
		before = now;
	}
	assert_true(before > 128 * 1024);
	tk_close(&st.t);
}

/* Rounds are counted, not segments, nor reads; also where a round trip is a tenth of the
 * timestamps' millisecond. */
TEST(a_reader_who_reads_each_segment)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct stream st;

		open_stream(&st, kind > 0);
		for (unsigned i = 0; i < 300; i++) {
			uint32_t echo = st.t.ts_echo, end = st.seq + MIN(room(&st), 60000u);

			tk_advance(&st.t, kind == 2 ? 100 * NS_PER_US : ROUND_NS);
			for (uint8_t buf[1448]; st.seq + sizeof(buf) <= end;) {
				uint32_t later = st.t.ts_echo;

				st.t.ts_echo = echo;
				TK_SEND(&st.t, .seq = st.seq, .ack = 1, .flags = TCP_ACK,
					.data = memset(buf, 1, sizeof(buf)), .len = sizeof(buf));
				st.t.ts_echo = later;
				st.seq += sizeof(buf);
				tk_read(&st.t, buf, sizeof(buf));
				check_acks(&st);
			}
		}
		assert_true(tk_inspect(&st.t).rcvbuf > 100 * 1024);
		tk_close(&st.t);
	}
}

TEST(not_for_a_slow_peer_nor_a_slow_reader)
{
	for (unsigned slow_reader = 0; slow_reader < 2; slow_reader++) {
		for (unsigned timestamps = 0; timestamps < 2; timestamps++) {
			struct stream st;

			open_stream(&st, timestamps);
			for (unsigned i = 0; i < 40; i++)
				one_round(&st, MIN(slow_reader ? room(&st) : 25000u, room(&st)),
					  slow_reader ? 25000 : MOST);
			assert_int_equal(tk_inspect(&st.t).rcvbuf, 64 * 1024);
			tk_close(&st.t);
		}
	}
}

/* What was sized is as large at once, and stays; sizing the other buffer sizes not this one. */
TEST(a_size_that_was_set_stays)
{
	struct stream st = {.seq = 1};

	tk_open(&st.t);
	tk_listen(&st.t, 1);
	assert_int_equal(sock_setsockopt(st.t.k.stack, st.t.listener, SOCK_SO_RCVBUF, 100000, 0),
			 ERR_OK);
	tk_accept(&st.t);
	check_acks(&st);
	assert_int_equal(tk_inspect(&st.t).rcvbuf, 100000);
	one_round(&st, 1000, MOST);
	for (unsigned i = 0; i < 5; i++)
		one_round(&st, room(&st), MOST);
	assert_int_equal(tk_inspect(&st.t).rcvbuf, 100000);
	tk_close(&st.t);

	tk_open(&st.t);
	tk_listen(&st.t, 1);
	assert_int_equal(sock_setsockopt(st.t.k.stack, st.t.listener, SOCK_SO_SNDBUF, 100000, 0),
			 ERR_OK);
	tk_accept(&st.t);
	assert_int_equal(tk_inspect(&st.t).rcvbuf, 64 * 1024);
	assert_int_equal(tk_inspect(&st.t).rcvbuf_max, MOST);
	tk_close(&st.t);
}

/* Echoes of the future make the rounds short, not the buffer large. */
TEST(echoes_that_cannot_be)
{
	struct stream st;

	open_stream(&st, true);
	for (unsigned i = 0; i < 40; i++) {
		st.t.ts_echo += 1000000;
		one_round(&st, 10000, MOST);
	}
	assert_int_equal(tk_inspect(&st.t).rcvbuf, 64 * 1024);
	tk_close(&st.t);
}
