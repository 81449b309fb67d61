/*
 * SPDX-License-Identifier: MIT
 *
 * Signs that nothing of ours reaches the peer, or nothing of the peer's us: the neighbour on the way may
 * have changed its link address without a word, or be another one's victim.  IP is notified of them (RFC
 * 1122 3.3.1.4), and the neighbour is asked (net/link/neigh.h, which also says how often).  A request of ours
 * also puts our own address right in the neighbour's cache.
 *
 *   - three segments in a row of what we have acknowledged: our acknowledgements do not arrive
 *   - three seconds without a segment from a peer that owes us one: an acknowledgement (seen when a
 *     timer sends something again), or the payload that the user of a connection of our own is waiting
 *     to read (the one sign that needs a timer; it re-checks after twice the time)
 *
 * A connection that a listener made does not ask for payload: its peer may be silent as long as it likes.
 */
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/segment.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define OLD_SEGMENTS 3u
#define SILENCE_NS (3 * NS_PER_S)

static void doubt(struct stack *stack, const struct tcb *tcb, uint64_t now_ns)
{
	ip_negative_advice(stack, &tcb->id.remote.addr, now_ns);
}

void tcp_reachability_old_segment(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (segment_len(seg) == 0 || seq_geq(seg->seq, tcb->rcv.nxt))
		return;
	if (tcb->life.old_segments_at != tcb->rcv.nxt)
		tcb->life.old_segments = 0;
	tcb->life.old_segments_at = tcb->rcv.nxt;
	if (++tcb->life.old_segments < OLD_SEGMENTS)
		return;
	tcb->life.old_segments = 0;
	doubt(stack, tcb, seg->now_ns);
}

void tcp_reachability_silence(struct stack *stack, const struct tcb *tcb, uint64_t now_ns)
{
	if (now_ns - MAX(tcb->life.last_received_ns, tcb->snd.progress_ns) >= SILENCE_NS)
		doubt(stack, tcb, now_ns);
}

static bool may_carry_payload(const struct tcb *tcb)
{
	return tcb->life.state == TCP_ESTABLISHED || tcb->life.state == TCP_FIN_WAIT_1 ||
	       tcb->life.state == TCP_FIN_WAIT_2;
}

void tcp_reachability_reader_waits(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->life.passive || !may_carry_payload(tcb))
		return;
	tcb->life.reader_waits = true;
	if (!tcp_timer_is_set(tcb, TCP_TIMER_REACHABILITY))
		tcp_timer_set(stack, tcb, TCP_TIMER_REACHABILITY, now_ns + SILENCE_NS);
}

/* Set once and not moved by each segment: it finds out how long the silence has been. */
void tcp_reachability_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint64_t silence_ns = now_ns - tcb->life.last_received_ns;

	if (!tcb->life.reader_waits || !may_carry_payload(tcb))
		return;
	if (silence_ns >= SILENCE_NS)
		doubt(stack, tcb, now_ns);
	tcp_timer_set(stack, tcb, TCP_TIMER_REACHABILITY,
		      silence_ns >= SILENCE_NS ? now_ns + silence_ns : tcb->life.last_received_ns +
			SILENCE_NS);
}
