/* SPDX-License-Identifier: MIT */
/* Text and FIN out of order: RFC 9293 3.10.7.4, seventh and eighth; what it may cost. */
#include <limits.h>
#include <stdlib.h>

#include "net/tcp/tcb.h"
#include "tests/runner/unit.h"
#include "tests/unit/receive_kit.h"

FIXTURE_ONCE(fill_pattern);

/* Where two segments overlap, the bytes that came first stay. */
TCP_TEST(the_first_bytes_stay)
{
	char buf[16];

	tk_establish(t);
	TK_SEND(t, .seq = 4, .ack = 1, .flags = TCP_ACK, .data = "DEF", .len = 3);
	TK_SEND(t, .seq = 3, .ack = 1, .flags = TCP_ACK, .data = "cxxxg", .len = 5);
	TK_SEND(t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = "yyGH", .len = 4);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "AB", .len = 2);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 8);
	assert_memory_equal(buf, "ABcDEFgH", 8);
}

/* The same in order: what is held was acknowledged by SACK, and does not change any more. */
TCP_TEST(the_first_bytes_stay_in_order)
{
	char buf[16];

	tk_establish(t);
	TK_SEND(t, .seq = 2, .ack = 1, .flags = TCP_ACK, .data = "BC", .len = 2);
	TK_SEND(t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = "E", .len = 1);
	TK_SEND(t, .seq = 7, .ack = 1, .flags = TCP_ACK, .data = "GHI", .len = 3);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "axxdyfz", .len = 7);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 9);
	assert_memory_equal(buf, "aBCdEfGHI", 9);
	assert_null(tk_inspect(t).reassembly);
	assert_int_equal(tk_inspect(t).rcv_memory, 0);
}

static void expect_run(struct tk *t, unsigned i, uint32_t start, uint32_t end)
{
	assert_true(i < tk_inspect(t).reassembly->n_ranges);
	assert_int_equal(tk_inspect(t).reassembly->ranges[i].start, TK_IRS + start);
	assert_int_equal(tk_inspect(t).reassembly->ranges[i].end, TK_IRS + end);
}

/* 1001:1501 is held, 501:1961 comes: both its ends are new, and what lay between stays. */
TCP_TEST(a_segment_that_spans_a_run)
{
	static const char held[] = "held";
	uint8_t buf[1961];

	tk_establish(t);
	TK_SEND(t, .seq = 1001, .ack = 1, .flags = TCP_ACK, .data = held, .len = 4);
	peer_data(t, 1004, 496);
	peer_data(t, 500, 1460);
	assert_int_equal(tk_inspect(t).reassembly->n_ranges, 1);
	expect_run(t, 0, 501, 1961);
	assert_int_equal(kit_counter(&t->k, "tcp_reassembly_dropped"), 0);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 500);
	TK_EXPECT(t, TCP_ACK, 1, 1961, 0);
	assert_int_equal(tk_read(t, buf, sizeof(buf)), 1960);
	assert_memory_equal(buf, pattern, 1000);
	assert_memory_equal(buf + 1000, held, 4);
	assert_memory_equal(buf + 1004, pattern + 1004, 956);
	assert_int_equal(tk_inspect(t).rcv_memory, 0);
}

/* It begins in one run, spans two, and ends in a fourth; then it ends where one ends. */
TCP_TEST(a_segment_that_spans_several_runs)
{
	tk_establish(t);
	peer_data(t, 100, 100);
	peer_data(t, 300, 100);
	peer_data(t, 500, 100);
	peer_data(t, 700, 100);
	peer_data(t, 900, 100);
	peer_data(t, 150, 600);
	assert_int_equal(tk_inspect(t).reassembly->n_ranges, 2);
	expect_run(t, 0, 101, 801);
	expect_run(t, 1, 901, 1001);
	peer_data(t, 850, 150);
	expect_run(t, 1, 851, 1001);
	peer_data(t, 50, 800);
	assert_int_equal(tk_inspect(t).reassembly->n_ranges, 1);
	expect_run(t, 0, 51, 1001);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 51);
	TK_EXPECT(t, TCP_ACK, 1, 1001, 0);
	expect_read(t, 0, 1000);
	assert_int_equal(tk_inspect(t).rcv_memory, 0);
}

/* HOSTILE-INPUTS: as many runs as are kept, and segments that span them: no more memory than
 * before, and each hole is filled once. */
TCP_TEST(a_segment_that_spans_all_runs)
{
	size_t before;

	tk_establish(t);
	for (uint32_t i = 0; i < TCP_RANGES_MAX; i++)
		peer_data(t, 10 + 2 * i, 1);
	kit_sent_clear(&t->k);
	before = tk_inspect(t).rcv_memory;
	peer_data(t, 9, 1000);
	kit_sent_clear(&t->k);
	assert_true(tk_inspect(t).rcv_memory < before);
	assert_int_equal(tk_inspect(t).reassembly->n_ranges, 1);
	expect_run(t, 0, 10, 1010);
	peer_data(t, 0, 9);
	expect_read(t, 0, 1009);
	assert_int_equal(tk_inspect(t).rcv_memory, 0);
	kit_sent_clear(&t->k);
}

