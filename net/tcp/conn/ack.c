/*
 * SPDX-License-Identifier: MIT
 *
 * RFC 9293 3.10.7.4, fifth: check the ACK field.  What the peer has acknowledged leaves the send
 * buffer, the send window follows the peer's, and the closing states move on.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/steps.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/pmtu.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

/* Bytes of the send buffer end at snd.end; SYN and FIN take numbers but no memory. */
static void release_acked_bytes(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint32_t data_una = seq_min(tcb->snd.una, tcb->snd.end);

	if (tcb->snd.buf == NULL)
		return;
	send_buffer_acked(tcb->snd.buf, seq_max(data_una, tcb->snd.buf->start_seq));
	if (data_una == tcb->snd.end && !tcp_timer_is_set(tcb, TCP_TIMER_BUFFER))
		tcp_timer_set(stack, tcb, TCP_TIMER_BUFFER, now_ns + TCP_BUFFER_KEEP_NS);
}

void tcp_advance_una(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		     uint64_t rtt_ns)
{
	bool impatient = !tcb->agreed.sack && tcb->loss.recovery == TCP_RECOVERY_FAST &&
			 tcb->loss.partial_ack_seen && seq_lt(seg->ack, tcb->loss.recover);

	tcp_rtt_acked(tcb, seg, rtt_ns);
	tcp_snd_acked(tcb, seg->ack, seg->now_ns);
	release_acked_bytes(stack, tcb, seg->now_ns);
	tcp_pmtu_acked(stack, tcb, seg->now_ns);
	/* RFC 6298 5.2, 5.3; RFC 6582 3.2, step 3: only the first partial ACK restarts it */
	if (tcb->snd.una == tcb->snd.nxt) {
		tcp_timer_clear(stack, tcb, TCP_TIMER_RETRANSMIT);
		tcp_meter_set(tcb, TCP_LIMIT_NONE, seg->now_ns); /* unless output.c knows better */
	} else if (!impatient) {
		tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT,
			      tcp_within_user_timeout(tcb, seg->now_ns + tcb->loss.rto_ns));
	}
}

/* "SND.WND should be updated" unless the segment is older than the one the window came from.  An
 * old one may acknowledge new data all the same; SND.WND counts from SND.UNA, so it must then
 * shrink by as much, or the right edge would move to where the peer never said. */
static void update_send_window(struct tcb *tcb, const struct tcp_segment *seg)
{
	if (seq_lt(seg->seq, tcb->snd.wl1) ||
	    (seg->seq == tcb->snd.wl1 && seq_lt(seg->ack, tcb->snd.wl2))) {
		tcp_snd_window_shrinks(tcb, seg->ack - tcb->snd.una);
		return;
	}
	tcp_snd_window(tcb, seg->wnd, seg->seq, seg->ack);
}

/* RFC 5681 2: what counts as a duplicate acknowledgement; asked before the window is updated. */
static bool is_duplicate(const struct tcb *tcb, const struct tcp_segment *seg)
{
	return tcb_flight(tcb) > 0 && seg->data_len == 0 && !(seg->flags & TCP_FIN) &&
	       seg->ack == tcb->snd.una && seg->wnd == tcb->snd.wnd;
}

/* --- SYN-RECEIVED ---------------------------------------------------------------------------- */

static enum tcp_verdict ack_in_syn_received(struct stack *stack, struct tcb *tcb,
					    struct tcp_segment *seg)
{
	if (seq_leq(seg->ack, tcb->snd.una) || seq_gt(seg->ack, tcb->snd.nxt)) {
		tcp_reset_segment(stack, tcb, seg, TCP_RESET_BAD_ACK);
		return TCP_DONE;
	}
	if (tcb->life.passive && tcp_accept_is_full(tcb->places.listener)) {
		stack->counters.tcp_accept_overflows++; /* our SYN-ACK asks again later */
		return TCP_DONE;
	}
	tcp_note_timestamp(tcb, seg);
	tcp_become_established(stack, tcb, seg);
	tcp_accurate_third_ack(stack, tcb, seg);
	if (tcb->life.passive) {
		tcp_listen_established(tcb);
	} else {
		tcp_log_established(stack, tcb, "simultaneous open, ACK acknowledges our SYN");
		tcp_notify_user(stack, tcb, seg->now_ns);
	}
	if (tcb->rcv.reassembly != NULL) { /* what came with the SYN: RCV.NXT moves */
		tcp_deliver_queued(stack, tcb, seg->now_ns);
		if (seq_lt(seg->seq, tcb->rcv.nxt))
			tcp_trim_front(seg, tcb->rcv.nxt - seg->seq);
	}
	/* 3.10.4, SYN-RECEIVED: a CLOSE was queued until now */
	if (tcb->snd.fin_queued)
		tcp_set_state(stack, tcb, TCP_FIN_WAIT_1);
	tcp_work_add(stack, tcb);
	return TCP_CONTINUE;
}

