/*
 * SPDX-License-Identifier: MIT
 *
 * Delivery rate samples and pacing, with an algorithm that only this test has: a fixed window, samples
 * that are noted, and a rate when the test wants one.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/rate.h"
#include "net/tcp/conn/timers.h"
#include "tests/lib/tcp_kit.h"
#include "tests/runner/unit.h"

#define RTT (20 * NS_PER_MS)
#define WINDOW (20 * TK_FULL)

static struct {
	unsigned samples, inits, timeouts, losses, marks, undos;
	struct tcp_rate_sample last;
	uint64_t pace; /* bytes a second */
} seen;

static void init(struct tcb *tcb)
{
	seen.inits++;
	tcb->cc.cwnd = WINDOW;
}

static void on_ack(struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	(void)tcb;
	(void)acked;
	(void)now_ns;
}

static uint32_t on_loss(struct tcb *tcb, uint32_t flight)
{
	(void)tcb;
	(void)flight;
	seen.losses++;
	return WINDOW;
}

static uint32_t on_ecn(struct tcb *tcb, uint32_t flight)
{
	(void)tcb;
	(void)flight;
	seen.marks++;
	return WINDOW;
}

static void on_timeout(struct tcb *tcb)
{
	(void)tcb;
	seen.timeouts++;
}

static void on_sample(struct tcb *tcb, const struct tcp_rate_sample *sample)
{
	seen.samples++;
	seen.last = *sample;
	tcp_pacing_set(tcb, seen.pace);
}

static const struct tcp_congestion_ops noted = {
	.init = init, .on_ack = on_ack, .on_loss = on_loss, .on_ecn = on_ecn, .on_timeout = on_timeout,
	.on_sample = on_sample,
};

/* Established over RTT, with the algorithm in use. */
static void open_noted(struct tk *t)
{
	memset(&seen, 0, sizeof(seen));
	tk_open(t);
	tk_establish_over(t, RTT);
	tcp_congestion_use(tk_tcb(t), &noted);
	assert_int_equal(seen.inits, 1);
}

static uint64_t bytes_s(void)
{
	assert_int_not_equal(seen.last.interval_ns, 0);
	return seen.last.delivered * NS_PER_S / seen.last.interval_ns;
}

/* Ten segments leave at once and are acknowledged a round trip later: their bytes in a round trip. */
TEST(a_window_in_a_round_trip)
{
	struct tk t;

	open_noted(&t);
	tk_write(&t, 0, 10 * TK_FULL);
	tk_expect_segments(&t, 0, 10);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(10));
	assert_int_equal(seen.samples, 1);
	assert_int_equal(seen.last.delivered, 10 * TK_FULL);
	assert_int_equal(seen.last.interval_ns, RTT);
	assert_int_equal(seen.last.rtt_ns, RTT);
	assert_false(seen.last.is_retransmitted);
	tk_close(&t);
}

/* A bottleneck acknowledges a segment every 2 ms while the sender always has more: the rate is the
 * bottleneck's, whatever the round trip has become. */
TEST(the_rate_of_a_bottleneck)
{
	struct tk t;

	open_noted(&t);
	tk_write(&t, 0, 40 * TK_FULL);
	kit_sent_clear(&t.k);
	t.k.now_ns += RTT;
	for (unsigned i = 1; i <= 30; i++) {
		tk_peer_ack(&t, TK_SEG(i));
		t.k.now_ns += 2 * NS_PER_MS;
	}
	kit_sent_clear(&t.k);
	assert_int_equal(seen.samples, 30);
	assert_in_range(seen.last.delivered, 20 * TK_FULL, 30 * TK_FULL); /* a window */
	assert_int_equal(bytes_s(), TK_FULL * 500);
	assert_false(seen.last.is_app_limited);
	tk_close(&t);
}