/* Segments of every size in every order, again and again and overlapping: the stream comes out. */
TEST(any_order_gives_the_stream)
{
	for (unsigned seed = 1; seed <= 60; seed++) {
		uint32_t total = 3000, sent_to = 0, x = seed;
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		while (tk_inspect(&t).rcv_nxt - TK_IRS - 1 < total) {
			uint32_t nxt = tk_inspect(&t).rcv_nxt - TK_IRS - 1, from, len;

			x = x * 1664525 + 1013904223;
			from = (x >> 8) % 7 == 0 ? nxt : (x >> 12) % total;
			len = MIN(1 + (x >> 20) % 300, total - from);
			peer_data(&t, from, len);
			sent_to += len;
			kit_sent_clear(&t.k);
			assert_true(sent_to < 100 * total);
		}
		assert_null(tk_inspect(&t).reassembly);
		expect_read(&t, 0, total);
		tk_close(&t);
	}
}

/* HOSTILE-INPUTS: thousands of one-byte holes: bounded work, bounded memory. */
TCP_TEST(thousands_of_one_byte_holes)
{
	size_t most = 0;

	tk_establish(t);
	for (uint32_t i = 0; i < 5000; i++) {
		TK_SEND(t, .seq = 3 + 2 * i, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 1);
		kit_sent_clear(&t->k);
		most = MAX(most, t->k.kp.live_bytes);
	}
	assert_int_equal(tk_inspect(t).reassembly->n_ranges, TCP_RANGES_MAX);
	assert_int_equal(kit_counter(&t->k, "tcp_reassembly_dropped"), 5000 - TCP_RANGES_MAX);
	assert_true(most < 1000000);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
}

TCP_TEST(no_memory_for_the_reassembly)
{
	tk_establish(t);
	t->k.kp.fail_after = 0;
	peer_data(t, 100, 100);
	t->k.kp.fail_after = UINT_MAX;
	assert_int_equal(kit_counter(&t->k, "tcp_reassembly_dropped"), 1);
	TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	peer_data(t, 0, 200);
	expect_read(t, 0, 200);
}

/* What came in fragments lies in a buffer of the reassembly's, whose size is its own: it counts. */
TCP_TEST(fragments_count_as_the_memory_they_are)
{
	tk_establish(t);
	TK_SEND(t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 100, .split_at = 64);
	assert_non_null(tk_inspect(t).rcv_first);
	assert_int_equal(tk_inspect(t).rcv_memory, t->k.stack->big_pool.bytes);
	TK_SEND(t, .seq = 201, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 100, .split_at = 64);
	assert_int_equal(tk_inspect(t).rcv_memory, t->k.stack->big_pool.bytes);
	kit_sent_clear(&t->k);
	expect_read(t, 0, 100);
	assert_int_equal(tk_inspect(t).rcv_memory, t->k.stack->big_pool.bytes);
}

/* Behind a hole, for a user who is gone: it would occupy memory until the connection ends. */
TCP_TEST(out_of_order_text_goes_with_its_reader)
{
	struct tcb *tcb;

	tk_establish(t);
	peer_data(t, 100, 100);
	tcb = tk_tcb(t);
	assert_non_null(tcp_inspect(tcb).reassembly);
	assert_int_equal(sock_close(t->k.stack, t->fd, t->k.now_ns), ERR_OK);
	kit_poll(&t->k);
	assert_null(tcp_inspect(tcb).reassembly);
	assert_int_equal(tcp_inspect(tcb).rcv_memory, 0);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 100);
	TK_EXPECT(t, TCP_RST | TCP_ACK, 2, 1, 0);
}

/* A FIN behind a hole waits for the hole, and what lies behind a FIN is no text. */
TCP_TEST(a_fin_behind_a_hole)
{
	tk_establish(t);
	TK_SEND(t, .seq = 101, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 100, .len = 50);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	TK_SEND(t, .seq = 151, .ack = 1, .flags = TCP_ACK, .data = "beyond", .len = 6);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 152, 0);
	assert_int_equal(tk_state(t), TCP_CLOSE_WAIT);
	expect_read(t, 0, 150);
}

/* Its segment ends in text that is held already: cut off there, the FIN's number does not move. */
TCP_TEST(a_fin_behind_a_hole_and_old_text)
{
	tk_establish(t);
	peer_data(t, 1000, 500);
	TK_SEND(t, .seq = 501, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 500,
		.len = 1000);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 500);
	TK_EXPECT(t, TCP_ACK, 1, 1502, 0);
	assert_int_equal(tk_state(t), TCP_CLOSE_WAIT);
	expect_read(t, 0, 1500);
}

/* RFC 5681 4.2: without text it is out of order all the same, and its sender counts duplicates. */
TCP_TEST(a_fin_behind_a_hole_is_answered)
{
	tk_establish(t);
	for (unsigned i = 0; i < 3; i++) {
		TK_SEND(t, .seq = 101, .ack = 1, .flags = TCP_ACK | TCP_FIN);
		TK_EXPECT(t, TCP_ACK, 1, 1, 0);
	}
	peer_data(t, 0, 100);
	TK_EXPECT(t, TCP_ACK, 1, 102, 0);
	assert_int_equal(tk_state(t), TCP_CLOSE_WAIT);
	expect_read(t, 0, 100);
}

/* Text behind it came before: whoever says both is not believed, and the text goes on. */
TCP_TEST(a_fin_before_text_that_is_held)
{
	tk_establish(t);
	peer_data(t, 1000, 500);
	TK_SEND(t, .seq = 401, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 400,
		.len = 100);
	peer_data(t, 500, 500);
	peer_data(t, 0, 400);
	kit_sent_clear(&t->k);
	peer_data(t, 1500, 100);
	TK_EXPECT(t, TCP_ACK, 1, 1601, 0);
	assert_int_equal(tk_state(t), TCP_ESTABLISHED);
	expect_read(t, 0, 1600);
}
