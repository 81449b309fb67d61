/*
 * The receiving side: RFC 9293 3.10.7.4 first (acceptability, tailoring, PAWS), seventh (text),
 * reassembly with SACK blocks, the window, and when ACKs are sent.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/tcp/internal.h"
#include "tests/lib/tcp_kit.h"

static uint8_t pattern[70000]; /* byte i is tk_byte(i): the peer's stream */

static int fill_pattern(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = tk_byte(i);
	return 0;
}

/* The peer's bytes [from, from + len) of its stream, from 0. */
static void peer_data(struct tk *t, uint32_t from, uint32_t len)
{
	TK_SEND(t, .seq = from + 1, .ack = 1, .flags = TCP_ACK, .data = pattern + from, .len = len);
}

static void expect_read(struct tk *t, size_t from, size_t len)
{
	uint8_t *buf = malloc(len + 1);

	assert_int_equal(tk_read(t, buf, len + 1), len);
	assert_memory_equal(buf, pattern + from, len);
	free(buf);
}

static void spend_quick_acks(struct tk *t)
{
	tk_tcb(t)->quick_acks = 0;
}

/* --- first: acceptability -------------------------------------------------------------------- */

/* The table of 3.10.7.4, with RCV.NXT just below the wrap. */
static void the_acceptability_table(void **state)
{
	static const struct {
		uint32_t wnd, seq, len;
		bool acceptable;
	} rows[] = {
		{0, 0, 0, true},    {0, 1, 0, false},   {0, -1u, 0, false}, {0, 0, 1, false},
		{10, 0, 0, true},   {10, 9, 0, true},   {10, 10, 0, false}, {10, -1u, 0, false},
		{10, 0, 10, true},  {10, 0, 11, true},  {10, 9, 5, true},   {10, 10, 1, false},
		{10, -5u, 5, false}, {10, -5u, 6, true}, {10, -5u, 15, true}, {10, -5u, 30, false},
	};
	struct tcb tcb = {.rcv_nxt = UINT32_C(0xfffffffd)};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct tcp_segment seg = {
			.seq = tcb.rcv_nxt + rows[i].seq, .data_len = rows[i].len,
		};

		tcb.rcv_adv = tcb.rcv_nxt + rows[i].wnd;
		if (tcp_segment_acceptable(&tcb, &seg) != rows[i].acceptable)
			fail_msg("row %u", i);
	}
}

