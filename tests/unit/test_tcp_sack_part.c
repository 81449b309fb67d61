/*
 * SPDX-License-Identifier: MIT
 *
 * SACK blocks that begin or end inside what was one segment, as where something on the way cuts
 * segments anew: a hole is sent again without bytes that were SACKed.
 */
#include <limits.h>

#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)

/* Segments of 1000 bytes; `n` of them are out. */
static void thousands_out(struct tk *t, unsigned n)
{
	tk_open(t);
	t->timestamps = false;
	t->mss = 1000;
	tk_establish_over(t, RTT);
	tk_write(t, 0, n * 1000);
	for (unsigned i = 0; i < n; i++)
		TK_EXPECT(t, TCP_ACK, 1 + i * 1000, 1, 1000);
	t->k.now_ns += RTT;
}

static void expect_pipe(struct tk *t, uint32_t pipe, uint32_t sacked)
{
	assert_int_equal(tcp_pipe(tk_tcb(t)), pipe);
	assert_int_equal(tk_inspect(t).sent->sacked, sacked);
}

/* 1501:5001 is there: of 1001:2001 its first half is the hole. */
TEST(a_block_that_begins_inside_a_segment)
{
	struct tk t;

	thousands_out(&t, 8);
	tk_peer_ack(&t, 1001);
	TK_SACK(&t, 1001, 1501, 5001);
	TK_EXPECT(&t, TCP_ACK, 1001, 1, 500);
	TK_EXPECT_NOTHING(&t);
	expect_pipe(&t, 3500, 3500);
	tk_peer_ack(&t, 5001);
	assert_int_equal(tk_inspect(&t).sent->n_pieces, 0);
	tk_peer_ack(&t, 8001);
	expect_pipe(&t, 0, 0);
	assert_int_equal(tk_inspect(&t).retransmits, 1);
	tk_close(&t);
}

/* What the block does not reach is in flight still, and goes again as little as it is. */
TEST(a_block_that_ends_inside_a_segment)
{
	struct tk t;

	thousands_out(&t, 8);
	TK_SACK(&t, 1, 1001, 4501);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 1000);
	TK_EXPECT_NOTHING(&t);
	expect_pipe(&t, 1000 + 500 + 3000, 3500);
	TK_SACK(&t, 1, 6001, 8001, 1001, 4501); /* and behind it */
	TK_EXPECT(&t, TCP_ACK, 4501, 1, 500);
	TK_EXPECT(&t, TCP_ACK, 5001, 1, 1000);
	TK_EXPECT_NOTHING(&t);
	tk_peer_ack(&t, 8001);
	expect_pipe(&t, 0, 0);
	tk_close(&t);
}

/* Both edges in one segment: two holes; the next block fills one of them. */
TEST(a_block_inside_a_segment)
{
	struct tk t;

	thousands_out(&t, 8);
	TK_SACK(&t, 1, 301, 501, 1001, 4001);
	TK_EXPECT(&t, TCP_ACK, 1, 1, 300);
	TK_EXPECT(&t, TCP_ACK, 501, 1, 500);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(tk_inspect(&t).sent->n_pieces, 2);
	TK_SACK(&t, 1, 301, 4001);
	expect_pipe(&t, 300 + 4000, 3700);
	tk_peer_ack(&t, 4001);
	expect_pipe(&t, 4000, 0);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* Nor does a time-out send it. */
TEST(a_time_out_sends_the_holes)
{
	struct tk t;

	thousands_out(&t, 2);
	TK_SACK(&t, 1, 301, 1501);
	while (tk_inspect(&t).attempts == 0) {
		kit_sent_clear(&t.k);
		tk_advance(&t, 10 * NS_PER_MS);
	}
	TK_EXPECT(&t, TCP_ACK, 1, 1, 300);
	TK_EXPECT(&t, TCP_ACK, 1501, 1, 500);
	TK_EXPECT_NOTHING(&t);
	tk_peer_ack(&t, 1501);
	tk_peer_ack(&t, 2001);
	expect_pipe(&t, 0, 0);
	tk_close(&t);
}

/* A FIN is a number that a block may cover: the text before it goes without it then. */
TCP_TEST(a_fin_that_was_sacked)
{
	t->timestamps = false;
	t->mss = 1000;
	tk_establish_over(t, RTT);
	tk_write(t, 0, 5000);
	assert_int_equal(sock_shutdown(t->k.stack, t->fd, SOCK_SHUT_WR, t->k.now_ns), ERR_OK);
	kit_sent_clear(&t->k);
	t->k.now_ns += RTT;
	TK_SACK(t, 1, 1001, 4001, 5001, 5002);
	TK_EXPECT(t, TCP_ACK, 1, 1, 1000);
	TK_EXPECT(t, TCP_ACK, 4001, 1, 1000);
	TK_EXPECT_NOTHING(t);
	expect_pipe(t, 2000, 3001);
	tk_peer_ack(t, 5002);
	assert_int_equal(tk_state(t), TCP_FIN_WAIT_2);
}

/* The pieces were sent together, and are delivered in order: that is no reordering. */
TEST(pieces_are_no_reordering)
{
	struct tk t;

	thousands_out(&t, 8);
	TK_SACK(&t, 1, 1501, 2501);
	assert_false(tk_inspect(&t).reordering_seen);
	assert_int_equal(tk_inspect(&t).fack, TK_ISS + 2501);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* HOSTILE-INPUTS: a peer that makes crumbs gets 64 of them, and small memory; what is covered in part
 * only goes again whole. */
TEST(crumbs_are_bounded)
{
	size_t before;
	struct tk t;

	thousands_out(&t, 10);
	before = t.k.kp.live_bytes;
	for (uint32_t i = 0; i < 450; i++) {
		TK_SACK(&t, 1, 9001 - 20 * i, 9002 - 20 * i);
		assert_true(tk_inspect(&t).sent->n_pieces <= SCOREBOARD_PIECES_MAX);
		kit_sent_clear(&t.k);
	}
	assert_int_equal(tk_inspect(&t).sent->n_pieces, SCOREBOARD_PIECES_MAX);
	assert_true(tk_inspect(&t).sent->count <= 10 + SCOREBOARD_PIECES_MAX);
	assert_true(t.k.kp.live_bytes < before + 16 * 1024);
	tk_peer_ack(&t, 10001);
	assert_int_equal(tk_inspect(&t).sent->n_pieces, 0);
	expect_pipe(&t, 0, 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Of 16 records one is free: for the second cut they would have to grow. */
TCP_TEST(no_memory_for_a_piece)
{
	t->timestamps = false;
	t->mss = 500;
	tk_establish_over(t, RTT);
	tk_turn(t, TCP_KNOB_CWND, 7500);
	tk_write(t, 0, 7500);
	kit_sent_clear(&t->k);
	assert_int_equal(tk_inspect(t).sent->count, 15);
	assert_int_equal(tk_inspect(t).sent->capacity, 16);
	t->k.now_ns += RTT;
	t->k.kp.fail_after = 0;
	TK_SACK(t, 1, 751, 2751);
	t->k.kp.fail_after = UINT_MAX;
	assert_int_equal(tk_inspect(t).sent->count, 16);
	assert_int_equal(tk_inspect(t).sent->sacked, 2501 - 751);
	assert_int_equal(kit_counter(&t->k, "tcp_no_memory"), 1);
	kit_sent_clear(&t->k);
}
