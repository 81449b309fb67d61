/*
 * SPDX-License-Identifier: MIT
 *
 * Proportional rate reduction (RFC 9937): how much may be sent in fast recovery.  While more is in
 * flight than ssthresh, sending is paced down in proportion to what is delivered; below it, what
 * was delivered may be retransmitted (CRB), and a segment more for each ACK that reports no loss
 * (SSRB), up to ssthresh.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/tcb.h"

/* RFC 9937 6.1: RecoverFS counts what was out and not delivered before the ACK that told. */
void tcp_prr_begin(struct tcb *tcb, const struct tcp_ack_info *ack_info)
{
	uint32_t sacked_before = tcb->loss.sent->sacked - ack_info->sacked;

	tcb->cc.prr = (struct tcp_prr){
		.recover_fs = MAX(tcb_flight(tcb) + ack_info->acked - sacked_before, 1u),
	};
}

/* RFC 9937 6.2 */
static int64_t may_send(const struct tcb *tcb, const struct tcp_ack_info *ack_info)
{
	const struct tcp_prr *prr = &tcb->cc.prr;
	int64_t ahead = (int64_t)prr->delivered - prr->out;
	uint32_t pipe = tcp_pipe(tcb);
	bool safe_ack = ack_info->acked > 0 && !ack_info->lost;
	int64_t n;

	if (pipe > tcb->cc.ssthresh) {
		uint64_t share = (uint64_t)prr->delivered * tcb->cc.ssthresh;

		return (int64_t)((share + prr->recover_fs - 1) / prr->recover_fs) - prr->out;
	}
	n = MAX(ahead, (int64_t)ack_info->delivered);
	if (safe_ack)
		n += tcb_eff_mss(tcb);
	return MIN((int64_t)(tcb->cc.ssthresh - pipe), n);
}

void tcp_prr_acked(struct tcb *tcb, const struct tcp_ack_info *ack_info)
{
	int64_t n;

	tcb->cc.prr.delivered += ack_info->delivered;
	n = may_send(tcb, ack_info);
	/* "Force a fast retransmit upon entering recovery"; and whenever nothing is left in flight
	 * that could bring another ACK. */
	if (tcb->cc.prr.out == 0 || tcp_pipe(tcb) == 0)
		n = MAX(n, (int64_t)tcb_eff_mss(tcb));
	tcb->cc.cwnd = tcp_pipe(tcb) + (uint32_t)MAX(n, INT64_C(0));
}
