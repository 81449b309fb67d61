/*
 * SPDX-License-Identifier: MIT
 *
 * Fast retransmit and fast recovery where the peer has no SACK: three duplicate ACKs (RFC 5681 3.2),
 * NewReno's partial ACKs (RFC 6582), and limited transmit (RFC 3042), which is in
 * tcp_congestion_room().
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define DUPLICATE_THRESHOLD 3 /* RFC 5681 3.2 */

static void enter(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcp_recovery_enter(stack, tcb, tcb_flight(tcb), now_ns);
	tcb->loss.partial_ack_seen = false;
	tcp_retransmit_first(stack, tcb, now_ns);
	tcp_window_begin_inflation(tcb, DUPLICATE_THRESHOLD);
}

void tcp_duplicates_one(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	switch (tcb->loss.recovery) {
	case TCP_RECOVERY_FAST: /* RFC 5681 3.2, step 4: another one has left */
		tcp_window_inflate(tcb);
		break;
	case TCP_RECOVERY_LOSS: /* echoes of what we send again */
		break;
	default:
		/* RFC 6582 3.2, step 2: not for the echoes of a recovery that is just over */
		if (tcb->loss.duplicate_acks == DUPLICATE_THRESHOLD &&
		    seq_gt(tcb->snd.una, tcb->loss.recover))
			enter(stack, tcb, now_ns);
		break;
	}
}

/* RFC 6582 3.2, step 3: the next hole; the window shrinks by what has left, plus one segment. */
void tcp_duplicates_partial(struct stack *stack, struct tcb *tcb, uint32_t acked, uint64_t now_ns)
{
	tcb->loss.partial_ack_seen = true;
	tcp_retransmit_first(stack, tcb, now_ns);
	tcp_window_partial_ack(tcb, acked);
}