static void old_and_future_text_is_answered_and_dropped(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	peer_data(&t, 0, 100); /* again: our ACK was lost */
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	TK_SEND(&t, .seq = 400000, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	assert_int_equal(kit_counter(&t.k, "tcp_out_of_window"), 2);
	expect_read(&t, 0, 100);
	tk_close(&t);
}

/* Two ends that are confused about the numbers would answer each other's empty segments for ever;
 * text is always answered, since its sender waits for the ACK. */
static void empty_segments_are_answered_within_limits(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (unsigned i = 0; i < 100; i++)
		TK_SEND(&t, .seq = 400000, .ack = 1, .flags = TCP_ACK);
	assert_in_range(t.k.n_sent, 6, 13);
	kit_sent_clear(&t.k);
	for (unsigned i = 0; i < 100; i++)
		TK_SEND(&t, .seq = 400000, .ack = 1, .flags = TCP_ACK, .data = "x", .len = 1);
	assert_int_equal(t.k.n_sent, 100);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

static void overlapping_text_is_trimmed(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	peer_data(&t, 50, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 151, 0);
	expect_read(&t, 0, 150);
	tk_close(&t);
}

static const struct net_options small_buffers = {.rcvbuf = 4000, .sndbuf = 4000};

/* A sender that ignores the window: what is beyond it is cut off, its FIN too. */
static void text_beyond_the_window_is_cut(void **state)
{
	struct tk t;

	(void)state;
	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	peer_data(&t, 0, 1400);
	peer_data(&t, 1400, 1400);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 2801, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 2800,
		.len = 1400);
	TK_EXPECT(&t, TCP_ACK, 1, 4001, 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	expect_read(&t, 0, 4000);
	tk_close(&t);
}

/* "If the RCV.WND is zero ... special allowance should be made to accept valid ACKs" */
static void a_zero_window_still_takes_acks(void **state)
{
	struct tk t;

	(void)state;
	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	for (unsigned i = 0; i < 4; i++)
		peer_data(&t, i * 1000, 1000);
	kit_sent_clear(&t.k);
	tk_write(&t, 0, 10);
	TK_EXPECT(&t, TCP_ACK, 1, 4001, 10);
	TK_SEND(&t, .seq = 4001, .ack = 11, .flags = TCP_ACK, .data = "x", .len = 1);
	TK_EXPECT(&t, TCP_ACK, 11, 4001, 0); /* the byte is refused, the ACK taken */
	assert_int_equal(tk_tcb(&t)->snd_una - TK_ISS, 11);
	expect_read(&t, 0, 4000);
	TK_EXPECT(&t, TCP_ACK, 11, 4001, 0); /* the window opens: that is told */
	tk_close(&t);
}

/* --- RFC 7323, PAWS -------------------------------------------------------------------------- */

static void an_old_timestamp_is_dropped(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 4, .tsval = 2000);
	TK_EXPECT(&t, TCP_ACK, 1, 5, 0);
	TK_SEND(&t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = "evil", .len = 4, .tsval = 1999);
	TK_EXPECT(&t, TCP_ACK, 1, 5, 0);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 1);
	/* A RST is not judged by its timestamp, and one without the option is taken. */
	TK_SEND(&t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = pattern + 4, .len = 4,
		.no_timestamps = true);
	TK_EXPECT(&t, TCP_ACK, 1, 9, 0);
	expect_read(&t, 0, 8);
	/* A day is not enough ... */
	t.k.now_ns += TCP_PAWS_IDLE_NS / 2;
	TK_SEND(&t, .seq = 9, .ack = 1, .flags = TCP_ACK, .data = pattern + 8, .len = 1,
		.tsval = 2001);
	t.k.now_ns += TCP_PAWS_IDLE_NS - NS_PER_S;
	TK_SEND(&t, .seq = 10, .ack = 1, .flags = TCP_ACK, .data = "evil", .len = 4, .tsval = 1);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 2);
	expect_read(&t, 8, 1);
	/* ... after 24 days without a word the old timestamp says nothing (RFC 7323 5.5). */
	t.k.now_ns += TCP_PAWS_IDLE_NS + NS_PER_S;
	TK_SEND(&t, .seq = 10, .ack = 1, .flags = TCP_ACK, .data = pattern + 9, .len = 1,
		.tsval = 1);
	expect_read(&t, 9, 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A timestamp counts when the segment does: who has guessed where the window begins, but not what
 * we have sent, must not be able to make all that follows look old. */
static void a_forged_timestamp_is_not_kept(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t ack;
	} forged[] = {{0, 0}, {TCP_ACK, 0x40000000}, {TCP_ACK, 2}, {TCP_SYN, 0},
		      {TCP_SYN | TCP_ACK, 1}};
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (unsigned i = 0; i < ARRAY_LEN(forged); i++)
		TK_SEND(&t, .seq = 1, .ack = forged[i].ack, .flags = forged[i].flags, .data = "evil",
			.len = 4, .tsval = 0x40000000);
	assert_int_equal(tk_tcb(&t)->ts_recent, t.tsval);
	kit_sent_clear(&t.k);
	peer_data(&t, 0, 10);
	TK_EXPECT(&t, TCP_ACK, 1, 11, 0);
	expect_read(&t, 0, 10);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 0);
	tk_close(&t);
}

