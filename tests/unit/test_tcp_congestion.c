/*
 * SPDX-License-Identifier: MIT
 *
 * Congestion windows: CUBIC (RFC 9438) against its formulas, worked out here in floating point, slow
 * start and HyStart++ (RFC 9406), and what reductions, pauses and mistakes leave.
 */
#include "base/string.h"
#include "net/tcp/congestion/congestion_past.h"
#include "net/tcp/congestion/control.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define MSS 1000u
#define MS NS_PER_MS

/* A connection with a full window, as after `segments` of slow start; congestion avoidance next. */
static struct tcb connection(enum net_congestion which, uint32_t segments, uint64_t rtt_ns)
{
	struct tcb tcb = {.snd.mss = MSS, .cc.algorithm = (uint8_t)which, .cc.cwnd_limited = true};

	tcp_congestion_init(&tcb, false);
	tcb.cc.cwnd = tcb.cc.ssthresh = segments * MSS;
	tcb.loss.srtt_ns = rtt_ns;
	tcb.loss.rto_ns = 10 * rtt_ns;
	return tcb;
}

static void lose(struct tcb *tcb, uint64_t now_ns)
{
	tcp_congestion_loss(tcb, tcb->cc.cwnd, now_ns);
	tcb->cc.cwnd = tcb->cc.ssthresh;
}

/* A window is acknowledged in each round trip, evenly, until `until_ns`. */
static uint64_t acknowledge(struct tcb *tcb, uint64_t now_ns, uint64_t until_ns)
{
	while (now_ns < until_ns) {
		now_ns += tcb->loss.srtt_ns * MSS / tcb->cc.cwnd;
		tcp_congestion_acked(tcb, MSS, now_ns);
	}
	return now_ns;
}

static void expect_near(double value, double wanted, double tolerance)
{
	if (value < wanted * (1 - tolerance) || value > wanted * (1 + tolerance))
		fail_msg("%f is not within %f of %f", value, tolerance, wanted);
}

/* RFC 9438 4.2, figure 1: W_cubic(t) = 0.4 (t - K)^3 + W_max, K = cbrt(30 / 0.4) = 4.217 s. */
TEST(cubic_follows_its_function)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 100, 400 * MS);
	const double k = 4.2172;
	uint64_t now = 1000 * MS;

	lose(&tcb, now);
	assert_int_equal(tcb.cc.cwnd, 70 * MSS); /* 4.6: beta = 0.7 */
	for (unsigned t = 1; t <= 12; t++) {
		double d = t - k, wanted;

		now = acknowledge(&tcb, now, (1000 + 1000 * t) * MS);
		if (t == 1)
			expect_near(tcb.cc.state.cubic.k_ms, k * 1000, 0.001);
		d = (double)(now - tcb.cc.state.cubic.epoch_ns) / NS_PER_S - k;
		wanted = 0.4 * d * d * d + 100;
		expect_near(tcb.cc.cwnd / (double)MSS, wanted, 0.03);
	}
	assert_true(tcb.cc.cwnd > 250 * MSS);
}

/* 4.2: not more than half of the window in one round trip, however far the function is ahead. */
TEST(cubic_takes_no_leaps)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 10, 100 * MS);

	acknowledge(&tcb, 1000 * MS, 1100 * MS);
	tcb.cc.state.cubic.epoch_ns = 1;
	tcb.cc.cwnd = 10 * MSS;
	tcb.cc.bytes_acked = 0;
	tcb.cc.acked_ns = 3600 * NS_PER_S;
	tcp_congestion_acked(&tcb, 10 * MSS, 3600 * NS_PER_S);
	assert_int_equal(tcb.cc.cwnd, 15 * MSS);
}

/* Less than a byte for each segment is something for a thousand of them. */
TEST(cubic_s_small_steps_add_up)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 1000, 100 * MS);

	tcb.cc.state.cubic = (struct tcp_cubic){.epoch_ns = 1000 * MS, .w_max = 1000 * MSS};
	tcb.cc.acked_ns = 1900 * MS;
	for (unsigned i = 0; i < 1000; i++) /* W_cubic(1 s) is 0.4 segments above */
		tcp_congestion_acked(&tcb, MSS, 1900 * MS);
	assert_true(tcb.cc.cwnd > 1000 * MSS + 150);
	assert_true(tcb.cc.cwnd < 1000 * MSS + 400);
}

