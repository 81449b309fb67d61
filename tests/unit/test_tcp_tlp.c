/*
 * SPDX-License-Identifier: MIT
 *
 * Tail loss probes: RFC 8985 7.
 */
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)

static void out(struct tk *t, unsigned n)
{
	tk_open(t);
	tk_establish_over(t, RTT);
	tk_write(t, 0, n * TK_FULL);
	tk_expect_segments(t, 0, n);
}

static uint64_t probes(struct tk *t)
{
	return kit_counter(&t->k, "tcp_tail_probes");
}

/* 7.2, 7.3: two round trips of silence, then the last segment again; and no second probe. */
TEST(the_last_segment_again)
{
	struct tk t;

	out(&t, 4);
	tk_advance(&t, 2 * RTT - 1);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, 1);
	tk_expect_segments(&t, 3 * TK_FULL, 1);
	assert_int_equal(probes(&t), 1);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	assert_string_equal(tk_field(&t, EVENT_TCP_RETRANSMIT, 0, "reason"),
			    "silence, as a probe");
	tk_advance(&t, 2 * RTT);
	TK_EXPECT_NOTHING(&t);
	/* The time-out begins anew with it. */
	tk_advance(&t, 200 * NS_PER_MS - 2 * RTT - 1);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_advance(&t, 1);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* 7.3: until it is known what became of the probe there is no other. */
TEST(one_probe_at_a_time)
{
	struct tk t;

	out(&t, 4);
	tk_advance(&t, 2 * RTT);
	tk_expect_segments(&t, 3 * TK_FULL, 1);
	tk_peer_ack(&t, TK_SEG(1));
	tk_advance(&t, 4 * RTT);
	TK_EXPECT_NOTHING(&t);
	assert_int_equal(probes(&t), 1);
	tk_close(&t);
}

/* Its SACK lets RACK find what else was lost: a round trip after the probe all is repaired. */
TEST(the_tail_is_repaired)
{
	struct tk t;

	out(&t, 4);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(1));
	tk_advance(&t, 2 * RTT);
	tk_expect_segments(&t, 3 * TK_FULL, 1);
	t.k.now_ns += RTT;
	TK_SACK(&t, TK_SEG(1), TK_SEG(3), TK_SEG(4));
	tk_expect_segments(&t, 1 * TK_FULL, 1);
	TK_SACK(&t, TK_SEG(1), TK_SEG(3), TK_SEG(4));
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(2));
	tk_expect_segments(&t, 2 * TK_FULL, 1);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(4));
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 0);
	tk_close(&t);
}

/* No SACK block can tell of a FIN alone: the text before it goes, and takes it along. */
TEST(a_fin_is_not_the_last_segment)
{
	struct tk t;

	out(&t, 3);
	assert_int_equal(sock_shutdown(t.k.stack, t.fd, SOCK_SHUT_WR, t.k.now_ns), ERR_OK);
	TK_EXPECT(&t, TCP_FIN | TCP_ACK, TK_SEG(3), 1, 0);
	tk_advance(&t, 2 * RTT);
	TK_EXPECT(&t, TCP_FIN | TCP_ACK, TK_SEG(2), 1, TK_FULL);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);
}

