/*
 * SPDX-License-Identifier: MIT
 *
 * Delivery rate samples (draft-cheng-iccrg-delivery-rate-estimation) and pacing: rate.h.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/rate.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/tcb.h"

#include "base/string.h"

/* --- memory ---------------------------------------------------------------------------------- */

void tcp_rate_end(struct stack *stack, struct tcb *tcb)
{
	if (tcb->cc.rate != NULL)
		stack->port->free(stack->port->ctx, tcb->cc.rate, sizeof(*tcb->cc.rate));
	tcb->cc.rate = NULL;
}

void tcp_rate_settle(struct stack *stack, struct tcb *tcb)
{
	if (tcb->cc.ops->on_sample == NULL) {
		tcp_rate_end(stack, tcb);
		tcb->cc.rated = false;
	}
	if (!tcb->cc.rated || tcb->cc.rate != NULL)
		return;
	tcb->cc.rate = stack->port->alloc(stack->port->ctx, sizeof(*tcb->cc.rate));
	if (tcb->cc.rate == NULL)
		stack->counters.tcp_no_memory++;
	else
		memset(tcb->cc.rate, 0, sizeof(*tcb->cc.rate));
}

/* --- sent ------------------------------------------------------------------------------------ */

static struct tcp_rate_snapshot *at(struct tcp_rate *rate, uint32_t i)
{
	return &rate->ring[(rate->first + i) % TCP_RATE_SNAPSHOTS];
}

static void add_snapshot(struct tcp_rate *rate, uint64_t now_ns)
{
	struct tcp_rate_snapshot now = {
		.sent_ns = now_ns,
		.delivered = rate->delivered,
		.delivered_ns = rate->delivered_ns,
		.first_sent_ns = rate->first_sent_ns,
		.app_limited = rate->app_limited != 0,
	};

	if (rate->count == 0 || at(rate, rate->count - 1)->sent_ns != now_ns) {
		if (rate->count == TCP_RATE_SNAPSHOTS)
			rate->first = (rate->first + 1) % TCP_RATE_SNAPSHOTS;
		else
			rate->count++;
	}
	*at(rate, rate->count - 1) = now;
}

/* The next segment may leave when this one would have at the rate; time that was not used is lost. */
static void pace(struct tcp_rate *rate, uint32_t len, uint64_t now_ns)
{
	if (rate->pacing_bytes_s != 0)
		rate->next_send_ns = MAX(rate->next_send_ns, now_ns) +
				     (uint64_t)len * NS_PER_S / rate->pacing_bytes_s;
}

void tcp_rate_sent_slow(struct tcb *tcb, uint32_t len, uint64_t now_ns)
{
	struct tcp_rate *rate = tcb->cc.rate;

	if (tcp_pipe(tcb) <= len) /* 3.2: nothing else is out, so the clocks begin here */
		rate->first_sent_ns = rate->delivered_ns = now_ns;
	add_snapshot(rate, now_ns);
	pace(rate, len, now_ns);
}

/* 3.4: "No packets waiting to be sent, the window is not full, nothing lost is waiting". */
void tcp_rate_check_app_limited(struct tcb *tcb)
{
	struct tcp_rate *rate = tcb->cc.rate;

	if (rate != NULL && tcb->snd.nxt == tcb->snd.end && tcp_pipe(tcb) < tcb->cc.cwnd && !tcp_has_lost(tcb))
		rate->app_limited = MAX(rate->delivered + tcp_pipe(tcb), UINT64_C(1));
}

/* --- delivered ------------------------------------------------------------------------------- */

static const struct tcp_rate_snapshot *snapshot_of(struct tcp_rate *rate, uint64_t sent_ns)
{
	uint32_t low = 0, high = rate->count;

	while (low < high) { /* the first that is later */
		uint32_t mid = (low + high) / 2;

		if (at(rate, mid)->sent_ns <= sent_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 ? at(rate, low - 1) : NULL;
}

void tcp_rate_delivered_slow(struct tcb *tcb, const struct sent_segment *s, uint32_t len, uint64_t now_ns)
{
	struct tcp_rate *rate = tcb->cc.rate;
	const struct tcp_rate_snapshot *p = snapshot_of(rate, s->sent_ns);

	rate->delivered += len;
	rate->delivered_ns = now_ns;
	if (p == NULL || p->sent_ns != s->sent_ns)
		return; /* sent before the algorithm asked, or very long ago */
	if (rate->has_sample && p->delivered < rate->prior.delivered)
		return;
	/* 3.3: "the most recently sent" of what the ACK delivers is what the sample is about */
	rate->has_sample = true;
	rate->prior = *p;
	rate->send_ns = s->sent_ns - p->first_sent_ns;
	rate->first_sent_ns = s->sent_ns;
	rate->sample.rtt_ns = now_ns - s->sent_ns;
	rate->sample.is_retransmitted = s->flags & SENT_AGAIN;
}

void tcp_rate_acked_slow(struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_rate *rate = tcb->cc.rate;
	struct tcp_rate_sample *sample = &rate->sample;

	if (rate->app_limited != 0 && rate->delivered > rate->app_limited)
		rate->app_limited = 0;
	if (!rate->has_sample)
		return;
	rate->has_sample = false;
	sample->is_app_limited = rate->prior.app_limited;
	sample->delivered = rate->delivered - rate->prior.delivered;
	sample->interval_ns = MAX(rate->send_ns, now_ns - rate->prior.delivered_ns);
	/* 3.3: shorter than a round trip may be: the ACKs came at once, or a doubt about what was sent */
	if (sample->interval_ns < tcb->loss.rack.min_rtt_ns)
		sample->interval_ns = 0;
	if (tcb->cc.ops->on_sample != NULL)
		tcb->cc.ops->on_sample(tcb, sample);
}

/* --- pacing ---------------------------------------------------------------------------------- */

void tcp_pacing_set(struct tcb *tcb, uint64_t bytes_s)
{
	if (tcb->cc.rate != NULL)
		tcb->cc.rate->pacing_bytes_s = bytes_s;
}

bool tcp_pacing_holds(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	const struct tcp_rate *rate = tcb->cc.rate;

	if (rate == NULL || rate->pacing_bytes_s == 0 || now_ns >= rate->next_send_ns)
		return false;
	tcp_timer_set(stack, tcb, TCP_TIMER_PACING, rate->next_send_ns);
	return true;
}