/* 4.3: where Reno would be faster, 9/17 of a segment each round trip, and a whole one as soon as the
 * old window is reached again. */
TEST(cubic_is_not_slower_than_reno)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 20, 10 * MS);
	uint64_t now = 1000 * MS;

	lose(&tcb, now);
	assert_int_equal(tcb.cc.cwnd, 14 * MSS);
	now = acknowledge(&tcb, now, now + 60 * MS);
	expect_near(tcb.cc.cwnd, (14 + 6 * 9.0 / 17) * MSS, 0.05);
	now = acknowledge(&tcb, now, 1000 * MS + 120 * MS);
	expect_near(tcb.cc.cwnd, 20.0 * MSS, 0.05); /* 6 / (9/17) = 11.3 round trips */
	tcb.cc.cwnd = tcb.cc.state.cubic.w_est = 20 * MSS;
	now = acknowledge(&tcb, now, now + 100 * MS);
	expect_near(tcb.cc.cwnd, 30.0 * MSS, 0.05);
}

/* 4.7 */
TEST(cubic_converges_fast)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 100, 100 * MS);

	lose(&tcb, 1000 * MS);
	assert_int_equal(tcb.cc.state.cubic.w_max, 100 * MSS);
	tcb.cc.cwnd = 80 * MSS; /* did not get as far again: W_max = 80 (1 + 0.7) / 2 */
	lose(&tcb, 2000 * MS);
	assert_int_equal(tcb.cc.state.cubic.w_max, 68 * MSS);
	assert_int_equal(tcb.cc.state.cubic.cwnd_prior, 80 * MSS);
	assert_int_equal(tcb.cc.cwnd, 56 * MSS);
	acknowledge(&tcb, 2000 * MS, 2500 * MS);
	assert_int_not_equal(tcb.cc.state.cubic.epoch_ns, 0);
	tcb.cc.cwnd = 90 * MSS; /* got further */
	lose(&tcb, 3000 * MS);
	assert_int_equal(tcb.cc.state.cubic.w_max, 90 * MSS);
	assert_int_equal(tcb.cc.state.cubic.epoch_ns, 0); /* a new stage, with a new K */
}

/* 4.8: one segment, slow start to beta of the window, and then the convex part at once. */
TEST(cubic_after_a_time_out)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 100, 400 * MS);
	uint64_t now = 1000 * MS;

	tcp_congestion_loss(&tcb, 100 * MSS, now);
	tcp_congestion_timeout(&tcb, now);
	assert_int_equal(tcb.cc.cwnd, MSS);
	assert_int_equal(tcb.cc.ssthresh, 70 * MSS);
	while (tcb.cc.cwnd < tcb.cc.ssthresh)
		tcp_congestion_acked(&tcb, MSS, now);
	assert_int_equal(tcb.cc.cwnd, 70 * MSS);
	acknowledge(&tcb, now, now + 5000 * MS);
	assert_int_equal(tcb.cc.state.cubic.k_ms, 0);
	assert_int_equal(tcb.cc.state.cubic.w_max, 70 * MSS);
	expect_near(tcb.cc.cwnd, (0.4 * 125 + 70) * MSS, 0.05); /* 0.4 * 5^3 */
}

/* 4.9: all of it, for both algorithms. */
TEST(a_loss_that_was_none)
{
	for (unsigned which = 0; which < NET_CONGESTION_COUNT; which++) {
		struct tcb tcb = connection((enum net_congestion)which, 100, 100 * MS);
		static struct scoreboard out; /* where what is undone is kept */
		struct tcp_cubic before;
		uint32_t cwnd, ssthresh;

		tcb.loss.sent = &out;
		lose(&tcb, 1000 * MS);
		acknowledge(&tcb, 1000 * MS, 3000 * MS);
		before = tcb.cc.state.cubic;
		cwnd = tcb.cc.cwnd;
		ssthresh = tcb.cc.ssthresh;
		tcp_congestion_loss(&tcb, tcb.cc.cwnd, 3000 * MS);
		tcp_congestion_timeout(&tcb, 3000 * MS);
		tcp_congestion_undo(&tcb);
		assert_int_equal(tcb.cc.cwnd, cwnd);
		assert_int_equal(tcb.cc.ssthresh, ssthresh);
		assert_memory_equal(&tcb.cc.state.cubic, &before, sizeof(before));
		tcb.cc.cwnd = 5 * MSS; /* once */
		tcp_congestion_undo(&tcb);
		assert_int_equal(tcb.cc.cwnd, 5 * MSS);
	}
}

