/*
 * SPDX-License-Identifier: MIT
 *
 * Deciding what to send (RFC 9293 3.8.6.2.1 against silly windows, 3.7.4 Nagle, RFC 5681 congestion
 * window).  segment.c builds the segment.
 *
 * tcp_output() is called when something may have changed: an ACK came, the user wrote, a timer
 * fired. It sends segment after segment until nothing more may go, and then an ACK if one is still
 * due.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/rate.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

static void retry_soon(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (!tcp_timer_is_set(tcb, TCP_TIMER_DEVICE))
		tcp_timer_set(stack, tcb, TCP_TIMER_DEVICE, now_ns + TCP_DEVICE_RETRY_NS);
}

/* Sent, or lost on the way as packets are; false: there was no room for it, try again soon. */
static bool send_or_retry(struct stack *stack, struct tcb *tcb, const struct tcp_send *send,
			  uint64_t now_ns)
{
	int err = tcp_transmit(stack, tcb, send, now_ns);

	if (err != ERR_AGAIN && err != ERR_NOBUFS)
		return true;
	retry_soon(stack, tcb, now_ns);
	return false;
}

static void restart_retransmit_timer(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT,
		      tcp_within_user_timeout(tcb, now_ns + tcb->loss.rto_ns));
}

static void start_retransmit_timer(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (!tcp_timer_is_set(tcb, TCP_TIMER_RETRANSMIT)) /* RFC 6298 5.1 */
		restart_retransmit_timer(stack, tcb, now_ns);
}

/* --- new data -------------------------------------------------------------------------------- */

/* Bytes that the user gave and that were never sent: the RFC's D. */
static uint32_t unsent(const struct tcb *tcb)
{
	return tcb_fin_sent(tcb) ? 0 : tcb->snd.end - tcb->snd.nxt;
}

/* The usable window U = SND.UNA + SND.WND - SND.NXT; a window that shrank counts as none. */
static uint32_t usable_window(const struct tcb *tcb)
{
	int32_t u = seq_diff(tcb->snd.una + tcb->snd.wnd, tcb->snd.nxt);

	return u > 0 ? (uint32_t)u : 0;
}

/* 3.8.6.2.1, (1)-(3): is a segment of `len` bytes worth sending? */
static bool worth_sending(const struct tcb *tcb, uint32_t len)
{
	bool all = len == unsent(tcb);
	bool idle = tcb_flight(tcb) == 0;

	if (len >= tcb_eff_mss(tcb))
		return true;
	/* (2), with MUST-17: Nagle holds back a short last segment while something is out, unless
	 * the user has no more to add; the user may hold it back, too */
	if (all && !tcp_cork_holds(tcb) &&
	    (idle || tcb->snd.nodelay || tcb->snd.cork != 0 || tcb->snd.fin_queued ||
	     tcb_urgent_waits(tcb)))
		return len > 0 || (tcb->snd.fin_queued && !tcb_fin_sent(tcb));
	return idle && len > 0 && len >= tcb->snd.wnd_max / 2; /* (3), Fs = 1/2 */
}

/* Records for one more segment and a FIN, or not now: too many are out (an ACK will help), or no
 * memory. */
static bool reserve_records(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	bool no_memory;

	if (tcp_loss_reserve(stack, tcb, 2, SCOREBOARD_MAX, &no_memory))
		return true;
	if (no_memory) {
		stack->counters.tcp_no_memory++;
		retry_soon(stack, tcb, now_ns);
	}
	return false;
}

/* A FIN has a record of its own: the SACK block for the payload before it may or may not cover it. */
static void note_sent(struct scoreboard *sb, uint32_t seq, uint32_t len, bool fin, uint64_t now_ns)
{
	if (len > 0)
		scoreboard_sent(sb, seq, seq + len, now_ns);
	if (fin)
		scoreboard_sent(sb, seq + len, seq + len + 1, now_ns);
}

/* Sends the next `len` bytes (and the FIN, where it follows them and fits). */
static bool send_new(struct stack *stack, struct tcb *tcb, uint32_t len, uint64_t now_ns)
{
	bool last = len == unsent(tcb);
	bool fin = last && tcb->snd.fin_queued && !tcb_fin_sent(tcb) && usable_window(tcb) > len;
	struct tcp_send send = {
		.seq = tcb->snd.nxt,
		.data_len = len,
		.flags = (uint16_t)(TCP_ACK | (last && len > 0 ? TCP_PSH : 0) | (fin ? TCP_FIN : 0)),
		.note = fin ? TCP_NOTE_FIN : 0,
	};

	if (len == 0 && !fin)
		return false;
	if (!reserve_records(stack, tcb, now_ns) || !send_or_retry(stack, tcb, &send, now_ns))
		return false;
	if (tcb_flight(tcb) == 0)
		tcb->snd.progress_ns = now_ns;
	note_sent(tcb->loss.sent, tcb->snd.nxt, len, fin, now_ns);
	tcb->snd.nxt += len + fin;
	tcb->snd.bytes += len;
	tcp_recovery_sent(tcb, len + fin, false, now_ns);
	tcp_persist_stop(stack, tcb);
	start_retransmit_timer(stack, tcb, now_ns);
	return true;
}

