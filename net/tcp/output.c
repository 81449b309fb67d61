/*
 * Deciding what to send (RFC 9293 3.8.6.2.1 against silly windows, 3.7.4 Nagle, RFC 5681 congestion
 * window).  Building a segment is segment.c's matter.
 *
 * tcp_output() is called when something may have changed: an ACK came, the user wrote, a timer
 * fired. It sends segment after segment until nothing more may go, and then an ACK if one is still
 * due.
 */
#include "net/tcp/internal.h"

/* Sent, or lost on the way as packets are; false: there was no room for it, try again soon. */
static bool send_or_retry(struct stack *stack, struct tcb *tcb, const struct tcp_send *send,
			  uint64_t now_ns)
{
	int err = tcp_transmit(stack, tcb, send, now_ns);

	if (err != ERR_AGAIN && err != ERR_NOBUFS)
		return true;
	if (!tcp_timer_is_set(tcb, TCP_TIMER_DEVICE))
		tcp_timer_set(stack, tcb, TCP_TIMER_DEVICE, now_ns + TCP_DEVICE_RETRY_NS);
	return false;
}

static void start_retransmit_timer(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (!tcp_timer_is_set(tcb, TCP_TIMER_RETRANSMIT)) /* RFC 6298 5.1 */
		tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT, now_ns + tcb->rto_ns);
}

/* --- new data -------------------------------------------------------------------------------- */

/* Bytes that the user gave and that were never sent: the RFC's D. */
static uint32_t unsent(const struct tcb *tcb)
{
	return tcb_fin_sent(tcb) ? 0 : tcb->snd_end - tcb->snd_nxt;
}

/* The usable window U = SND.UNA + SND.WND - SND.NXT; a window that shrank counts as none. */
static uint32_t usable_window(const struct tcb *tcb)
{
	int32_t u = seq_diff(tcb->snd_una + tcb->snd_wnd, tcb->snd_nxt);

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
	 * the user has no more to add */
	if (all && (idle || tcb->nodelay || tcb->fin_queued || tcb_urgent_waits(tcb)))
		return len > 0 || (tcb->fin_queued && !tcb_fin_sent(tcb));
	return idle && len > 0 && len >= tcb->snd_wnd_max / 2; /* (3), Fs = 1/2 */
}

/* Sends the next `len` bytes (and the FIN, where it follows them and fits). */
static bool send_new(struct stack *stack, struct tcb *tcb, uint32_t len, uint64_t now_ns)
{
	bool last = len == unsent(tcb);
	bool fin = last && tcb->fin_queued && !tcb_fin_sent(tcb) && usable_window(tcb) > len;
	struct tcp_send send = {
		.seq = tcb->snd_nxt,
		.data_len = len,
		.flags = (uint8_t)(TCP_ACK | (last && len > 0 ? TCP_PSH : 0) | (fin ? TCP_FIN : 0)),
		.note = fin ? TCP_NOTE_FIN : 0,
	};

	if (len == 0 && !fin)
		return false;
	if (!send_or_retry(stack, tcb, &send, now_ns))
		return false;
	if (tcb_flight(tcb) == 0)
		tcb->progress_ns = now_ns;
	tcp_rtt_start(tcb, tcb->snd_nxt, now_ns);
	tcb->snd_nxt += len + fin;
	tcb->bytes_sent += len;
	tcp_persist_stop(stack, tcb);
	start_retransmit_timer(stack, tcb, now_ns);
	return true;
}

static bool send_next_new(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint32_t len = MIN(MIN(unsent(tcb), usable_window(tcb)), tcb_eff_mss(tcb));

	if (!worth_sending(tcb, len))
		return false;
	if (tcp_congestion_room(tcb) < len) {
		tcb->cwnd_limited = true;
		return false;
	}
	return send_new(stack, tcb, len, now_ns);
}

bool tcp_send_override(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint32_t len = MIN(MIN(unsent(tcb), usable_window(tcb)), tcb_eff_mss(tcb));

	return send_new(stack, tcb, len, now_ns);
}

/* --- again ----------------------------------------------------------------------------------- */

/* The segment that starts at `seq`, up to `end`, as it may be sent again now. */
static struct tcp_send segment_again(const struct tcb *tcb, uint32_t seq, uint32_t end)
{
	uint32_t data_end = seq_min(end, tcb->snd_end);
	uint32_t len = MIN(data_end - seq, tcb_eff_mss(tcb));
	bool fin = seq + len == tcb->snd_end && tcb_fin_sent(tcb);

	return (struct tcp_send){
		.seq = seq,
		.data_len = len,
		.flags = (uint8_t)(TCP_ACK | (len > 0 && seq + len == tcb->snd_end ? TCP_PSH : 0) |
				   (fin ? TCP_FIN : 0)),
		.note = TCP_NOTE_RETRANSMIT,
	};
}