/* On a machine that is up for a month, a young connection knows its young timestamp. */
static void paws_after_a_month(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.k.now_ns += (UINT64_C(1) << 32) * 4 * NS_PER_US * 200; /* the ISN's clock turns whole rounds */
	assert_true(t.k.now_ns > TCP_PAWS_IDLE_NS);
	tk_establish(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "evil", .len = 4, .tsval = 999);
	assert_int_equal(kit_counter(&t.k, "tcp_paws_dropped"), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 7323 4.3: the echo is the timestamp of the segment that the next ACK answers, not of one from
 * behind a hole. */
static void what_is_echoed(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 10, .tsval = 2000);
	assert_int_equal(tk_tcb(&t)->ts_recent, 2000);
	kit_sent_clear(&t.k);
	TK_SEND(&t, .seq = 21, .ack = 1, .flags = TCP_ACK, .data = pattern + 20, .len = 10,
		.tsval = 3000);
	assert_int_equal(tk_tcb(&t)->ts_recent, 2000);
	TK_SEND(&t, .seq = 11, .ack = 1, .flags = TCP_ACK, .data = pattern + 10, .len = 10,
		.tsval = 3001);
	assert_int_equal(tk_tcb(&t)->ts_recent, 3001);
	tk_close(&t);
}

/* --- seventh: out of order ------------------------------------------------------------------- */

static struct tcp_options options_of(const struct kit_sent *s)
{
	struct tcp_options opt;

	tcp_options_parse(&opt, s->tcp_options, s->tcp.header_len - TCP_HEADER_LEN, false);
	return opt;
}

static void expect_sack(struct tk *t, uint32_t ack, unsigned n, const uint32_t *edges)
{
	struct kit_sent *s = tk_take(t);
	struct tcp_options opt;

	assert_non_null(s);
	assert_int_equal(s->tcp.ack - TK_IRS, ack);
	opt = options_of(s);
	assert_int_equal(opt.n_sack, n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(opt.sack[i].start - TK_IRS, edges[2 * i]);
		assert_int_equal(opt.sack[i].end - TK_IRS, edges[2 * i + 1]);
	}
	kit_sent_free(s);
}

#define EXPECT_SACK(t, ack, ...) \
	expect_sack(t, ack, sizeof((const uint32_t[]){__VA_ARGS__}) / 8, (const uint32_t[]){__VA_ARGS__})

/* RFC 2018 4: the first block holds what came last; RFC 5681 4.2: each gets a duplicate ACK. */
static void sack_blocks_tell_what_has_come(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 100, 100);
	EXPECT_SACK(&t, 1, 101, 201);
	peer_data(&t, 300, 100);
	EXPECT_SACK(&t, 1, 301, 401, 101, 201);
	peer_data(&t, 500, 100);
	EXPECT_SACK(&t, 1, 501, 601, 301, 401, 101, 201);
	peer_data(&t, 700, 100); /* three blocks beside timestamps; the oldest report goes */
	EXPECT_SACK(&t, 1, 701, 801, 501, 601, 301, 401);
	peer_data(&t, 200, 100); /* joins two runs */
	EXPECT_SACK(&t, 1, 101, 401, 701, 801, 501, 601);
	peer_data(&t, 0, 100);
	EXPECT_SACK(&t, 401, 701, 801, 501, 601);
	expect_read(&t, 0, 400);
	peer_data(&t, 400, 400);
	TK_EXPECT(&t, TCP_ACK, 1, 801, 0);
	expect_read(&t, 400, 400);
	assert_null(tk_tcb(&t)->reassembly); /* no hole, no memory */
	tk_close(&t);
}

/* RFC 2018 4: as many distinct blocks as fit, however often the first one has grown. */
static void a_growing_block_does_not_hide_the_others(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 100, 100);
	EXPECT_SACK(&t, 1, 101, 201);
	peer_data(&t, 300, 100);
	EXPECT_SACK(&t, 1, 301, 401, 101, 201);
	for (uint32_t i = 1; i < 10; i++) {
		peer_data(&t, 400 + i * 100, 100);
		EXPECT_SACK(&t, 1, 501, 601 + (i - 1) * 100, 301, 401, 101, 201);
	}
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 2018 4, MUST: the first block holds the segment that brought this ACK about; RFC 2883 4.2:
 * where that came twice the block is a D-SACK, and the next one holds it. */
static void a_duplicate_is_reported_first(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 100, 100);
	EXPECT_SACK(&t, 1, 101, 201);
	peer_data(&t, 300, 100);
	EXPECT_SACK(&t, 1, 301, 401, 101, 201);
	peer_data(&t, 120, 50);
	EXPECT_SACK(&t, 1, 121, 171, 101, 201, 301, 401);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* RFC 2883 4.1: what lies before the ACK is reported as well, whole or in part, and once. */