/* RFC 7661 4.3, RFC 9438 5.8: the congestion window was used, and so it was for all that is out now
 * (congestion.c). */
static void window_was_used(struct tcb *tcb)
{
	tcp_congestion_window_used(tcb);
}

/* What the connection waits for once all is sent. */
static enum tcp_limit limit_when_sent(const struct tcb *tcb)
{
	if (tcb_flight(tcb) == 0)
		return TCP_LIMIT_NONE;
	return tcb->snd.buf_full && !tcb->cc.cwnd_limited ? TCP_LIMIT_SNDBUF : TCP_LIMIT_BUSY;
}

/* The window is for `len` of the `wanted` bytes, which are not worth a segment. */
static enum tcp_limit limit_by_window(const struct tcb *tcb, uint32_t wanted, uint32_t len)
{
	return len < wanted && tcp_congestion_room(tcb) > 0 ? TCP_LIMIT_RWND : TCP_LIMIT_BUSY;
}

static bool send_next_new(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint32_t wanted = MIN(unsent(tcb), tcb_eff_mss(tcb));
	uint32_t len;

	if (wanted == 0 && !tcb->snd.fin_queued) { /* as nearly always, at last */
		tcp_meter_set(tcb, limit_when_sent(tcb), now_ns);
		return false;
	}
	len = MIN(wanted, usable_window(tcb));
	if (!worth_sending(tcb, len)) {
		tcp_meter_set(tcb, limit_by_window(tcb, wanted, len), now_ns);
		return false;
	}
	if (tcp_congestion_room(tcb) < len) {
		window_was_used(tcb);
		tcp_meter_set(tcb, TCP_LIMIT_BUSY, now_ns);
		return false;
	}
	if (!send_new(stack, tcb, len, now_ns))
		return false;
	tcp_tlp_schedule(stack, tcb, now_ns);
	return true;
}

bool tcp_send_override(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint32_t len = MIN(MIN(unsent(tcb), usable_window(tcb)), tcb_eff_mss(tcb));

	return send_new(stack, tcb, len, now_ns);
}

/* --- again ----------------------------------------------------------------------------------- */

/* A segment that has become too large for the path is split; where there is no record for the rest
 * only the first part goes, and the rest waits to be noticed again. */
static void limit_to_mss(struct stack *stack, struct tcb *tcb, struct sent_segment **s)
{
	uint32_t seq = (*s)->seq, at = seq + tcb_eff_mss(tcb);
	bool no_memory;
	uint32_t i;

	if (seq_leq(seq_min((*s)->end, tcb->snd.end), at))
		return;
	if (!tcp_loss_reserve(stack, tcb, 1, SCOREBOARD_CUT_MAX, &no_memory)) {
		stack->counters.tcp_no_memory += no_memory;
		return;
	}
	i = scoreboard_find(tcb->loss.sent, seq, 0);
	scoreboard_cut(tcb->loss.sent, i, at);
	*s = scoreboard_at(tcb->loss.sent, i);
}

static enum tcp_retransmit_reason retransmit_reason(const struct tcb *tcb)
{
	switch (tcb->loss.recovery) {
	case TCP_RECOVERY_FAST:
		return tcb->agreed.sack ? TCP_RETRANSMIT_RACK : TCP_RETRANSMIT_DUPLICATE_ACKS;
	case TCP_RECOVERY_LOSS: return TCP_RETRANSMIT_TIMEOUT;
	default: return TCP_RETRANSMIT_PATH_MTU;
	}
}

static struct sent_segment *last_record(const struct tcb *tcb)
{
	return scoreboard_at(tcb->loss.sent, tcb->loss.sent->count - 1);
}

/* A FIN that the peer lacks; one that came before a hole is in its SACK block. */
static bool fin_is_missing(const struct tcb *tcb)
{
	return tcb_fin_sent(tcb) && !(last_record(tcb)->flags & SENT_SACKED);
}

