/*
 * SPDX-License-Identifier: MIT
 *
 * RST both ways, and the defence of RFC 5961: a RST or SYN that is merely inside the window proves
 * nothing, so it is answered with a challenge ACK; the true peer then says exactly what it means.
 */
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/tcb.h"

const char *tcp_reset_reason_text(unsigned reason)
{
	switch (reason) {
	case TCP_RESET_NO_CONNECTION: return "no such connection";
	case TCP_RESET_BAD_ACK: return "it acknowledges what we never sent";
	case TCP_RESET_ABORTED: return "aborted by the application";
	case TCP_RESET_UNREAD_DATA: return "closed with unread data";
	case TCP_RESET_DATA_AFTER_CLOSE: return "data came after the application had closed";
	case TCP_RESET_LISTENER_CLOSED: return "the listening socket was closed";
	case TCP_RESET_ECN: return "its SYNs ask for two kinds of ECN";
	default: return "?";
	}
}

/* --- RST out --------------------------------------------------------------------------------- */

void tcp_reset_segment(struct stack *stack, const struct tcb *tcb, const struct tcp_segment *seg,
		       enum tcp_reset_reason reason)
{
	struct tcp_send send = {
		.flags = TCP_RST,
		.note = TCP_NOTE_RST,
		.sent_arg = tcp_reset_arg(reason, tcb != NULL ? tcb->id.number : 0),
	};
	uint32_t ack = 0;

	/* 3.10.7.1: a RST is never answered with one */
	if (seg->flags & TCP_RST)
		return;
	if (seg->flags & TCP_ACK) {
		send.seq = seg->ack; /* <SEQ=SEG.ACK><CTL=RST> */
	} else {
		send.flags |= TCP_ACK; /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
		ack = seg->seq + segment_len(seg);
	}
	(void)tcp_transmit_rst(stack, tcb, &seg->local, &seg->remote, &send, ack, seg->now_ns);
}

void tcp_reset_connection(struct stack *stack, struct tcb *tcb, enum tcp_reset_reason reason,
			  uint64_t now_ns)
{
	const struct tcp_send send = {
		.seq = tcb->snd.nxt,
		.flags = TCP_RST | TCP_ACK,
		.note = TCP_NOTE_RST,
		.sent_arg = tcp_reset_arg(reason, tcb->id.number),
	};

	(void)tcp_transmit_rst(stack, tcb, &tcb->id.local, &tcb->id.remote, &send, tcb->rcv.nxt,
			       now_ns);
}

/* RFC 9293 3.10.5 ABORT */
void tcp_abort_with(struct stack *stack, struct tcb *tcb, enum tcp_reset_reason reason,
		    uint64_t now_ns)
{
	switch (tcb->life.state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
		tcp_reset_connection(stack, tcb, reason, now_ns);
		break;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		if (!tcb_fin_sent(tcb)) /* CLOSE-WAIT to the RFC, until it is */
			tcp_reset_connection(stack, tcb, reason, now_ns);
		break;
	default: /* the peer knows nothing of us yet, or has said its last word */
		break;
	}
	tcp_end(stack, tcb, ERR_CONNABORTED);
}

/* --- RST in ---------------------------------------------------------------------------------- */

void tcp_rst_received(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		      const char *meaning)
{
	stack->counters.tcp_rst_in++;
	event_emit(stack->port->events, EVENT_TCP_RST_RCVD, tcb->id.number,
		   tcb->life.state == TCP_SYN_SENT ? 12 : 0, EV_ENDPOINT("src", tcb->id.remote),
		   EV_U64("tcp_seq", seg->seq),
		   EV_IF(seg->flags & TCP_ACK, EV_U64("tcp_ack", seg->ack)),
		   EV_STR("meaning", meaning));
}

/* RFC 9293 3.10.7.4, second: check the RST bit.  What lies outside the window was dropped
 * before. */
enum tcp_verdict tcp_check_rst(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_RST))
		return TCP_CONTINUE;
	/* RFC 5961 3.2: only the exact next number resets */
	if (seg->seq != tcb->rcv.nxt) {
		tcp_challenge_ack(stack, tcb, seg->now_ns);
		return TCP_DONE;
	}
	switch (tcb->life.state) {
	case TCP_SYN_RECEIVED: /* passive: back to LISTEN, which never left; active: refused */
		tcp_rst_received(stack, tcb, seg, "connection refused");
		tcp_end(stack, tcb, ERR_CONNREFUSED);
		break;
	case TCP_TIME_WAIT: /* RFC 1337: see time_wait.c */
		stack->counters.tcp_time_wait_rst++;
		break;
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		tcp_rst_received(stack, tcb, seg, "the peer has forgotten the connection");
		tcp_end(stack, tcb, tcb_fin_sent(tcb) ? ERR_OK : ERR_CONNRESET);
		break;
	default:
		tcp_rst_received(stack, tcb, seg, "connection reset");
		tcp_end(stack, tcb, ERR_CONNRESET);
		break;
	}
	return TCP_DONE;
}

/* RFC 9293 3.10.7.4, fourth: check the SYN bit. */
enum tcp_verdict tcp_check_syn(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (!(seg->flags & TCP_SYN))
		return TCP_CONTINUE;
	if (tcb->life.state == TCP_SYN_RECEIVED && tcb->life.passive) {
		tcp_end(stack, tcb, ERR_CONNABORTED); /* "return this connection to LISTEN" */
		return TCP_DONE;
	}
	/* RFC 5961 4.2: irrespective of the sequence number */
	tcp_challenge_ack(stack, tcb, seg->now_ns);
	return TCP_DONE;
}

/* --- challenge ACKs -------------------------------------------------------------------------- */

/* RFC 5961 7: per connection, some per second.  How many, and how long the second is, is drawn anew
 * each time: a fixed global count once told blind attackers which connections exist. */
static bool challenge_allowed(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (now_ns >= tcb->life.challenge_until_ns) {
		uint32_t ms = 500 + stack_random_below(stack, 1000);

		tcb->life.challenge_until_ns = now_ns + ms * NS_PER_MS;
		tcb->life.challenge_left = (uint8_t)(6 + stack_random_below(stack, 8));
	}
	if (tcb->life.challenge_left == 0)
		return false;
	tcb->life.challenge_left--;
	return true;
}

void tcp_challenge_ack(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (!challenge_allowed(stack, tcb, now_ns)) {
		stack->counters.tcp_challenge_limited++;
		return;
	}
	stack->counters.tcp_challenge_acks++;
	tcp_send_ack(stack, tcb, now_ns);
}