/* 7.3: new data is better, whatever the congestion window says. */
TCP_TEST(new_data_probes)
{
	tk_establish_over(t, RTT);
	tk_write(t, 0, 12 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	tk_advance(t, 2 * RTT);
	tk_expect_segments(t, 10 * TK_FULL, 1);
	TK_EXPECT_NOTHING(t);
	assert_int_equal(probes(t), 1);
	assert_int_equal(tk_inspect(t).retransmits, 0);
	/* 7.4.2: it arrives, and nobody has lost anything */
	t->k.now_ns += RTT;
	tk_peer_ack(t, TK_SEG(11));
	assert_int_equal(tk_inspect(t).ssthresh, UINT32_MAX);
	assert_false(tk_inspect(t).tlp_open);
	kit_sent_clear(&t->k);
}

/* ...but not what the peer's window says. */
TCP_TEST(a_closed_window_is_not_probed_with_new_data)
{
	tk_establish_over(t, RTT);
	t->window = (uint16_t)(4 * TK_FULL);
	tk_peer_ack(t, 1);
	tk_write(t, 0, 12 * TK_FULL);
	tk_expect_segments(t, 0, 4);
	tk_advance(t, 2 * RTT);
	tk_expect_segments(t, 3 * TK_FULL, 1);
	TK_EXPECT_NOTHING(t);
}

/* 7.2: one segment may be one whose ACK is delayed; the time-out comes before the probe would. */
TEST(one_segment_is_left_to_the_time_out)
{
	struct tk t;

	out(&t, 1);
	tk_advance(&t, 200 * NS_PER_MS - 1);
	TK_EXPECT_NOTHING(&t);
	tk_advance(&t, 1);
	tk_expect_segments(&t, 0, 1);
	assert_int_equal(probes(&t), 0);
	assert_int_equal(kit_counter(&t.k, "tcp_timeouts"), 1);
	tk_close(&t);
}

/* 7.2: not without SACK, not while something is SACKed or being repaired. */
TEST(when_no_probe_is_sent)
{
	struct tk t;

	tk_open(&t);
	t.sack = false;
	tk_establish_over(&t, RTT);
	tk_write(&t, 0, 4 * TK_FULL);
	tk_expect_segments(&t, 0, 4);
	tk_advance(&t, 3 * RTT);
	TK_EXPECT_NOTHING(&t);
	tk_close(&t);

	out(&t, 4);
	t.k.now_ns += RTT;
	TK_SACK(&t, 1, TK_SEG(3), TK_SEG(4));
	tk_advance(&t, RTT / 4); /* RACK's timer, and a recovery */
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	tk_advance(&t, 3 * RTT);
	assert_int_equal(probes(&t), 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Each ACK begins the wait anew. */
TEST(acks_put_it_off)
{
	struct tk t;

	out(&t, 6);
	for (unsigned i = 1; i <= 4; i++) {
		tk_advance(&t, RTT);
		tk_peer_ack(&t, TK_SEG(i));
	}
	assert_int_equal(probes(&t), 0);
	tk_advance(&t, 3 * RTT);
	assert_int_equal(probes(&t), 1);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* The probe goes out after four segments, and 100 bytes behind it. */
static void probed_and_more_sent(struct tk *t)
{
	out(t, 4);
	tk_advance(t, 2 * RTT);
	tk_expect_segments(t, 3 * TK_FULL, 1);
	assert_int_equal(sock_setsockopt(t->k.stack, t->fd, SOCK_TCP_NODELAY, 1, t->k.now_ns),
			 ERR_OK);
	tk_write(t, 4 * TK_FULL, 100);
	kit_sent_clear(&t->k);
	t->k.now_ns += RTT;
}

/* 7.4.2: one copy has arrived, so the other was lost, and the congestion control must know. */
TEST(a_repaired_loss_counts)
{
	struct tk t;

	probed_and_more_sent(&t);
	tk_peer_ack(&t, TK_SEG(4) + 100);
	assert_true(tk_inspect(&t).ssthresh < 10 * TK_FULL);
	assert_true(tk_inspect(&t).cwnd <= tk_inspect(&t).ssthresh);
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_NONE);
	assert_false(tk_inspect(&t).tlp_open);
	tk_close(&t);
}

/* The same ACK finds a loss of its own: one reduction for both. */
TEST(a_repair_and_a_loss_are_one_reduction)
{
	struct tk t;

	out(&t, 4);
	tk_advance(&t, 2 * RTT);
	tk_expect_segments(&t, 3 * TK_FULL, 1);
	tk_write(&t, 4 * TK_FULL, 6 * TK_FULL);
	kit_sent_clear(&t.k);
	t.k.now_ns += RTT;
	TK_SACK(&t, TK_SEG(5), TK_SEG(6), TK_SEG(10));
	assert_int_equal(tk_inspect(&t).recovery, TCP_RECOVERY_FAST);
	assert_int_equal(tk_inspect(&t).ssthresh, 5 * TK_FULL); /* half of ten, not of that half */
	assert_false(tk_inspect(&t).tlp_open);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* 7.4.2: a D-SACK says that both have, and that is no mistake of RACK's either. */
TEST(a_dsack_reports_that_nothing_was_lost)
{
	struct tk t;

	probed_and_more_sent(&t);
	TK_SACK(&t, TK_SEG(4), TK_SEG(3), TK_SEG(4));
	assert_false(tk_inspect(&t).tlp_open);
	assert_int_equal(tk_inspect(&t).reo_wnd_mult, 0);
	tk_peer_ack(&t, TK_SEG(4) + 100);
	assert_int_equal(tk_inspect(&t).ssthresh, UINT32_MAX);
	tk_close(&t);
}

/* 7.4.2: a peer without D-SACK answers the second copy with a plain duplicate. */
TEST(a_duplicate_reports_it_too)
{
	struct tk t;

	probed_and_more_sent(&t);
	tk_peer_ack(&t, TK_SEG(4));
	assert_true(tk_inspect(&t).tlp_open);
	tk_peer_ack(&t, TK_SEG(4));
	assert_false(tk_inspect(&t).tlp_open);
	tk_peer_ack(&t, TK_SEG(4) + 100);
	assert_int_equal(tk_inspect(&t).ssthresh, UINT32_MAX);
	tk_close(&t);
}
