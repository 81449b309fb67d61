/*
 * SPDX-License-Identifier: MIT
 *
 * The windows of RFC 5681: a loss halves, and each window that was acknowledged adds a segment.
 * (What makes NewReno of Reno, RFC 6582, is about repairing: duplicates.c.)
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/tcb.h"

static uint32_t reduced(struct tcb *tcb, uint32_t flight)
{
	(void)tcb;
	return flight / 2; /* RFC 5681, (4) */
}

/* RFC 5681 3.1, (2), by bytes (RFC 3465 2.1) */
static void avoid(struct tcb *tcb, uint32_t acked, uint64_t now_ns)
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

static void no_pause(struct tcb *tcb, uint64_t ns)
{
	(void)tcb;
	(void)ns;
}

const struct tcp_congestion_ops *tcp_newreno(void)
{
	static const struct tcp_congestion_ops ops = {
		.begin = nothing,
		.reduced = reduced,
		.timed_out = nothing,
		.avoid = avoid,
		.pause = no_pause,
	};

	return &ops;
}
