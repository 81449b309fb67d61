/*
 * SPDX-License-Identifier: MIT
 *
 * The windows of RFC 5681: a loss halves, and each window that was acknowledged adds a segment.
 * (What makes NewReno of Reno, RFC 6582, is about repairing: duplicates.c.)
 */
#include "net/tcp/congestion/algorithms.h"
#include "net/tcp/tcb.h"

static uint32_t on_reduction(struct tcb *tcb, uint32_t flight)
{
	(void)tcb;
	return flight / 2; /* RFC 5681, (4) */
}

/* RFC 5681 3.1, (2), by bytes (RFC 3465 2.1) */
static void on_ack(struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	(void)now_ns;
	tcb->cc.bytes_acked += acked;
	if (tcb->cc.bytes_acked >= tcb->cc.cwnd) {
		tcb->cc.bytes_acked -= tcb->cc.cwnd;
		tcb->cc.cwnd += tcb_eff_mss(tcb);
	}
}

static void nothing(struct tcb *tcb)
{
	(void)tcb;
}

const struct tcp_congestion_ops tcp_newreno = {
	.init = nothing,
	.on_ack = on_ack,
	.on_loss = on_reduction,
	.on_ecn = on_reduction,
	.on_timeout = nothing,
};