static void what_was_acknowledged_comes_again(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 0, 200);
	expect_sack(&t, 201, 0, NULL);
	peer_data(&t, 50, 100);
	EXPECT_SACK(&t, 201, 51, 151);
	peer_data(&t, 150, 100);
	EXPECT_SACK(&t, 251, 151, 201);
	peer_data(&t, 250, 100);
	expect_sack(&t, 351, 0, NULL);
	assert_int_equal(kit_counter(&t.k, "tcp_dsacks_out"), 2);
	peer_data(&t, 400, 100);
	EXPECT_SACK(&t, 351, 401, 501);
	peer_data(&t, 300, 50); /* beside the block of what waits */
	EXPECT_SACK(&t, 351, 301, 351, 401, 501);
	tk_close(&t);
}

static void no_sack_without_permission(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	t.sack = false;
	tk_establish(&t);
	peer_data(&t, 100, 100);
	expect_sack(&t, 1, 0, NULL);
	tk_close(&t);
}

/* Where two segments overlap, the bytes that came first stay. */
static void the_first_bytes_stay(void **state)
{
	char buf[16];
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	TK_SEND(&t, .seq = 4, .ack = 1, .flags = TCP_ACK, .data = "DEF", .len = 3);
	TK_SEND(&t, .seq = 3, .ack = 1, .flags = TCP_ACK, .data = "cxxxg", .len = 5);
	TK_SEND(&t, .seq = 5, .ack = 1, .flags = TCP_ACK, .data = "yyGH", .len = 4);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = "AB", .len = 2);
	assert_int_equal(tk_read(&t, buf, sizeof(buf)), 8);
	assert_memory_equal(buf, "ABcDEFGH", 8);
	tk_close(&t);
}

/* Segments of every size in every order, again and again and overlapping: the stream comes out. */
static void any_order_gives_the_stream(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 60; seed++) {
		uint32_t total = 3000, sent_to = 0, x = seed;
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		while (tk_tcb(&t)->rcv_nxt - TK_IRS - 1 < total) {
			uint32_t nxt = tk_tcb(&t)->rcv_nxt - TK_IRS - 1, from, len;

			x = x * 1664525 + 1013904223;
			from = (x >> 8) % 7 == 0 ? nxt : (x >> 12) % total;
			len = MIN(1 + (x >> 20) % 300, total - from);
			peer_data(&t, from, len);
			sent_to += len;
			kit_sent_clear(&t.k);
			assert_true(sent_to < 100 * total);
		}
		assert_null(tk_tcb(&t)->reassembly);
		expect_read(&t, 0, total);
		tk_close(&t);
	}
}

/* HOSTILE-INPUTS: thousands of one-byte holes: bounded work, bounded memory. */
static void thousands_of_one_byte_holes(void **state)
{
	size_t most = 0;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (uint32_t i = 0; i < 5000; i++) {
		TK_SEND(&t, .seq = 3 + 2 * i, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 1);
		kit_sent_clear(&t.k);
		most = MAX(most, t.k.kp.live_bytes);
	}
	assert_int_equal(tk_tcb(&t)->reassembly->n_runs, TCP_RUNS_MAX);
	assert_int_equal(kit_counter(&t.k, "tcp_reassembly_dropped"), 5000 - TCP_RUNS_MAX);
	assert_true(most < 1000000);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	tk_close(&t);
}

static void no_memory_for_the_reassembly(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	t.k.kp.fail_after = 0;
	peer_data(&t, 100, 100);
	t.k.kp.fail_after = UINT_MAX;
	assert_int_equal(kit_counter(&t.k, "tcp_reassembly_dropped"), 1);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	peer_data(&t, 0, 200);
	expect_read(&t, 0, 200);
	tk_close(&t);
}