/* RFC 5681 3.2, step 2: limited transmit does not count; (4): nor less than two segments. */
TEST(what_a_loss_leaves)
{
	struct tcb tcb = connection(NET_CONGESTION_NEWRENO, 10, 100 * MS);

	tcp_congestion_loss(&tcb, 12 * MSS, 0);
	assert_int_equal(tcb.cc.ssthresh, 5 * MSS);
	tcp_congestion_loss(&tcb, 8 * MSS, 0); /* less was out than was allowed */
	assert_int_equal(tcb.cc.ssthresh, 4 * MSS);
	tcp_congestion_loss(&tcb, 1 * MSS, 0);
	assert_int_equal(tcb.cc.ssthresh, 2 * MSS);
	tcp_congestion_choose(&tcb, NET_CONGESTION_CUBIC);
	tcp_congestion_loss(&tcb, 1 * MSS, 0);
	assert_int_equal(tcb.cc.ssthresh, 2 * MSS);
}

/* 5.8: ten minutes with little to send, or with nothing, are not ten minutes of growth. */
TEST(cubic_does_not_grow_while_idle)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 100, 400 * MS);
	struct tcb other;
	uint64_t now = 1000 * MS;

	lose(&tcb, now);
	now = acknowledge(&tcb, now, 2000 * MS);
	other = tcb;
	tcb.cc.cwnd_limited = false;
	for (unsigned i = 0; i < 600; i++) {
		now += 1000 * MS;
		tcp_congestion_acked(&tcb, MSS, now);
	}
	assert_int_equal(tcb.cc.cwnd, other.cc.cwnd);
	tcb.cc.cwnd_limited = true;
	acknowledge(&tcb, now, now + 1000 * MS);
	acknowledge(&other, 2000 * MS, 3000 * MS);
	expect_near(tcb.cc.cwnd, other.cc.cwnd, 0.01);
	now += 600 * NS_PER_S;
	tcp_congestion_acked(&tcb, MSS, now);
	acknowledge(&tcb, now, now + 1000 * MS);
	acknowledge(&other, 3000 * MS, 4000 * MS);
	expect_near(tcb.cc.cwnd, other.cc.cwnd, 0.02);
}

/* One ACK may acknowledge far more than the window, which has collapsed meanwhile: that is one window
 * of progress, not one segment more for each of the next ACKs. */
TEST(an_ack_of_many_windows)
{
	static const enum net_congestion all[] = {NET_CONGESTION_NEWRENO, NET_CONGESTION_CUBIC};

	for (unsigned i = 0; i < ARRAY_LEN(all); i++) {
		struct tcb tcb = connection(all[i], 4, 100 * MS);

		tcp_congestion_acked(&tcb, 400 * MSS, 1000 * MS);
		for (unsigned n = 1; n <= 4; n++)
			tcp_congestion_acked(&tcb, MSS, (1000 + 25 * n) * MS);
		assert_in_range(tcb.cc.cwnd, 4 * MSS, 6 * MSS);
	}
}

/* RFC 6928 2: min(10 MSS, max(2 MSS, 14600)): ten segments are for those of Ethernet's size. */
TEST(the_initial_window_of_large_segments)
{
	struct tcb small = {.snd.mss = 536}, ethernet = {.snd.mss = 1460}, jumbo = {.snd.mss =
										    8960};
	struct tcb between = {.snd.mss = 2000};

	tcp_congestion_init(&small, false);
	tcp_congestion_init(&ethernet, false);
	tcp_congestion_init(&between, false);
	tcp_congestion_init(&jumbo, false);
	assert_int_equal(small.cc.cwnd, 5360);
	assert_int_equal(ethernet.cc.cwnd, 14600);
	assert_int_equal(between.cc.cwnd, 14600);
	assert_int_equal(jumbo.cc.cwnd, 2 * 8960);
}