/* --- the closing states ---------------------------------------------------------------------- */

static enum tcp_verdict fin_acknowledged(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	switch (tcb->life.state) {
	case TCP_FIN_WAIT_1:
		tcp_set_state(stack, tcb, TCP_FIN_WAIT_2);
		if (!tcb->life.owned)
			tcp_timer_set(stack, tcb, TCP_TIMER_CLOSE, now_ns + TCP_FIN_WAIT_2_NS);
		return TCP_CONTINUE;
	case TCP_CLOSING:
		tcp_enter_time_wait(stack, tcb, now_ns);
		return TCP_CONTINUE;
	case TCP_LAST_ACK:
		tcp_end(stack, tcb, ERR_OK);
		return TCP_DONE;
	default:
		return TCP_CONTINUE;
	}
}

/* --- all synchronized states ----------------------------------------------------------------- */

/* RFC 5961 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT, or a blind attacker could inject payload
 * with any ACK in half of the number space.  "If the ACK acks something not yet sent, then send an
 * ACK, drop the segment". */
static bool ack_is_plausible(const struct tcb *tcb, uint32_t ack)
{
	return seq_leq(ack, tcb->snd.nxt) && seq_geq(ack, tcb->snd.una - tcb->snd.wnd_max);
}

static void process_ack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		     bool duplicate)
{
	struct tcp_ack_info ack_info;

	if (seq_leq(seg->ack, tcb->snd.una) && !duplicate &&
	    (seg->opt.n_sack == 0 || !tcb->agreed.sack))
		return; /* it is about something else */
	tcp_sack_process(stack, tcb, seg, &ack_info);
	tcp_loss_delivered(tcb, ack_info.segments);
	if (tcb->cc.ecn == TCP_ECN_ACCURATE)
		tcp_accurate_feedback(stack, tcb, seg, &ack_info);
	else if (tcb->cc.ece_received)
		tcp_congestion_delivered_marked(tcb, ack_info.segments);
	if (seq_gt(seg->ack, tcb->snd.una))
		tcp_advance_una(stack, tcb, seg, ack_info.rtt_ns);
	tcp_recovery_acked(stack, tcb, seg, &ack_info, duplicate);
}

/* More may be sent now. */
static void want_output(struct stack *stack, struct tcb *tcb)
{
	if (tcb->snd.nxt != tcb->snd.end || tcb->snd.fin_queued ||
	    tcb->loss.recovery != TCP_RECOVERY_NONE || tcp_has_lost(tcb))
		tcp_work_add(stack, tcb);
}

/* An acceptable ACK that is not older than SND.UNA: what it says besides. */
static void follow_peer(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	update_send_window(tcb, seg);
	/* 3.8.6.1, MUST-37: an answer to a window probe, or to what the window was closed over; a
	 * timeout that the user chose means progress of the payload */
	if ((tcb_flight(tcb) == 0 || seg->wnd == 0) && tcb->life.owned &&
	    tcb->chosen.user_timeout_ms == 0)
		tcp_snd_progress(tcb, seg->now_ns);
	tcp_ecn_check_ack(stack, tcb, seg);
}

enum tcp_verdict tcp_check_ack(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	bool fin_was_acked = tcb_fin_acked(tcb);
	bool duplicate, old;

	if (!(seg->flags & TCP_ACK))
		return TCP_DONE; /* "if the ACK bit is off, drop the segment and return" */
	if (tcb->life.state == TCP_SYN_RECEIVED)
		return ack_in_syn_received(stack, tcb, seg);
	if (!ack_is_plausible(tcb, seg->ack)) {
		tcp_challenge_ack(stack, tcb, seg->now_ns);
		return TCP_DONE;
	}
	tcp_note_timestamp(tcb, seg);
	tcp_peer_answered(tcb, seg->now_ns);
	/* "If the ACK is a duplicate, it can be ignored": all but its blocks, which may not be repeated
	 * where it was overtaken (RFC 6675 5: "upon the receipt of any ACK containing SACK
	 * information"); SND.UNA and SND.WND stay */
	old = seq_lt(seg->ack, tcb->snd.una);
	duplicate = !old && is_duplicate(tcb, seg);
	if (!old)
		follow_peer(stack, tcb, seg);
	process_ack(stack, tcb, seg, duplicate);
	want_output(stack, tcb);
	if (!tcb_fin_acked(tcb) || fin_was_acked)
		return TCP_CONTINUE;
	event_emit(stack->port->events, EVENT_TCP_FIN_ACKED, tcb->id.number, 0, EV_NONE);
	return fin_acknowledged(stack, tcb, seg->now_ns);
}
