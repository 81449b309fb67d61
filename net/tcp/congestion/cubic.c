/*
 * SPDX-License-Identifier: MIT
 *
 * CUBIC (RFC 9438): in congestion avoidance the window follows a cubic function of the time since
 * the last reduction, flat around the size at which that happened, so that it grows fast where
 * nothing is known to be wrong and slowly where it was; and never slower than Reno would (4.3).
 *
 *      W_cubic(t) = C * (t - K)^3 + W_max        in segments, t and K in seconds, C = 0.4
 *
 * Windows are bytes here and times milliseconds, so the cube has factors of 10^9 and SMSS.  There
 * is no floating point: the cube root is found bit by bit.
 */
#include "net/tcp/congestion/algorithms.h"
#include "net/tcp/congestion/congestion_past.h"
#include "net/tcp/limits.h"
#include "net/tcp/tcb.h"

/* --- the function ---------------------------------------------------------------------------- */

/* Beyond this, W_cubic is far above any window, and its cube would not fit. */
#define FAR_MS UINT64_C(500000)

static uint32_t cube_root(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 20; bit != 0; bit >>= 1) {
		uint64_t r = root | bit;

		if (r * r * r <= x)
			root = r;
	}
	return (uint32_t)root;
}

/* 4.2, figure 2: K = cbrt((W_max - cwnd_epoch) / C) */
static uint32_t time_to_grow_ms(uint32_t bytes, uint32_t mss)
{
	return cube_root(bytes * UINT64_C(2500000000) / mss);
}

/* 4.2, figure 1: W_cubic(t) */
static uint32_t window_at(const struct tcp_cubic *c, uint64_t t_ms, uint32_t mss)
{
	bool before = t_ms < c->k_ms;
	uint64_t d = MIN(before ? c->k_ms - t_ms : t_ms - c->k_ms, FAR_MS);
	uint64_t bytes = d * d * d / 2500 * mss / 1000000;

	if (before)
		return bytes < c->w_max ? c->w_max - (uint32_t)bytes : 0;
	return (uint32_t)MIN(c->w_max + bytes, (uint64_t)TCP_CWND_MAX);
}

/* --- growing --------------------------------------------------------------------------------- */

static void begin_epoch(struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_cubic *c = &tcb->cc.state.cubic;

	c->epoch_ns = MAX(now_ns, UINT64_C(1));
	c->w_est = tcb->cc.cwnd;
	c->est_acked = 0;
	c->k_ms = 0;
	tcb->cc.bytes_acked = 0;
	/* 4.10, and 4.8: nothing is known of a W_max after slow start or a timeout */
	if (c->w_max == 0)
		c->cwnd_prior = tcb->cc.cwnd;
	if (c->w_max > tcb->cc.cwnd)
		c->k_ms = time_to_grow_ms(c->w_max - tcb->cc.cwnd, tcb_eff_mss(tcb));
	else
		c->w_max = tcb->cc.cwnd;
}

/* 4.3, figure 4: alpha_cubic = 3 (1 - beta) / (1 + beta) = 9/17 segments for each window that was
 * acknowledged, where Reno with its deeper reductions adds one; and one as soon as the window is
 * as large as it was. */
static void grow_estimate(struct tcb *tcb, uint32_t acked)
{
	struct tcp_cubic *c = &tcb->cc.state.cubic;
	uint64_t each = c->w_est >= c->cwnd_prior ? tcb->cc.cwnd : (uint64_t)tcb->cc.cwnd * 17 / 9;

	c->est_acked += acked;
	if (c->est_acked < each)
		return;
	c->est_acked -= (uint32_t)each;
	c->w_est = MIN(c->w_est + tcb_eff_mss(tcb), TCP_CWND_MAX);
}

/* 4.4, 4.5: (target - cwnd) / cwnd for each segment acknowledged.  Small steps wait for each other,
 * or what integer division truncates would add up. */
static void grow_towards(struct tcb *tcb, uint32_t target, uint32_t acked)
{
	uint64_t step;

	/* not beyond the target */
	tcb->cc.bytes_acked = MIN(tcb->cc.bytes_acked + acked, tcb->cc.cwnd);
	step = (uint64_t)tcb->cc.bytes_acked * (target - tcb->cc.cwnd) / tcb->cc.cwnd;
	if (step < tcb_eff_mss(tcb) / 16)
		return;
	tcb->cc.bytes_acked = 0;
	tcb->cc.cwnd += (uint32_t)step;
}

static void on_ack(struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	struct tcp_cubic *c = &tcb->cc.state.cubic;
	uint32_t mss = tcb_eff_mss(tcb);
	uint64_t t_ns, target;

	if (c->epoch_ns == 0)
		begin_epoch(tcb, now_ns);
	grow_estimate(tcb, acked);
	t_ns = now_ns - MIN(c->epoch_ns, now_ns);
	if (window_at(c, t_ns / NS_PER_MS, mss) < c->w_est) {
		tcb->cc.cwnd = MAX(tcb->cc.cwnd, c->w_est); /* 4.3: the Reno-friendly region */
		return;
	}
	/* 4.2: where the function will be in one round trip, not below cwnd, nor 1.5 times it */
	target = window_at(c, (t_ns + tcb->loss.srtt_ns) / NS_PER_MS, mss);
	target = MIN(target, tcb->cc.cwnd + (uint64_t)tcb->cc.cwnd / 2);
	grow_towards(tcb, (uint32_t)MAX(target, (uint64_t)tcb->cc.cwnd), acked);
}

/* --- what happens to it ---------------------------------------------------------------------- */

static void init(struct tcb *tcb)
{
	tcb->cc.state.cubic = (struct tcp_cubic){.w_max = 0};
}

/* 4.6, beta_cubic = 0.7; 4.7, fast convergence: a window that did not get as far as the last time
 * has met newcomers, and leaves them room. */
static uint32_t on_reduction(struct tcb *tcb, uint32_t flight)
{
	struct tcp_cubic *c = &tcb->cc.state.cubic;

	if (tcb->cc.cwnd < c->w_max)
		c->w_max = (uint32_t)((uint64_t)tcb->cc.cwnd * 17 / 20); /* (1 + beta) / 2 */
	else
		c->w_max = tcb->cc.cwnd;
	c->cwnd_prior = tcb->cc.cwnd;
	c->epoch_ns = 0;
	return (uint32_t)((uint64_t)flight * 7 / 10);
}

/* 4.8: the first stage after a timeout begins with K = 0 and W_max = cwnd. */
static void on_timeout(struct tcb *tcb)
{
	tcb->cc.state.cubic.w_max = 0;
	tcb->cc.state.cubic.epoch_ns = 0;
}

/* 4.2, 5.8: "t" does not count time in which the window was not what limited the sender. */
static void on_pause(struct tcb *tcb, uint64_t ns)
{
	if (tcb->cc.state.cubic.epoch_ns != 0)
		tcb->cc.state.cubic.epoch_ns += ns;
}

static void undo(struct tcb *tcb, const union tcp_congestion_state *before)
{
	tcb->cc.state.cubic = before->cubic;
}

/* The next stage of congestion avoidance is a new one. */
static void after_idle(struct tcb *tcb)
{
	tcb->cc.state.cubic.epoch_ns = 0;
}

const struct tcp_congestion_ops tcp_cubic = {
	.init = init,
	.on_ack = on_ack,
	.on_loss = on_reduction,
	.on_ecn = on_reduction,
	.on_timeout = on_timeout,
	.undo = undo,
	.after_idle = after_idle,
	.on_pause = on_pause,
};