/* Bytes acknowledged while the window stood still, because it was ahead of the function, do not make
 * it go beyond the function later. */
TEST(cubic_does_not_overshoot)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 100, 10 * MS);
	uint64_t now = 1000 * MS;

	tcp_congestion_acked(&tcb, MSS, now);
	tcb.cc.cwnd = 120 * MSS;
	for (unsigned i = 0; i < 20000; i++) {
		now += 10 * MS / 100;
		tcb.cc.state.cubic.w_est = 0; /* it is not the Reno-friendly region either */
		tcp_congestion_acked(&tcb, MSS, now);
	}
	assert_int_equal(tcb.cc.cwnd, 120 * MSS);
	tcb.cc.cwnd = 100 * MSS;
	tcb.cc.state.cubic.w_est = 0;
	tcp_congestion_acked(&tcb, MSS, now);
	assert_in_range(tcb.cc.cwnd, 100 * MSS, 104 * MSS); /* W_cubic(2 s) is 103.2 */
}

/* RFC 5681 4.1: the restart window; slow start leads back to where it was. */
TEST(a_window_restarts)
{
	struct tcb tcb = connection(NET_CONGESTION_CUBIC, 100, 100 * MS);

	lose(&tcb, 1000 * MS);
	acknowledge(&tcb, 1000 * MS, 1100 * MS);
	tcb.cc.cwnd = 100 * MSS;
	tcp_congestion_idle(&tcb, 5000 * MS);
	assert_int_equal(tcb.cc.cwnd, 10 * MSS);
	assert_int_equal(tcb.cc.ssthresh, 75 * MSS);
	assert_int_equal(tcb.cc.state.cubic.epoch_ns, 0);
	tcb.cc.cwnd = 4 * MSS; /* "no more than" */
	tcp_congestion_idle(&tcb, 9000 * MS);
	assert_int_equal(tcb.cc.cwnd, 4 * MSS);
	assert_int_equal(tcb.cc.ssthresh, 75 * MSS);
}

/* --- slow start ------------------------------------------------------------------------------ */

static struct tcb beginner(void)
{
	struct tcb tcb = {.snd.mss = MSS, .cc.cwnd_limited = true, .cc.limited_until = 1u << 30,
			  .snd.nxt = 10 * MSS};

	tcp_congestion_init(&tcb, false);
	tcp_hystart_begin(&tcb);
	return tcb;
}

/* One round: what was out at its beginning is acknowledged, segment by segment, and as much sent as
 * may be; the first `n` ACKs tell a round trip. */
static void round_trip(struct tcb *tcb, uint64_t rtt_ms, unsigned n)
{
	uint32_t end = tcb->cc.hystart.round_end;

	while (seq_lt(tcb->snd.una, end)) {
		if (n > 0)
			tcp_congestion_rtt(tcb, rtt_ms * MS);
		n -= n > 0;
		tcb->snd.una += MSS;
		tcp_congestion_acked(tcb, MSS, 1000 * MS);
		while (tcb_flight(tcb) + MSS <= tcb->cc.cwnd)
			tcb->snd.nxt += MSS;
	}
}