/* Less was written than the window takes: such a sample says nothing about the path. */
TEST(what_the_user_limits_is_marked)
{
	struct tk t;

	open_noted(&t);
	tk_write(&t, 0, 2 * TK_FULL);
	tk_expect_segments(&t, 0, 2);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(1));
	assert_false(seen.last.is_app_limited); /* it left before anything was known to be missing */
	tk_write(&t, 2 * TK_FULL, TK_FULL);
	tk_expect_segments(&t, 2 * TK_FULL, 1);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(3));
	assert_true(seen.last.is_app_limited);
	tk_close(&t);
}

/* What is SACKed is delivered then, and not once more when it is acknowledged. */
TEST(sacked_counts_once)
{
	struct tk t;

	open_noted(&t);
	tk_write(&t, 0, 4 * TK_FULL);
	tk_expect_segments(&t, 0, 4);
	t.k.now_ns += RTT;
	TK_SACK(&t, TK_SEG(0), TK_SEG(1), TK_SEG(3));
	assert_int_equal(seen.samples, 1);
	assert_int_equal(seen.last.delivered, 2 * TK_FULL);
	tk_peer_ack(&t, TK_SEG(4));
	assert_int_equal(seen.samples, 2);
	assert_int_equal(seen.last.delivered, 4 * TK_FULL);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* A segment a millisecond, each let go by the timer alone; and no persist timer, though nothing may be
 * out. */
TEST(pacing_holds_back_and_lets_go)
{
	struct tk t;

	open_noted(&t);
	seen.pace = TK_FULL * 1000;
	tk_write(&t, 0, TK_FULL);
	tk_expect_segments(&t, 0, 1);
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(1)); /* from its sample on */
	tk_write(&t, TK_FULL, 4 * TK_FULL);
	tk_expect_segments(&t, TK_FULL, 1);
	for (unsigned i = 2; i < 5; i++) {
		TK_EXPECT_NOTHING(&t);
		tk_advance(&t, NS_PER_MS - 1);
		TK_EXPECT_NOTHING(&t);
		tk_advance(&t, 1);
		tk_expect_segments(&t, i * TK_FULL, 1);
	}
	t.k.now_ns += RTT;
	tk_peer_ack(&t, TK_SEG(5));
	tk_write(&t, 5 * TK_FULL, TK_FULL); /* the rate was not used for a while: no burst is saved */
	tk_expect_segments(&t, 5 * TK_FULL, 1);
	tk_write(&t, 6 * TK_FULL, TK_FULL);
	TK_EXPECT_NOTHING(&t);
	tk_peer_ack(&t, TK_SEG(6)); /* nothing is out, something waits: it is not the peer's window */
	TK_EXPECT_NOTHING(&t);
	assert_false(tcp_timer_is_set(tk_tcb(&t), TCP_TIMER_PERSIST));
	tk_advance(&t, NS_PER_MS);
	tk_expect_segments(&t, 6 * TK_FULL, 1);
	tk_close(&t);
}

/* Memory for samples is there while the algorithm asks for it, and not with the others. */
TEST(memory_while_it_is_asked_for)
{
	struct tk t;

	tk_open(&t);
	tk_establish_over(&t, RTT);
	tk_write(&t, 0, TK_FULL);
	kit_sent_clear(&t.k);
	assert_false(tk_inspect(&t).has_rate);
	tcp_congestion_use(tk_tcb(&t), &noted);
	tk_write(&t, TK_FULL, TK_FULL);
	assert_true(tk_inspect(&t).has_rate);
	tcp_congestion_choose(tk_tcb(&t), NET_CONGESTION_NEWRENO);
	tk_write(&t, 2 * TK_FULL, TK_FULL);
	assert_false(tk_inspect(&t).has_rate);
	kit_sent_clear(&t.k);
	tk_close(&t);
}

/* Any algorithm hears of losses and time-outs through the interface alone. */
TEST(losses_and_timeouts_are_logged)
{
	struct tk t;

	open_noted(&t);
	tk_write(&t, 0, 4 * TK_FULL);
	kit_sent_clear(&t.k);
	tk_advance(&t, NS_PER_S);
	assert_int_equal(seen.losses, 1);
	assert_int_not_equal(seen.timeouts, 0);
	kit_sent_clear(&t.k);
	tk_close(&t);
}