/* The segment as it may be retransmitted now. */
static struct tcp_send retransmit_segment(const struct tcb *tcb, const struct sent_segment *s,
				     enum tcp_retransmit_reason reason)
{
	uint32_t len = MIN(seq_min(s->end, tcb->snd.end) - s->seq, tcb_eff_mss(tcb));
	bool last = s->seq + len == tcb->snd.end;
	uint8_t attempt = reason == TCP_RETRANSMIT_TIMEOUT ? tcb->snd.attempts : 1;

	return (struct tcp_send){
		.seq = s->seq,
		.data_len = len,
		.flags = (uint16_t)(TCP_ACK | (len > 0 && last ? TCP_PSH : 0) |
				   (last && fin_is_missing(tcb) ? TCP_FIN : 0)),
		.note = TCP_NOTE_RETRANSMIT,
		.sent_arg = tcp_retransmit_arg(MAX(attempt, 1), reason, tcb->loss.rto_ns),
	};
}

static bool retransmit_first(struct stack *stack, struct tcb *tcb, struct sent_segment *s,
		       enum tcp_retransmit_reason reason, uint64_t now_ns)
{
	struct tcp_send send;

	limit_to_mss(stack, tcb, &s);
	send = retransmit_segment(tcb, s, reason);
	if (!send_or_retry(stack, tcb, &send, now_ns))
		return false;
	tcb->snd.retransmits++;
	tcb->snd.bytes_retransmitted += send.data_len;
	scoreboard_retransmitted(tcb->loss.sent, s, now_ns);
	tcp_recovery_sent(tcb, sent_len(s), true, now_ns);
	if ((send.flags & TCP_FIN) && send.data_len > 0) /* it goes along */
		scoreboard_retransmitted(tcb->loss.sent, last_record(tcb), now_ns);
	/* RFC 6675 6: a recovery may last longer than a timeout, which is for this copy now;
	 * RFC 6582 4 leaves it running (the "impatient" variant) */
	if (tcb->agreed.sack && s->seq == tcb->snd.una)
		restart_retransmit_timer(stack, tcb, now_ns);
	start_retransmit_timer(stack, tcb, now_ns);
	return true;
}

/* Where the device has no room it is lost, and goes as soon as something may. */
void tcp_retransmit_first(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct sent_segment *s = scoreboard_at(tcb->loss.sent, 0);

	if (!(s->flags & SENT_LOST))
		scoreboard_mark_lost(tcb->loss.sent, s);
	(void)retransmit_first(stack, tcb, s, retransmit_reason(tcb), now_ns);
}

static bool send_next_lost(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct sent_segment *s = scoreboard_first_lost(tcb->loss.sent);

	if (tcp_congestion_room(tcb) < MIN(sent_len(s), tcb_eff_mss(tcb))) {
		window_was_used(tcb);
		return false;
	}
	return retransmit_first(stack, tcb, s, retransmit_reason(tcb), now_ns);
}

/* The last segment; not a FIN alone, which no SACK block can tell of: the payload before it takes it
 * along. */
static struct sent_segment *last_for_probe(const struct tcb *tcb)
{
	struct sent_segment *last = last_record(tcb);

	if (last->seq != tcb->snd.end || tcb->loss.sent->count == 1)
		return last;
	return scoreboard_at(tcb->loss.sent, tcb->loss.sent->count - 2);
}

bool tcp_send_tail_probe(struct stack *stack, struct tcb *tcb, bool *is_retransmission, uint64_t now_ns)
{
	uint32_t len = MIN(MIN(unsent(tcb), usable_window(tcb)), tcb_eff_mss(tcb));

	*is_retransmission = len == 0;
	if (len > 0)
		return send_new(stack, tcb, len, now_ns);
	return retransmit_first(stack, tcb, last_for_probe(tcb), TCP_RETRANSMIT_PROBE, now_ns);
}

/* --- the ladder ------------------------------------------------------------------------------ */

static bool send_one(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcp_has_lost(tcb) && !tcp_undo_holds_back(tcb))
		return send_next_lost(stack, tcb, now_ns);
	return send_next_new(stack, tcb, now_ns);
}

/* RFC 5681 4.1: after an idle time the old window says nothing about the network any more. */
static void check_idle(struct tcb *tcb, uint64_t now_ns)
{
	if (tcb_flight(tcb) == 0 && tcb->snd.last_sent_ns != 0 &&
	    now_ns - tcb->snd.last_sent_ns > tcb->loss.rto_ns)
		tcp_congestion_idle(tcb, now_ns);
}

/* One that has no room for another segment was used, whether or not more waits. */
static void check_limited(struct tcb *tcb)
{
	if (tcb->cc.cwnd < tcp_pipe(tcb) + tcb_eff_mss(tcb))
		window_was_used(tcb);
}

