/*
 * Congestion control (RFC 5681) with byte counting (RFC 3465): how much may be on its way.
 * When a loss is noticed and what is sent again is recovery.c's matter.
 * NOT DONE: CUBIC (RFC 9438).
 */
#include "net/tcp/internal.h"

#define CWND_MAX (UINT32_C(1) << 30)

/* RFC 6928: ten segments; RFC 5681 3.1: one when the SYN or SYN-ACK was lost. */
static uint32_t initial_window(const struct tcb *tcb)
{
	return TCP_INITIAL_WINDOW_SEGMENTS * tcb_eff_mss(tcb);
}

void tcp_congestion_init(struct tcb *tcb, bool syn_was_lost)
{
	tcb->cwnd = syn_was_lost ? tcb_eff_mss(tcb) : initial_window(tcb);
	tcb->ssthresh = UINT32_MAX; /* "arbitrarily high" */
	tcb->bytes_acked = 0;
	tcb->undo_cwnd = 0;
}

void tcp_congestion_acked(struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	uint32_t mss = tcb_eff_mss(tcb);

	(void)now_ns;
	/* A window that was not full proves nothing about a larger one. */
	if (!tcb->cwnd_limited)
		return;
	if (tcb->cwnd < tcb->ssthresh) {
		/* RFC 3465 2.2, 2.3: slow start, L = 2; L = 1 after a time-out */
		uint32_t limit = tcb->recovery == TCP_RECOVERY_LOSS ? mss : 2 * mss;

		tcb->cwnd += MIN(acked, limit);
	} else {
		/* RFC 5681 3.1: one segment per window that was acknowledged */
		tcb->bytes_acked += acked;
		if (tcb->bytes_acked >= tcb->cwnd) {
			tcb->bytes_acked -= tcb->cwnd;
			tcb->cwnd += mss;
		}
	}
	tcb->cwnd = MIN(tcb->cwnd, CWND_MAX);
}

void tcp_congestion_loss(struct tcb *tcb, uint32_t flight, uint64_t now_ns)
{
	(void)now_ns;
	tcb->undo_cwnd = tcb->cwnd;
	tcb->undo_ssthresh = tcb->ssthresh;
	/* RFC 5681, (4) */
	tcb->ssthresh = MAX(flight / 2, 2 * tcb_eff_mss(tcb));
	tcb->bytes_acked = 0;
}

void tcp_congestion_timeout(struct tcb *tcb, uint64_t now_ns)
{
	(void)now_ns;
	tcb->cwnd = tcb_eff_mss(tcb); /* RFC 5681 3.1: the loss window */
	tcb->bytes_acked = 0;
}

void tcp_congestion_undo(struct tcb *tcb)
{
	if (tcb->undo_cwnd == 0)
		return;
	tcb->cwnd = MAX(tcb->cwnd, tcb->undo_cwnd);
	tcb->ssthresh = MAX(tcb->ssthresh, tcb->undo_ssthresh);
	tcb->undo_cwnd = 0;
}

void tcp_congestion_idle(struct tcb *tcb, uint64_t now_ns)
{
	(void)now_ns;
	tcb->cwnd = MIN(tcb->cwnd, initial_window(tcb));
}
