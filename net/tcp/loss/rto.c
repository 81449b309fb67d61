/*
 * SPDX-License-Identifier: MIT
 *
 * Round-trip time and retransmission timeout (RFC 6298).
 *
 * One segment of each flight is timed, with the full resolution of the clock: the record of when it
 * was sent stands in the scoreboard.  What was retransmitted is ambiguous (Karn), and the echoed
 * timestamp (RFC 7323 4) takes its place where the peer sends one.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/segment.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

void tcp_rto_init(struct tcb *tcb)
{
	tcb->loss.srtt_ns = tcb->loss.rttvar_ns = 0;
	tcb->loss.rto_ns = TCP_RTO_INITIAL_NS;
}

void tcp_rto_sample(struct tcb *tcb, uint64_t rtt_ns)
{
	uint64_t rtt = MAX(rtt_ns, UINT64_C(1)); /* 0 stands for "no sample yet" */

	if (tcb->loss.srtt_ns == 0) { /* RFC 6298 2.2 */
		tcb->loss.srtt_ns = rtt;
		tcb->loss.rttvar_ns = rtt / 2;
	} else { /* RFC 6298 2.3: beta = 1/4, alpha = 1/8, RTTVAR first */
		uint64_t off = rtt > tcb->loss.srtt_ns ? rtt - tcb->loss.srtt_ns :
			tcb->loss.srtt_ns - rtt;

		tcb->loss.rttvar_ns = (3 * tcb->loss.rttvar_ns + off) / 4;
		tcb->loss.srtt_ns = MAX((7 * tcb->loss.srtt_ns + rtt) / 8, UINT64_C(1));
	}
	tcb->loss.rto_ns = tcb->loss.srtt_ns + MAX(4 * tcb->loss.rttvar_ns,
						   TCP_CLOCK_GRANULARITY_NS);
	tcb->loss.rto_ns = MIN(MAX(tcb->loss.rto_ns, TCP_RTO_MIN_NS), TCP_RTO_MAX_NS);
}

/* RFC 6298 5.5 */
void tcp_rto_back_off(struct tcb *tcb)
{
	tcb->loss.rto_ns = MIN(2 * tcb->loss.rto_ns, TCP_RTO_MAX_NS);
}

void tcp_rtt_start(struct tcb *tcb, uint64_t now_ns)
{
	tcb->loss.syn_sent_ns = now_ns;
	tcb->loss.syn_timed = true;
}

void tcp_rtt_cancel(struct tcb *tcb)
{
	tcb->loss.syn_timed = false;
}

/* The peer echoes the millisecond in which the segment it answers was sent; values that never came
 * from this connection (the future, or ages ago) are not believed. */
static bool echoed_rtt(const struct tcb *tcb, const struct tcp_segment *seg, uint64_t *rtt_ns)
{
	uint32_t age_ms;

	if (!tcb->agreed.timestamps || !seg->opt.has_timestamps || seg->opt.ts_ecr == 0)
		return false;
	age_ms = tcp_timestamp(tcb, seg->now_ns) - seg->opt.ts_ecr;
	*rtt_ns = age_ms * NS_PER_MS;
	return *rtt_ns < TCP_USER_TIMEOUT_NS;
}

/* A duplicate is answered with the echo of the first copy (RFC 7323 4.3), so what is older than the
 * last retransmission is as ambiguous as ever: its age may be the timeout, which would then feed
 * on itself. */
static bool is_after_the_last_repetition(const struct tcb *tcb, uint64_t rtt_ns, uint64_t now_ns)
{
	return rtt_ns / NS_PER_MS <= (uint32_t)(now_ns / NS_PER_MS) - tcb->snd.retransmitted_ms;
}

void tcp_rtt_acked(struct tcb *tcb, const struct tcp_segment *seg, uint64_t rtt_ns)
{
	if (tcb->loss.syn_timed) {
		tcp_rto_sample(tcb, seg->now_ns - tcb->loss.syn_sent_ns);
		tcp_rtt_cancel(tcb);
	} else if (rtt_ns != 0) {
		tcp_congestion_rtt(tcb, rtt_ns);
		/* RFC 6298 3: once in a round trip, or the estimator forgets too fast */
		if (seq_leq(seg->ack, tcb->loss.rtt_seq))
			return;
		tcp_rto_sample(tcb, rtt_ns);
	} else if (echoed_rtt(tcb, seg, &rtt_ns) &&
		   is_after_the_last_repetition(tcb, rtt_ns, seg->now_ns)) {
		tcp_rto_sample(tcb, rtt_ns);
	} else {
		return;
	}
	tcb->loss.rtt_seq = tcb->snd.nxt;
}