/* Bytes that wait and are no full segment, where the window has room for them. */
static uint32_t last_partial(const struct tcb *tcb)
{
	uint32_t len = unsent(tcb);

	return len < tcb_eff_mss(tcb) && len <= usable_window(tcb) ? len : 0;
}

/* All that may be sent now; true: something was. */
static bool send_all(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	bool sent = false;

	while (send_one(stack, tcb, now_ns))
		sent = true;
	return sent;
}

/* The same for an algorithm that takes samples and paces. */
static bool send_paced(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	bool sent = false;

	tcp_rate_settle(stack, tcb);
	while (!tcp_pacing_holds(stack, tcb, now_ns) && send_one(stack, tcb, now_ns))
		sent = true;
	tcp_rate_check_app_limited(tcb);
	return sent;
}

static void send_data(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	bool sent, held = false;

	check_idle(tcb, now_ns);
	sent = tcb->cc.rated ? send_paced(stack, tcb, now_ns) : send_all(stack, tcb, now_ns);
	/* RFC 5682 2.1, step 2b: without new data to send there is no second ACK to wait for */
	if (tcp_undo_holds_back(tcb) && tcp_pipe(tcb) == 0) {
		tcp_undo_stop_frto(tcb);
		sent |= tcb->cc.rated ? send_paced(stack, tcb, now_ns) : send_all(stack, tcb, now_ns);
	}
	if (sent)
		check_limited(tcb);
	if (tcb->snd.cork != 0)
		held = tcp_cork_sent(stack, tcb, last_partial(tcb), sent, now_ns);
	/* Something waits, nothing is out that could bring an ACK: only the window is to blame. */
	if (!held && tcb_flight(tcb) == 0 && !tcp_timer_is_set(tcb, TCP_TIMER_DEVICE) &&
	    !tcp_timer_is_set(tcb, TCP_TIMER_PACING) &&
	    (unsent(tcb) > 0 || (tcb->snd.fin_queued && !tcb_fin_sent(tcb))))
		tcp_persist_start(stack, tcb, now_ns);
}

void tcp_output(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	switch (tcb->life.state) {
	case TCP_CLOSED:
	case TCP_LISTEN:
	case TCP_SYN_SENT:
		return;
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		send_data(stack, tcb, now_ns);
		break;
	default: /* SYN-RECEIVED may not send yet; FIN-WAIT-2 and TIME-WAIT have sent it all */
		break;
	}
	if (tcb->rcv.ack_now)
		tcp_send_ack(stack, tcb, now_ns);
}

/* --- segments without data ------------------------------------------------------------------- */

void tcp_send_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	const struct tcp_send send = {.seq = tcb->snd.nxt, .flags = TCP_ACK};

	tcp_rcv_owe_ack(tcb); /* until it is sent */
	(void)send_or_retry(stack, tcb, &send, now_ns);
}

/* DEVIATION: RFC 9293 3.8.6.1 would send one byte beyond the window.  A segment without data from
 * before SND.UNA is unacceptable everywhere, so it brings back an ACK with the window all the same
 * (3.10.7.4, first), and nothing is ever sent that the peer did not allow. */
void tcp_send_window_probe(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	const struct tcp_send send = {.seq = tcb->snd.una - 1, .flags = TCP_ACK};

	(void)tcp_transmit(stack, tcb, &send, now_ns);
}

void tcp_send_syn(struct stack *stack, struct tcb *tcb, enum tcp_retransmit_reason reason,
		  uint64_t now_ns)
{
	bool answer = tcb->life.state == TCP_SYN_RECEIVED;
	bool again = reason != TCP_RETRANSMIT_NONE;
	const struct tcp_send send = {
		.seq = tcb->snd.iss,
		.flags = (uint16_t)(TCP_SYN | (answer ? TCP_ACK : 0)),
		.note = (uint8_t)(TCP_NOTE_STEP | (again ? TCP_NOTE_RETRANSMIT : 0)),
		.sent_arg = tcp_retransmit_arg(MAX(tcb->snd.attempts, 1), reason, tcb->loss.rto_ns),
	};

	if (tcb->snd.nxt == tcb->snd.iss) { /* the first one */
		tcb->snd.nxt = tcb->snd.iss + 1;
		tcp_rtt_start(tcb, now_ns);
	} else if (again) {
		tcp_rtt_cancel(tcb); /* Karn */
		tcb->snd.retransmits++;
	}
	start_retransmit_timer(stack, tcb, now_ns);
	/* A device without room loses it, as a network may; the timeout repairs both.  its completion
	 * takes the mark back, at once where the neighbour is known. */
	tcb->snd.syn_waits = true;
	if (tcp_transmit(stack, tcb, &send, now_ns) != ERR_OK)
		tcb->snd.syn_waits = false;
}
