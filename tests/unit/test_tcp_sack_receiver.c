/* SPDX-License-Identifier: MIT */
/* The receiver's SACK blocks: RFC 2018 4, RFC 2883 (duplicates are reported). */
#include <stdlib.h>

#include "net/tcp/conn/options.h"
#include "tests/runner/unit.h"
#include "tests/unit/receive_kit.h"

FIXTURE_ONCE(fill_pattern);

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
TCP_TEST(sack_blocks_report_what_has_come)
{
	tk_establish(t);
	peer_data(t, 100, 100);
	EXPECT_SACK(t, 1, 101, 201);
	peer_data(t, 300, 100);
	EXPECT_SACK(t, 1, 301, 401, 101, 201);
	peer_data(t, 500, 100);
	EXPECT_SACK(t, 1, 501, 601, 301, 401, 101, 201);
	peer_data(t, 700, 100); /* three blocks beside timestamps; the oldest report goes */
	EXPECT_SACK(t, 1, 701, 801, 501, 601, 301, 401);
	peer_data(t, 200, 100); /* joins two runs */
	EXPECT_SACK(t, 1, 101, 401, 701, 801, 501, 601);
	peer_data(t, 0, 100);
	EXPECT_SACK(t, 401, 701, 801, 501, 601);
	expect_read(t, 0, 400);
	peer_data(t, 400, 400);
	TK_EXPECT(t, TCP_ACK, 1, 801, 0);
	expect_read(t, 400, 400);
	assert_null(tk_inspect(t).reassembly); /* no hole, no memory */
}

/* RFC 2018 4: as many distinct blocks as fit, however often the first one has grown. */
TCP_TEST(a_growing_block_does_not_hide_the_others)
{
	tk_establish(t);
	peer_data(t, 100, 100);
	EXPECT_SACK(t, 1, 101, 201);
	peer_data(t, 300, 100);
	EXPECT_SACK(t, 1, 301, 401, 101, 201);
	for (uint32_t i = 1; i < 10; i++) {
		peer_data(t, 400 + i * 100, 100);
		EXPECT_SACK(t, 1, 501, 601 + (i - 1) * 100, 301, 401, 101, 201);
	}
	kit_sent_clear(&t->k);
}

/* RFC 2018 4, MUST: the first block holds the segment that brought this ACK about; RFC 2883 4.2:
 * where that came twice the block is a D-SACK, and the next one holds it. */
TCP_TEST(a_duplicate_is_reported_first)
{
	tk_establish(t);
	peer_data(t, 100, 100);
	EXPECT_SACK(t, 1, 101, 201);
	peer_data(t, 300, 100);
	EXPECT_SACK(t, 1, 301, 401, 101, 201);
	peer_data(t, 120, 50);
	EXPECT_SACK(t, 1, 121, 171, 101, 201, 301, 401);
	kit_sent_clear(&t->k);
}

/* RFC 2883 4.1: what lies before the ACK is reported as well, whole or in part, and once. */
TCP_TEST(what_was_acknowledged_comes_again)
{
	tk_establish(t);
	peer_data(t, 0, 200);
	expect_sack(t, 201, 0, NULL);
	peer_data(t, 50, 100);
	EXPECT_SACK(t, 201, 51, 151);
	peer_data(t, 150, 100);
	EXPECT_SACK(t, 251, 151, 201);
	peer_data(t, 250, 100);
	expect_sack(t, 351, 0, NULL);
	assert_int_equal(kit_counter(&t->k, "tcp_dsacks_out"), 2);
	peer_data(t, 400, 100);
	EXPECT_SACK(t, 351, 401, 501);
	peer_data(t, 300, 50); /* beside the block of what waits */
	EXPECT_SACK(t, 351, 301, 351, 401, 501);
}

/* RFC 2883 4.2: text in order that covers what was held. */
TCP_TEST(text_in_order_over_what_is_held)
{
	tk_establish(t);
	peer_data(t, 500, 500);
	EXPECT_SACK(t, 1, 501, 1001);
	peer_data(t, 0, 1000);
	EXPECT_SACK(t, 1001, 501, 1001);
	peer_data(t, 1500, 500); /* a part of it, and of what is not held there is nothing to say */
	EXPECT_SACK(t, 1001, 1501, 2001);
	peer_data(t, 1000, 700);
	EXPECT_SACK(t, 2001, 1501, 1701);
	peer_data(t, 2500, 500); /* it fills the hole and no more */
	EXPECT_SACK(t, 2001, 2501, 3001);
	peer_data(t, 2000, 500);
	expect_sack(t, 3001, 0, NULL);
}

/* RFC 2883 4.2.2: of two parts that came twice the first is reported, beside what still waits. */
TCP_TEST(the_first_of_two_parts)
{
	tk_establish(t);
	peer_data(t, 100, 100);
	peer_data(t, 300, 100);
	peer_data(t, 700, 100);
	kit_sent_clear(&t->k);
	peer_data(t, 0, 500);
	EXPECT_SACK(t, 501, 101, 201, 701, 801);
	peer_data(t, 450, 400); /* old text in front, held text behind it */
	EXPECT_SACK(t, 851, 451, 501);
}

/* A segment that spans two runs makes one of three blocks, and does not push out the fourth. */
TCP_TEST(blocks_that_have_become_one)
{
	tk_establish(t);
	peer_data(t, 2000, 100);
	EXPECT_SACK(t, 1, 2001, 2101);
	peer_data(t, 100, 100);
	EXPECT_SACK(t, 1, 101, 201, 2001, 2101);
	peer_data(t, 300, 100);
	EXPECT_SACK(t, 1, 301, 401, 101, 201, 2001, 2101);
	peer_data(t, 50, 400);
	EXPECT_SACK(t, 1, 101, 201, 51, 451, 2001, 2101);
}

TCP_TEST(no_sack_without_permission)
{
	t->sack = false;
	tk_establish(t);
	peer_data(t, 100, 100);
	expect_sack(t, 1, 0, NULL);
}