/* What came in fragments lies in a buffer of the reassembly's, whose size is its own: it counts. */
static void fragments_count_as_the_memory_they_are(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	TK_SEND(&t, .seq = 1, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 100, .cut_at = 64);
	assert_non_null(tk_tcb(&t)->rcv_queue.first);
	assert_int_equal(tk_tcb(&t)->rcv_memory, t.k.stack->big_pool.bytes);
	TK_SEND(&t, .seq = 201, .ack = 1, .flags = TCP_ACK, .data = pattern, .len = 100, .cut_at = 64);
	assert_int_equal(tk_tcb(&t)->rcv_memory, t.k.stack->big_pool.bytes);
	kit_sent_clear(&t.k);
	expect_read(&t, 0, 100);
	assert_int_equal(tk_tcb(&t)->rcv_memory, t.k.stack->big_pool.bytes);
	tk_close(&t);
}

/* Behind a hole, for a user who is gone: it would occupy memory until the connection ends. */
static void out_of_order_text_goes_with_its_reader(void **state)
{
	struct tcb *tcb;
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 100, 100);
	tcb = tk_tcb(&t);
	assert_non_null(tcb->reassembly);
	assert_int_equal(sock_close(t.k.stack, t.fd, t.k.now_ns), ERR_OK);
	kit_poll(&t.k);
	assert_null(tcb->reassembly);
	assert_int_equal(tcb->rcv_memory, 0);
	kit_sent_clear(&t.k);
	peer_data(&t, 0, 100);
	TK_EXPECT(&t, TCP_RST | TCP_ACK, 2, 1, 0);
	tk_close(&t);
}

/* A FIN behind a hole waits for the hole, and what lies behind a FIN is no text. */
static void a_fin_behind_a_hole(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	TK_SEND(&t, .seq = 101, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 100, .len = 50);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	TK_SEND(&t, .seq = 151, .ack = 1, .flags = TCP_ACK, .data = "beyond", .len = 6);
	kit_sent_clear(&t.k);
	peer_data(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 152, 0);
	assert_int_equal(tk_state(&t), TCP_CLOSE_WAIT);
	expect_read(&t, 0, 150);
	tk_close(&t);
}

/* Its segment ends in text that is held already: cut off there, the FIN's number does not move. */
static void a_fin_behind_a_hole_and_old_text(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 1000, 500);
	TK_SEND(&t, .seq = 501, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 500,
		.len = 1000);
	kit_sent_clear(&t.k);
	peer_data(&t, 0, 500);
	TK_EXPECT(&t, TCP_ACK, 1, 1502, 0);
	assert_int_equal(tk_state(&t), TCP_CLOSE_WAIT);
	expect_read(&t, 0, 1500);
	tk_close(&t);
}

/* RFC 5681 4.2: without text it is out of order all the same, and its sender counts duplicates. */
static void a_fin_behind_a_hole_is_answered(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (unsigned i = 0; i < 3; i++) {
		TK_SEND(&t, .seq = 101, .ack = 1, .flags = TCP_ACK | TCP_FIN);
		TK_EXPECT(&t, TCP_ACK, 1, 1, 0);
	}
	peer_data(&t, 0, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 102, 0);
	assert_int_equal(tk_state(&t), TCP_CLOSE_WAIT);
	expect_read(&t, 0, 100);
	tk_close(&t);
}

/* Text behind it came before: whoever says both is not believed, and the text goes on. */
static void a_fin_before_text_that_is_held(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	peer_data(&t, 1000, 500);
	TK_SEND(&t, .seq = 401, .ack = 1, .flags = TCP_ACK | TCP_FIN, .data = pattern + 400,
		.len = 100);
	peer_data(&t, 500, 500);
	peer_data(&t, 0, 400);
	kit_sent_clear(&t.k);
	peer_data(&t, 1500, 100);
	TK_EXPECT(&t, TCP_ACK, 1, 1601, 0);
	assert_int_equal(tk_state(&t), TCP_ESTABLISHED);
	expect_read(&t, 0, 1600);
	tk_close(&t);
}

/* --- acknowledging --------------------------------------------------------------------------- */