/* RFC 9406 4.2: the round trip grows by more than an eighth: five slower rounds, and out. */
TEST(a_queue_ends_slow_start)
{
	struct tcb tcb = beginner();
	uint32_t before;

	round_trip(&tcb, 50, 1000);
	assert_int_equal(tcb.cc.cwnd, 20 * MSS);
	round_trip(&tcb, 52, 1000); /* + 4 %: noise */
	assert_int_equal(tcb.cc.cwnd, 38 * MSS); /* 18 were out when the round began */
	round_trip(&tcb, 70, 1000);
	assert_int_not_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	assert_int_equal(tcb.cc.cwnd, 38 * MSS + 7 * MSS + 29 * MSS / 4); /* from the eighth on */
	for (unsigned i = 0; i < 4; i++) {
		before = tcb.cc.cwnd;
		assert_int_equal(tcb.cc.ssthresh, UINT32_MAX);
		round_trip(&tcb, 75, 1000);
		expect_near(tcb.cc.cwnd, before * 1.25, 0.04);
	}
	round_trip(&tcb, 75, 1000);
	assert_true(tcb.cc.ssthresh < UINT32_MAX);
	before = tcb.cc.cwnd;
	round_trip(&tcb, 75, 1000); /* K = 0, W_max = cwnd (RFC 9438 4.10): hardly anything */
	assert_true(tcb.cc.cwnd < before + 2 * MSS);
	assert_int_equal(tcb.cc.state.cubic.k_ms, 0);
}

/* "Resume slow start" when the round trip falls again. */
TEST(noise_does_not_end_slow_start)
{
	struct tcb tcb = beginner();
	uint32_t before;

	round_trip(&tcb, 50, 1000);
	round_trip(&tcb, 60, 1000);
	assert_int_not_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	round_trip(&tcb, 50, 1000);
	assert_int_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	before = tcb.cc.cwnd;
	round_trip(&tcb, 52, 1000);
	expect_near(tcb.cc.cwnd, 2 * before, 0.1);
	/* three slow rounds and back; the next time five are waited for all the same */
	for (unsigned i = 0; i < 3; i++)
		round_trip(&tcb, 62, 1000);
	round_trip(&tcb, 52, 1000);
	for (unsigned i = 0; i < 4; i++)
		round_trip(&tcb, 62, 1000);
	assert_int_equal(tcb.cc.ssthresh, UINT32_MAX);
}

/* 4.3: N_RTT_SAMPLE; the threshold is never below 4 ms nor above 16. */
TEST(slow_start_needs_evidence)
{
	struct tcb tcb = beginner();

	round_trip(&tcb, 50, 1000);
	round_trip(&tcb, 500, 7);
	round_trip(&tcb, 50, 1000);
	assert_int_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	tcb = beginner();
	round_trip(&tcb, 1, 1000);
	round_trip(&tcb, 4, 1000);
	assert_int_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	round_trip(&tcb, 8, 1000);
	assert_int_not_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	tcb = beginner();
	round_trip(&tcb, 400, 1000);
	round_trip(&tcb, 415, 1000);
	assert_int_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
	round_trip(&tcb, 431, 1000);
	assert_int_not_equal(tcb.cc.hystart.css_baseline_us, UINT32_MAX);
}

/* RFC 3465 2.2, 2.3: an ACK of many segments counts for two, after a time-out for one; RFC 9406:
 * for eight at first. */
TEST(large_acks_count_less)
{
	struct tcb tcb = beginner();

	tcp_congestion_acked(&tcb, 10 * MSS, 0);
	assert_int_equal(tcb.cc.cwnd, 18 * MSS);
	tcb.cc.ssthresh = 100 * MSS;
	tcp_congestion_acked(&tcb, 10 * MSS, 0);
	assert_int_equal(tcb.cc.cwnd, 20 * MSS);
	tcb.loss.recovery = TCP_RECOVERY_LOSS;
	tcp_congestion_acked(&tcb, 10 * MSS, 0);
	assert_int_equal(tcb.cc.cwnd, 21 * MSS);
}

/* --- choosing -------------------------------------------------------------------------------- */

static int64_t chosen(struct tk *t, int fd)
{
	int64_t value;

	assert_int_equal(sock_getsockopt(t->k.stack, fd, SOCK_TCP_CONGESTION, &value), ERR_OK);
	return value;
}

static int choose(struct tk *t, int fd, int64_t value)
{
	return sock_setsockopt(t->k.stack, fd, SOCK_TCP_CONGESTION, value, t->k.now_ns);
}

