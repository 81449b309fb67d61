/*
 * SPDX-License-Identifier: MIT
 *
 * Tail loss probe (RFC 8985 7): when the last segments of a flight are lost nothing comes back that
 * could tell.  After two round trips of silence one more segment is sent; its SACK lets RACK find
 * the rest, which costs a round trip instead of a timeout.
 *
 * DEVIATION: RFC 8985 7.2 lets a probe that would come no earlier than the timeout take its place;
 * here the timeout comes, which sends the same segment at the same time.  That is so for a flight
 * of one segment, whose ACK the peer may delay.
 */
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define MAX_ACK_DELAY_NS (200 * NS_PER_MS) /* RFC 8985 7.2: TLP.max_ack_delay */
#define PROBE_WITHOUT_RTT_NS NS_PER_S      /* RFC 8985 7.2: no SRTT yet */
#define PROBE_MIN_NS (10 * NS_PER_MS)      /* a host that is busy is not a loss */

static uint64_t probe_time_out(const struct tcb *tcb)
{
	uint64_t ns = tcb->loss.srtt_ns == 0 ? PROBE_WITHOUT_RTT_NS : 2 * tcb->loss.srtt_ns;

	ns = MAX(ns, PROBE_MIN_NS);
	if (tcb->loss.sent->count == 1)
		ns += MAX_ACK_DELAY_NS;
	return ns;
}

/* 7.2, and one probe at a time (7.3). */
static bool may_probe(const struct tcb *tcb)
{
	return tcb->agreed.sack && tcb->loss.recovery == TCP_RECOVERY_NONE && !tcb->loss.tlp.open &&
	       tcb->loss.sent != NULL && tcb->loss.sent->count > 0 && tcb->loss.sent->n_sacked ==
		0 &&
	       tcb->loss.sent->lost.first == SCOREBOARD_NONE;
}

void tcp_tlp_schedule(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (may_probe(tcb)) {
		uint64_t deadline_ns = now_ns + probe_time_out(tcb);

		if (deadline_ns < tcb->timers.deadline_ns[TCP_TIMER_RETRANSMIT]) {
			tcp_timer_set(stack, tcb, TCP_TIMER_PROBE, deadline_ns);
			return;
		}
	}
	if (tcp_timer_is_set(tcb, TCP_TIMER_PROBE))
		tcp_timer_clear(stack, tcb, TCP_TIMER_PROBE);
}

/* 7.3 */
void tcp_tlp_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	bool is_retransmission;

	if (!may_probe(tcb) || !tcp_send_tail_probe(stack, tcb, &is_retransmission, now_ns))
		return; /* the timeout is still there */
	stack->counters.tcp_tail_probes++;
	tcb->loss.tlp = (struct tcp_tlp){.end = tcb->snd.nxt, .open = true, .is_retransmission = is_retransmission};
	tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT,
		      tcp_within_user_timeout(tcb, now_ns + tcb->loss.rto_ns));
}

/* 7.4.2 */
bool tcp_tlp_acked(struct tcb *tcb, const struct tcp_segment *seg, const struct tcp_ack_info *ack_info,
		   bool duplicate)
{
	struct tcp_tlp *tlp = &tcb->loss.tlp;

	if (!tlp->open || seq_lt(seg->ack, tlp->end))
		return false;
	if (!tlp->is_retransmission || (ack_info->has_dsack && ack_info->dsack.end == tlp->end)) {
		tlp->open = false; /* new data got through, or both copies did */
	} else if (seq_gt(seg->ack, tlp->end)) {
		tlp->open = false; /* more than the probe, and no word of two copies: it repaired */
		return true;
	} else if (duplicate && !ack_info->has_sack && !ack_info->has_dsack) {
		tlp->open = false; /* the second copy, at a peer without D-SACK */
	}
	return false;
}
