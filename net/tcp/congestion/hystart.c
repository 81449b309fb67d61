/*
 * SPDX-License-Identifier: MIT
 *
 * HyStart++ (RFC 9406): the first slow start ends before the queue on the way overflows.
 *
 * A round lasts until what was sent last at its beginning is acknowledged.  When the smallest round
 * trip of a round is clearly above that of the round before, the window goes on growing for five
 * more rounds, four times slower (conservative slow start, CSS); if the round trip falls again in
 * them, it was noise, and slow start resumes; else congestion avoidance begins.
 *
 * The caller measures round trips, one for each ACK at best: tcp_congestion_rtt().
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

/* RFC 9406 4.3 */
#define MIN_RTT_THRESH_US 4000u
#define MAX_RTT_THRESH_US 16000u
#define MIN_RTT_DIVISOR 8
#define N_RTT_SAMPLE 8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS 5

#define NO_RTT UINT32_MAX /* "infinity" */

static bool in_css(const struct tcb *tcb)
{
	return tcb->cc.hystart.css_baseline_us != NO_RTT;
}

static bool in_first_slow_start(const struct tcb *tcb)
{
	return tcb->cc.ssthresh == UINT32_MAX;
}

static void begin_round(struct tcb *tcb)
{
	struct tcp_hystart *h = &tcb->cc.hystart;

	h->round_end = tcb->snd.nxt;
	h->last_rtt_us = h->rtt_us;
	h->rtt_us = NO_RTT;
	h->n_samples = 0;
}

void tcp_hystart_begin(struct tcb *tcb)
{
	tcb->cc.hystart.css_baseline_us = NO_RTT;
	tcb->cc.hystart.rtt_us = NO_RTT;
	tcb->cc.hystart.css_rounds = 0;
	begin_round(tcb);
}

/* RFC 9406 4.2: "at the end of each round" */
void tcp_hystart_round(struct tcb *tcb)
{
	struct tcp_hystart *h = &tcb->cc.hystart;

	if (!in_first_slow_start(tcb) || seq_lt(tcb->snd.una, h->round_end))
		return;
	if (in_css(tcb) && ++h->css_rounds >= CSS_ROUNDS) {
		tcb->cc.ssthresh = tcb->cc.cwnd; /* congestion avoidance */
		return;
	}
	begin_round(tcb);
}

static uint32_t threshold_us(uint32_t rtt_us)
{
	return MAX(MIN_RTT_THRESH_US, MIN(rtt_us / MIN_RTT_DIVISOR, MAX_RTT_THRESH_US));
}

void tcp_congestion_rtt(struct tcb *tcb, uint64_t rtt_ns)
{
	struct tcp_hystart *h = &tcb->cc.hystart;

	if (!in_first_slow_start(tcb))
		return;
	h->rtt_us = MIN(h->rtt_us, (uint32_t)MIN(rtt_ns / NS_PER_US, (uint64_t)NO_RTT - 1));
	if (h->n_samples < N_RTT_SAMPLE && ++h->n_samples < N_RTT_SAMPLE)
		return;
	if (in_css(tcb)) {
		if (h->rtt_us < h->css_baseline_us)
			h->css_baseline_us = NO_RTT; /* back to slow start */
	} else if (h->last_rtt_us != NO_RTT &&
		   h->rtt_us >= h->last_rtt_us + threshold_us(h->last_rtt_us)) {
		h->css_baseline_us = h->rtt_us;
		h->css_rounds = 0;
	}
}

uint32_t tcp_hystart_growth(const struct tcb *tcb, uint32_t acked)
{
	return in_css(tcb) ? acked / CSS_GROWTH_DIVISOR : acked;
}