static bool send_again(struct stack *stack, struct tcb *tcb, struct tcp_send *send,
		       enum tcp_retransmit_reason reason, uint64_t now_ns)
{
	uint8_t attempt = reason == TCP_RETRANSMIT_TIMEOUT ? tcb->attempts : 1;

	send->note_arg = tcp_retransmit_arg(MAX(attempt, 1), reason, tcb->rto_ns);
	return send_or_retry(stack, tcb, send, now_ns);
}

void tcp_retransmit_first(struct stack *stack, struct tcb *tcb, enum tcp_retransmit_reason reason,
			  uint64_t now_ns)
{
	struct tcp_send send = segment_again(tcb, tcb->snd_una, tcb->snd_nxt);

	if (send_again(stack, tcb, &send, reason, now_ns))
		tcb->retransmits++;
}

/* After a time-out: everything up to `recover` goes again, as slow start allows. */
static bool send_next_lost(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_send send = segment_again(tcb, tcb->rtx_nxt, tcb->recover);

	if (tcp_congestion_room(tcb) < send.data_len) {
		tcb->cwnd_limited = true;
		return false;
	}
	if (!send_again(stack, tcb, &send, TCP_RETRANSMIT_TIMEOUT, now_ns))
		return false;
	tcb->retransmits++;
	tcb->rtx_nxt += send.data_len + !!(send.flags & TCP_FIN);
	return true;
}

/* --- the ladder ------------------------------------------------------------------------------ */

static bool send_one(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->recovery == TCP_RECOVERY_LOSS && seq_lt(tcb->rtx_nxt, tcb->recover))
		return send_next_lost(stack, tcb, now_ns);
	return send_next_new(stack, tcb, now_ns);
}

/* RFC 5681 4.1: after an idle time the old window says nothing about the network any more. */
static void check_idle(struct tcb *tcb, uint64_t now_ns)
{
	if (tcb_flight(tcb) == 0 && tcb->last_sent_ns != 0 &&
	    now_ns - tcb->last_sent_ns > tcb->rto_ns)
		tcp_congestion_idle(tcb, now_ns);
}

static void send_data(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	check_idle(tcb, now_ns);
	tcb->cwnd_limited = false;
	while (send_one(stack, tcb, now_ns))
		;
	/* Something waits, nothing is out that could bring an ACK: only the window is to blame. */
	if (tcb_flight(tcb) == 0 && !tcp_timer_is_set(tcb, TCP_TIMER_DEVICE) &&
	    (unsent(tcb) > 0 || (tcb->fin_queued && !tcb_fin_sent(tcb))))
		tcp_persist_start(stack, tcb, now_ns);
}

void tcp_output(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	switch (tcb->state) {
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
	if (tcb->ack_now)
		tcp_send_ack(stack, tcb, now_ns);
}

/* --- segments without data ------------------------------------------------------------------- */

void tcp_send_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	const struct tcp_send send = {.seq = tcb->snd_nxt, .flags = TCP_ACK};

	tcb->ack_now = true; /* until it is sent */
	(void)send_or_retry(stack, tcb, &send, now_ns);
}

/* DEVIATION: RFC 9293 3.8.6.1 would send one byte beyond the window.  A segment without data from
 * before SND.UNA is unacceptable everywhere, so it brings back an ACK with the window all the same
 * (3.10.7.4, first), and nothing is ever sent that the peer did not allow. */
void tcp_send_window_probe(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	const struct tcp_send send = {.seq = tcb->snd_una - 1, .flags = TCP_ACK};

	(void)tcp_transmit(stack, tcb, &send, now_ns);
}

void tcp_send_syn(struct stack *stack, struct tcb *tcb, enum tcp_retransmit_reason reason,
		  uint64_t now_ns)
{
	bool answer = tcb->state == TCP_SYN_RECEIVED;
	bool again = reason != TCP_RETRANSMIT_NONE;
	const struct tcp_send send = {
		.seq = tcb->iss,
		.flags = (uint8_t)(TCP_SYN | (answer ? TCP_ACK : 0)),
		.note = (uint8_t)(TCP_NOTE_STEP | (again ? TCP_NOTE_RETRANSMIT : 0)),
		.note_arg = tcp_retransmit_arg(MAX(tcb->attempts, 1), reason, tcb->rto_ns),
	};

	if (tcb->snd_nxt == tcb->iss) { /* the first one */
		tcb->snd_nxt = tcb->iss + 1;
		tcb->syn_sent_ns = now_ns;
		tcp_rtt_start(tcb, tcb->iss, now_ns);
	} else if (again) {
		tcp_rtt_cancel(tcb); /* Karn */
		tcb->retransmits++;
	}
	start_retransmit_timer(stack, tcb, now_ns);
	/* A device without room loses it, as a network may; the time-out repairs both.  tcp_frame_sent()
	 * takes the mark back, at once where the neighbour is known. */
	tcb->syn_waits = true;
	if (tcp_transmit(stack, tcb, &send, now_ns) != ERR_OK)
		tcb->syn_waits = false;
}
