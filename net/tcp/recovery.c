/*
 * Loss: three duplicate ACKs (fast retransmit and NewReno's fast recovery, RFC 5681 3.2, RFC 6582,
 * with limited transmit, RFC 3042) and time-outs, after which everything that was out goes again as
 * slow start allows.
 * NOT DONE: SACK blocks of the peer (RFC 6675), RACK-TLP (RFC 8985), PRR, spurious time-outs.
 */
#include "net/tcp/internal.h"

#define DUPLICATE_THRESHOLD 3

static void enter_fast_recovery(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	stack->counters.tcp_fast_retransmits++;
	tcp_congestion_loss(tcb, tcb_flight(tcb), now_ns);
	tcb->recovery = TCP_RECOVERY_FAST;
	tcb->recover = tcb->snd_nxt;
	tcb->partial_ack_seen = false;
	tcp_rtt_cancel(tcb);
	tcp_retransmit_first(stack, tcb, TCP_RETRANSMIT_DUPLICATE_ACKS, now_ns);
	/* RFC 5681 3.2, step 3: the three segments that have left the network */
	tcb->cwnd = tcb->ssthresh + DUPLICATE_THRESHOLD * tcb_eff_mss(tcb);
}

void tcp_duplicate_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	stack->counters.tcp_duplicate_acks++;
	if (tcb->duplicate_acks < UINT8_MAX)
		tcb->duplicate_acks++;
	switch (tcb->recovery) {
	case TCP_RECOVERY_FAST: /* RFC 5681 3.2, step 4: another one has left */
		tcb->cwnd += tcb_eff_mss(tcb);
		break;
	case TCP_RECOVERY_LOSS: /* echoes of what we send again */
		break;
	default:
		/* RFC 6582 3.2, step 2: not for the echoes of a recovery that is just over */
		if (tcb->duplicate_acks == DUPLICATE_THRESHOLD &&
		    seq_gt(tcb->snd_una, tcb->recover))
			enter_fast_recovery(stack, tcb, now_ns);
		break;
	}
	tcp_work_add(stack, tcb); /* limited transmit, or the inflated window, may allow more */
}

/* RFC 6582 3.2, step 3: the next hole; the window shrinks by what has left, plus one segment. */
static void partial_ack(struct stack *stack, struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	uint32_t mss = tcb_eff_mss(tcb);

	tcb->partial_ack_seen = true;
	tcp_retransmit_first(stack, tcb, TCP_RETRANSMIT_DUPLICATE_ACKS, now_ns);
	tcb->cwnd -= MIN(tcb->cwnd, acked);
	if (acked >= mss)
		tcb->cwnd += mss;
	tcb->cwnd = MAX(tcb->cwnd, mss);
}

void tcp_recovery_acked(struct stack *stack, struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	bool complete = seq_geq(tcb->snd_una, tcb->recover);

	/* Dragged along, or it would look like the future after half of the number space. */
	if (tcb->recovery == TCP_RECOVERY_NONE && seq_gt(tcb->snd_una, tcb->recover))
		tcb->recover = tcb->snd_una - 1;
	tcb->duplicate_acks = 0;
	switch (tcb->recovery) {
	case TCP_RECOVERY_FAST:
		if (!complete) {
			partial_ack(stack, tcb, acked, now_ns);
			return;
		}
		/* RFC 6582 3.2, step 3, (1): no burst */
		tcb->cwnd = MIN(tcb->ssthresh, MAX(tcb_flight(tcb), tcb_eff_mss(tcb)) +
						       tcb_eff_mss(tcb));
		break;
	default:
		tcp_congestion_acked(tcb, acked, now_ns);
		break;
	}
	if (complete)
		tcb->recovery = TCP_RECOVERY_NONE;
}

void tcp_recovery_timeout(struct tcb *tcb, uint64_t now_ns)
{
	/* RFC 5681 3.1: ssthresh is taken once per loss, not again when the time-out backs off */
	if (tcb->attempts <= 1)
		tcp_congestion_loss(tcb, tcb_flight(tcb), now_ns);
	tcp_congestion_timeout(tcb, now_ns);
	tcb->recovery = TCP_RECOVERY_LOSS;
	tcb->recover = tcb->snd_nxt; /* RFC 6582 3.2, step 4 */
	tcb->rtx_nxt = tcb->snd_una;
	tcp_rtt_cancel(tcb);
}

uint32_t tcp_congestion_room(const struct tcb *tcb)
{
	uint32_t out = tcb_flight(tcb);
	uint32_t wnd = tcb->cwnd;

	if (tcb->recovery == TCP_RECOVERY_LOSS)
		out -= tcb->recover - tcb->rtx_nxt; /* taken for lost, not sent again yet */
	else if (tcb->recovery == TCP_RECOVERY_NONE && tcb->duplicate_acks > 0)
		wnd += MIN(tcb->duplicate_acks, DUPLICATE_THRESHOLD - 1) * tcb_eff_mss(tcb);
	return wnd > out ? wnd - out : 0;
}