static void young_connections_acknowledge_at_once(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (uint32_t i = 0; i < TCP_QUICK_ACKS; i++) {
		peer_data(&t, i * 10, 10);
		TK_EXPECT(&t, TCP_ACK, 1, 11 + i * 10, 0);
	}
	peer_data(&t, TCP_QUICK_ACKS * 10, 10);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* RFC 9293 3.8.6.3: every second segment, or after 40 ms. */
static void old_ones_every_second_segment(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	spend_quick_acks(&t);
	peer_data(&t, 0, 1000);
	TK_EXPECT_NOTHING(&t);
	peer_data(&t, 1000, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 2001, 0);
	peer_data(&t, 2500, 500);
	TK_EXPECT(&t, TCP_ACK, 1, 2001, 0);
	peer_data(&t, 2000, 500); /* what closes a hole: at once */
	TK_EXPECT(&t, TCP_ACK, 1, 3001, 0);
	peer_data(&t, 3000, 1000);
	tk_advance(&t, TCP_DELAYED_ACK_NS - 1);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, 1);
	TK_EXPECT(&t, TCP_ACK, 1, 4001, 0);
	peer_data(&t, 4000, 1000); /* data of ours carries it */
	tk_write(&t, 0, 5);
	TK_EXPECT(&t, TCP_ACK, 1, 5001, 5);
	tk_advance(&t, TCP_DELAYED_ACK_NS);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* One ACK for all frames of one batch. */
static void a_batch_gets_one_ack(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (uint32_t i = 0; i < 8; i++)
		tk_inject(&t, &(struct tk_in){.seq = 1 + 100 * i, .ack = 1, .flags = TCP_ACK,
					      .data = pattern + 100 * i, .len = 100});
	TK_EXPECT_NOTHING(&t);
	assert_true(net_next_deadline(t.k.stack) <= t.k.now_ns);
	kit_poll(&t.k);
	TK_EXPECT(&t, TCP_ACK, 1, 801, 0);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* A device without room: the ACK is not forgotten. */
static void an_ack_that_found_no_room_is_sent_later(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	t.k.send_result = ERR_AGAIN;
	peer_data(&t, 0, 100);
	t.k.send_result = ERR_OK;
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, TCP_DEVICE_RETRY_NS);
	TK_EXPECT(&t, TCP_ACK, 1, 101, 0);
	tk_close(&t);
}

/* --- the window ------------------------------------------------------------------------------ */

static uint32_t take_window(struct tk *t)
{
	struct kit_sent *s = tk_take(t);
	uint32_t window;

	assert_non_null(s);
	window = (uint32_t)s->tcp.window << 7;
	kit_sent_free(s);
	return window;
}

/* SHLD-14: the right edge never moves back (but for the rounding of RFC 7323 2.3). */
static void the_window_shrinks_only_as_bytes_come(void **state)
{
	uint32_t edge = 0;
	struct tk t;

	(void)state;
	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	tk_tcb(&t)->quick_acks = 40; /* one ACK to look at for each segment */
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t now;

		peer_data(&t, i * 100, 100);
		now = (i + 1) * 100 + take_window(&t);
		assert_true(now + 127 >= edge);
		edge = MAX(edge, now);
		assert_true(edge <= 4000);
		assert_int_equal(tk_tcb(&t)->rcv_adv - TK_IRS - 1, 4000);
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
static void medium_segments_do_not_hold_every_packet(void **state)
{
	static const uint32_t lens[] = {350, 410, 450, 500, 600, 700};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
		uint32_t packets = 0, from = 0;
		struct tk t;

		tk_open(&t);
		tk_establish(&t);
		for (; from + lens[i] <= tk_tcb(&t)->rcvbuf; from += lens[i])
			inject_roomy(&t, from, lens[i]);
		assert_int_equal(tk_tcb(&t)->rcv_unread, from);
		for (struct pktbuf *p = tk_tcb(&t)->rcv_queue.first; p != NULL; p = p->next)
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
static void a_closed_window_opens_when_it_is_worth_it(void **state)
{
	uint8_t buf[4000];
	struct tk t;

	(void)state;
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
	assert_int_equal(take_window(&t), 1500 & ~127u);
	tk_close(&t);
}

static void a_reader_who_keeps_up_sends_no_updates(void **state)
{
	struct tk t;

	(void)state;
	tk_open(&t);
	tk_establish(&t);
	for (uint32_t i = 0; i < 40; i++) {
		peer_data(&t, i * 1000, 1000);
		kit_sent_clear(&t.k);
		expect_read(&t, i * 1000, 1000);
		TK_EXPECT_NOTHING(&t);
	}
	tk_close(&t);
}

/* Without window scaling there is room for more than can be said: that is no news. */
static void a_window_that_cannot_be_larger_is_not_told_again(void **state)
{
	struct tk t;
	uint8_t byte;

	(void)state;
	tk_open(&t);
	t.scale_offered = false;
	tk_establish(&t);
	tk_tcb(&t)->rcvbuf = 4 * 65536; /* it has grown */
	peer_data(&t, 0, 1000);
	TK_EXPECT(&t, TCP_ACK, 1, 1001, 0);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(sock_recv(t.k.stack, t.fd, &byte, 1, t.k.now_ns), 1);
		TK_EXPECT_NOTHING(&t);
	}
	tk_close(&t);
}

/* shutdown(SHUT_RD): what comes is acknowledged and thrown away, the window stays open. */
static void nobody_reads_any_more(void **state)
{
	uint8_t buf[10];
	struct tk t;

	(void)state;
	tk_open_with(&t, &small_buffers);
	tk_establish(&t);
	peer_data(&t, 0, 1000);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_RD, t.k.now_ns), ERR_OK);
	assert_int_equal(tk_tcb(&t)->rcv_memory, 0);
	for (uint32_t i = 1; i < 20; i++)
		peer_data(&t, i * 1000, 1000);
	assert_int_equal(tk_tcb(&t)->rcv_nxt - TK_IRS, 20001);
	assert_int_equal(sock_recv(t.k.stack, t.fd, buf, sizeof(buf), t.k.now_ns), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_acceptability_table),
		cmocka_unit_test(old_and_future_text_is_answered_and_dropped),
		cmocka_unit_test(empty_segments_are_answered_within_limits),
		cmocka_unit_test(overlapping_text_is_trimmed),
		cmocka_unit_test(text_beyond_the_window_is_cut),
		cmocka_unit_test(a_zero_window_still_takes_acks),
		cmocka_unit_test(an_old_timestamp_is_dropped),
		cmocka_unit_test(a_forged_timestamp_is_not_kept),
		cmocka_unit_test(paws_after_a_month),
		cmocka_unit_test(what_is_echoed),
		cmocka_unit_test(sack_blocks_tell_what_has_come),
		cmocka_unit_test(a_growing_block_does_not_hide_the_others),
		cmocka_unit_test(a_duplicate_is_reported_first),
		cmocka_unit_test(what_was_acknowledged_comes_again),
		cmocka_unit_test(no_sack_without_permission),
		cmocka_unit_test(the_first_bytes_stay),
		cmocka_unit_test(any_order_gives_the_stream),
		cmocka_unit_test(thousands_of_one_byte_holes),
		cmocka_unit_test(no_memory_for_the_reassembly),
		cmocka_unit_test(fragments_count_as_the_memory_they_are),
		cmocka_unit_test(out_of_order_text_goes_with_its_reader),
		cmocka_unit_test(a_fin_behind_a_hole),
		cmocka_unit_test(a_fin_behind_a_hole_and_old_text),
		cmocka_unit_test(a_fin_before_text_that_is_held),
		cmocka_unit_test(a_fin_behind_a_hole_is_answered),
		cmocka_unit_test(young_connections_acknowledge_at_once),
		cmocka_unit_test(old_ones_every_second_segment),
		cmocka_unit_test(a_batch_gets_one_ack),
		cmocka_unit_test(an_ack_that_found_no_room_is_sent_later),
		cmocka_unit_test(the_window_shrinks_only_as_bytes_come),
		cmocka_unit_test(medium_segments_do_not_hold_every_packet),
		cmocka_unit_test(a_closed_window_opens_when_it_is_worth_it),
		cmocka_unit_test(a_reader_who_keeps_up_sends_no_updates),
		cmocka_unit_test(a_window_that_cannot_be_larger_is_not_told_again),
		cmocka_unit_test(nobody_reads_any_more),
	};

	return cmocka_run_group_tests(tests, fill_pattern, NULL);
}
