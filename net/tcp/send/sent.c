/*
 * SPDX-License-Identifier: MIT
 *
 * A device has taken a segment of ours: only now may the log say that something was sent.  What it
 * says is read from the packet itself, so it cannot say what the wire does not carry.
 *
 * A segment may have waited for ARP, and its connection may be over: a connection that leaves the table
 * is unlinked from its packets (ip_unlink_owner()), and their completions are called without it.
 */
#include "net/tcp/conn/header_event.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/send/output.h"
#include "net/tcp/tcb.h"

#include "net/checksum.h"

static const char *reason_text(unsigned reason)
{
	switch (reason) {
	case TCP_RETRANSMIT_TIMEOUT: return "time-out";
	case TCP_RETRANSMIT_SYN_AGAIN: return "the peer's SYN again";
	case TCP_RETRANSMIT_RACK: return "SACK of a later one";
	case TCP_RETRANSMIT_PROBE: return "silence, as a probe";
	case TCP_RETRANSMIT_PATH_MTU: return "a smaller path MTU";
	default: return "three duplicate ACKs";
	}
}

static void emit_retransmit(struct stack *stack, const struct tcb *tcb,
			    const struct tcp_header_view *view, uint32_t payload_len, uint32_t arg)
{
	bool syn = view->h.flags & TCP_SYN;
	char flags[40];

	tcp_flags_text(flags, sizeof(flags), view->h.flags);
	event_emit(stack->port->events, EVENT_TCP_RETRANSMIT, tcb->id.number,
		   !syn ? 0 : tcb->life.passive ? 12 : 8, EV_STR("flags", flags),
		   EV_U64("tcp_seq", view->h.seq), EV_U64("payload_len", payload_len),
		   EV_U64("attempt", arg >> 24),
		   EV_STR("reason", reason_text(arg >> 16 & 0xff)),
		   EV_U64("rto_ms", arg & 0xffff));
}

/* The clock of a SYN's round trip starts when it leaves, not when it began to wait for ARP. */
static void syn_has_left(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcp_rtt_syn_left(tcb, now_ns);
	if (tcp_timer_is_set(tcb, TCP_TIMER_RETRANSMIT))
		tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT,
			      tcp_within_user_timeout(tcb, now_ns + tcb->loss.rto_ns));
}

/* True when this frame is one of the sixteen steps, for the first time. */
static bool emit_step(struct stack *stack, struct tcb *tcb, const struct tcp_header_view *view,
		      uint64_t now_ns)
{
	bool syn = view->h.flags & TCP_SYN;
	bool ack = view->h.flags & TCP_ACK;

	if (syn && !ack && tcb->life.last_step < 8) {
		syn_has_left(stack, tcb, now_ns);
		tcp_step(tcb, 8);
		tcp_emit_header(stack, EVENT_TCP_SYN_SENT, tcb->id.number, view);
	} else if (syn && ack && tcb->life.passive && tcb->life.last_step < 12) {
		syn_has_left(stack, tcb, now_ns);
		tcp_step(tcb, 12);
		tcp_emit_header(stack, EVENT_SRV_SYNACK_SENT, tcb->id.number, view);
	} else if (!syn && ack && tcb->life.last_step == 13) {
		tcp_step(tcb, 14);
		tcp_emit_header(stack, EVENT_TCP_ACK_SENT, tcb->id.number, view);
	} else {
		return false;
	}
	return true;
}

/* Strangers who scan ports shall not fill the log: beyond ten at once, one in 100 ms is logged. */
#define STRANGER_INTERVAL_NS (100 * NS_PER_MS)
#define STRANGER_BURST 10

static void emit_reset(struct stack *stack, const struct pktbuf *pkt,
		       const struct tcp_header_view *view, uint64_t now_ns)
{
	const struct net_endpoint dst = {.addr = ip_destination(pkt), .port = view->h.dst_port};
	uint32_t arg = pkt->sent_arg, conn = arg & 0xffffff;

	if (conn == 0 && !rate_take(&stack->rst_event_limit, STRANGER_INTERVAL_NS, STRANGER_BURST,
				    now_ns))
		return;
	event_emit(stack->port->events, EVENT_TCP_RST_SENT, conn, 0,
		   EV_ENDPOINT("dst", dst), EV_U64("tcp_seq", view->h.seq),
		   EV_STR("reason", tcp_reset_reason_text(arg >> 24)));
}

static void emit_sent(struct stack *stack, struct tcb *tcb, const struct pktbuf *pkt,
		      const struct tcp_header_view *view, uint64_t now_ns)
{
	size_t l4_at = (size_t)(pkt->head + pkt->l4_off - view->frame);
	uint32_t payload_len = (uint32_t)(view->frame_len - l4_at - view->h.header_len);
	bool is_step = (pkt->sent_kind & TCP_NOTE_STEP) && emit_step(stack, tcb, view, now_ns);

	if ((pkt->sent_kind & TCP_NOTE_RETRANSMIT) && !is_step)
		emit_retransmit(stack, tcb, view, payload_len, pkt->sent_arg);
	if (pkt->sent_kind & TCP_NOTE_FIN)
		event_emit(stack->port->events, EVENT_TCP_FIN_SENT, tcb->id.number, 0,
			   EV_U64("tcp_seq", view->h.seq + payload_len));
}

static void segment_sent(struct stack *stack, const struct pktbuf *pkt,
			 const struct pktbuf_sent *facts)
{
	struct tcb *tcb = pkt->sent_owner;
	struct tcp_header_view view;

	if (!tcp_view_packet(&view, pkt))
		return;
	view.frame_len = facts->len;
	view.next_hop = facts->next_hop;
	if (pkt->sent_kind & TCP_NOTE_RST) {
		emit_reset(stack, pkt, &view, facts->now_ns);
		return;
	}
	if (tcb == NULL)
		return; /* it ended while the packet waited for ARP */
	view.src = tcb->id.local;
	view.dst = tcb->id.remote;
	if (view.h.flags & TCP_SYN) {
		tcb->snd.syn_waits = false;
		tcb->snd.segs++;
	}
	emit_sent(stack, tcb, pkt, &view, facts->now_ns);
}

void tcp_watch_sent(struct pktbuf *pkt, struct tcb *tcb, uint8_t note, uint32_t sent_arg)
{
	pkt->l4_off = pktbuf_data_off(pkt);
	pkt->sent = segment_sent;
	pkt->sent_owner = tcb != NULL && tcb->id.hashed ? tcb : NULL;
	pkt->sent_kind = note;
	pkt->sent_arg = sent_arg;
	/* The event of a step shows the frame, and the device shall have nothing to add to that. */
	if (note & TCP_NOTE_STEP)
		checksum_complete(pkt);
}