TEST(a_socket_chooses)
{
	struct tk t;

	tk_open_with(&t, NULL);
	tk_establish(&t);
	assert_int_equal(chosen(&t, t.fd), NET_CONGESTION_CUBIC); /* the default */
	assert_int_equal(choose(&t, t.fd, NET_CONGESTION_COUNT), ERR_INVAL);
	assert_int_equal(choose(&t, t.fd, -1), ERR_INVAL);
	tcp_congestion_loss(tk_tcb(&t), 10 * TK_FULL, 0);
	assert_int_equal(tk_inspect(&t).ssthresh, 7 * TK_FULL);
	assert_int_equal(choose(&t, t.fd, NET_CONGESTION_NEWRENO), ERR_OK);
	assert_int_equal(chosen(&t, t.fd), NET_CONGESTION_NEWRENO);
	tcp_congestion_loss(tk_tcb(&t), 10 * TK_FULL, 0);
	assert_int_equal(tk_inspect(&t).ssthresh, 5 * TK_FULL);
	tk_close(&t);
}

TEST(a_listener_s_choice_is_inherited)
{
	struct net_options options = {.congestion = NET_CONGESTION_NEWRENO};
	struct tk t;

	tk_open_with(&t, &options);
	tk_listen(&t, 4);
	assert_int_equal(chosen(&t, t.listener), NET_CONGESTION_NEWRENO); /* the stack's */
	assert_int_equal(choose(&t, t.listener, NET_CONGESTION_CUBIC), ERR_OK);
	tk_accept(&t);
	assert_int_equal(chosen(&t, t.fd), NET_CONGESTION_CUBIC);
	tk_close(&t);
}

/* --- a full window --------------------------------------------------------------------------- */

/* `n` segments are written, sent and acknowledged one by one; returns the window afterwards, in
 * segments. */
static uint32_t window_after(struct tk *t, uint32_t from, unsigned n, size_t more)
{
	tk_write(t, from * TK_FULL, n * TK_FULL + more);
	kit_sent_clear(&t->k);
	for (unsigned i = 1; i <= n; i++)
		tk_peer_ack(t, TK_SEG(from + i));
	return tk_inspect(t).cwnd / TK_FULL;
}

/* RFC 7661 4.3, Linux's tcp_is_cwnd_limited(): ten segments fill a window of ten, though nothing waits
 * behind them. */
TCP_TEST(a_window_that_is_exactly_full)
{
	tk_establish_over(t, 20 * MS);
	assert_int_equal(window_after(t, 0, 10, 0), 20);
	tk_write(t, 10 * TK_FULL, 20 * TK_FULL);
	tk_expect_segments(t, 10 * TK_FULL, 20);
}

/* Nine do not; nine and a half leave no room for a tenth. */
TEST(a_window_that_is_nearly_full)
{
	struct tk t;

	tk_open(&t);
	tk_establish_over(&t, 20 * MS);
	assert_int_equal(window_after(&t, 0, 9, 0), 10);
	tk_close(&t);
	tk_open(&t);
	tk_establish_over(&t, 20 * MS);
	tk_turn(&t, TCP_KNOB_NODELAY, true);
	assert_true(window_after(&t, 0, 9, TK_FULL / 2) > 10);
	tk_close(&t);
}

/* The peer's own text makes us look while half of the window is acknowledged: it was full all the
 * same.  The next one is not. */
TCP_TEST(a_window_was_full_until_it_is_acknowledged)
{
	tk_establish_over(t, 20 * MS);
	tk_write(t, 0, 10 * TK_FULL);
	tk_expect_segments(t, 0, 10);
	tk_peer_ack(t, TK_SEG(5));
	TK_SEND(t, .seq = 1, .ack = TK_SEG(5), .flags = TCP_ACK, .data = "abc", .len = 3);
	kit_sent_clear(&t->k);
	TK_SEND(t, .seq = 4, .ack = TK_SEG(10), .flags = TCP_ACK);
	assert_int_equal(tk_inspect(t).cwnd / TK_FULL, 20);
	tk_write(t, 10 * TK_FULL, 5 * TK_FULL);
	kit_sent_clear(&t->k);
	TK_SEND(t, .seq = 4, .ack = TK_SEG(15), .flags = TCP_ACK);
	assert_int_equal(tk_inspect(t).cwnd / TK_FULL, 20);
}
