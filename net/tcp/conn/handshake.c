/*
 * SPDX-License-Identifier: MIT
 *
 * Opening: what both sides agree on, and the client's half of the three-way handshake: SYN-SENT
 * (RFC 9293 3.10.7.3).  Steps 12, 13 and 14 of the sixteen happen here.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/header_event.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/steps.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/pmtu.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "net/awaited.h"

/* --- before the first segment ---------------------------------------------------------------- */

void tcp_begin_at(struct tcb *tcb, uint32_t iss)
{
	tcp_snd_begin(tcb, iss);
	tcp_loss_begin(tcb, iss);
}

/* RFC 9293 3.6.1, MAY-2: "larger than the largest sequence number it used on the previous
 * connection incarnation", by more than a window, and still not to be foreseen. */
void tcp_begin_beyond(struct tcb *tcb, uint32_t last)
{
	if (!seq_gt(tcb->snd.iss, last + UINT16_MAX))
		tcp_begin_at(tcb, last + 2 * UINT16_MAX + (tcb->snd.iss & UINT16_MAX));
}

int tcp_prepare(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct ip_route route;
	int err = ip_route(stack, &tcb->id.remote.addr, &route);

	if (err != ERR_OK)
		return err;
	/* RFC 9293 3.7.1, MUST-14: what we can receive, unless the user wants less */
	tcb->agreed.mss_offered = tcb_within_choice(tcb,
		(uint16_t)(route.netif->mtu - tcb_header_len(tcb)));
	tcp_pmtu_begin(stack, tcb, now_ns);
	tcb->agreed.rcv_wscale = TCP_WINDOW_SCALE;
	tcp_rcv_begin_quick_acks(tcb);
	stack_renew_secret(stack, now_ns);
	tcp_begin_at(tcb, tcp_initial_sequence(stack, tcb, now_ns));
	tcb->agreed.ts_offset = tcp_timestamp_offset(stack, tcb);
	tcp_rto_init(tcb);
	tcp_ecn_init(stack, tcb, (enum net_ecn)stack->options.ecn);
	tcp_snd_progress(tcb, now_ns);
	tcp_meter_begin(tcb); /* a listener may have been here */
	tcb->life.opened = true;
	return ERR_OK;
}

/* --- what the peer's SYN tells --------------------------------------------------------------- */

/* RFC 9293 3.7.1, MUST-16: Eff.snd.MSS from the option, MUST-15: 536 without it.  The option counts
 * payload and TCP options together, as snd.mss does. */
static void read_mss(struct tcb *tcb, const struct tcp_options *opt)
{
	tcp_pmtu_offered(tcb, opt->has_mss ? MAX(opt->mss, TCP_MSS_MIN) : TCP_MSS_DEFAULT);
}

void tcp_read_syn(struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_options *opt = &seg->opt;

	tcp_rcv_begin(tcb, seg->seq);
	read_mss(tcb, opt);
	tcp_ecn_read_syn(tcb, seg);
	/* RFC 7323 2.2: scaling needs the option in both SYNs */
	tcb->agreed.window_scale = opt->has_window_scale;
	tcb->agreed.snd_wscale = opt->has_window_scale ? opt->window_scale : 0;
	if (!opt->has_window_scale)
		tcb->agreed.rcv_wscale = 0;
	tcb->agreed.sack = opt->sack_permitted;
	tcb->agreed.timestamps = opt->has_timestamps;
	tcb->agreed.ts_recent = opt->ts_val;
	tcb->agreed.ts_recent_at = (uint32_t)(seg->now_ns >> TCP_PAWS_SHIFT);
	/* Until an ACK says more: never scaled on a SYN (RFC 7323 2.2) */
	tcp_snd_first_window(tcb, seg->raw_wnd, seg->seq, seg->ack);
}

void tcp_become_established(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	bool syn_was_lost = tcb->snd.attempts > 0;

	tcp_snd_window(tcb, seg->wnd, seg->seq, seg->ack);
	tcp_advance_una(stack, tcb, seg, 0);
	tcp_congestion_init(tcb, syn_was_lost);
	/* RFC 6298 5.7: unless a timestamp told the real round trip */
	if (syn_was_lost && tcb->loss.srtt_ns == 0)
		tcp_rto_after_syn_loss(tcb);
	tcb->life.connected = true;
	awaited_free(stack, &tcb->life.awaited);
	tcp_set_state(stack, tcb, TCP_ESTABLISHED);
	tcp_peer_answered(tcb, seg->now_ns);
	tcp_tune_start(tcb, seg->now_ns);
	tcp_keep_alive_start(stack, tcb);
}

/* --- SYN-SENT -------------------------------------------------------------------------------- */

static void emit_synack_received(struct stack *stack, struct tcb *tcb,
				 const struct tcp_segment *seg)
{
	struct tcp_header_view view;

	tcp_view_received(&view, seg);
	tcp_emit_header(stack, EVENT_TCP_SYNACK_RCVD, tcb->id.number, &view);
	tcp_step(tcb, 12);
}

void tcp_log_established(struct stack *stack, struct tcb *tcb, const char *checked)
{
	event_emit(stack->port->events, EVENT_TCP_ESTABLISHED, tcb->id.number, 0,
		   EV_ENDPOINT("src", tcb->id.local), EV_ENDPOINT("dst", tcb->id.remote),
		   EV_STR("checked", checked), EV_STR("state", tcp_state_name(tcb->life.state)));
	tcp_step(tcb, 13);
}

void tcp_notify_user(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->life.user == NULL || tcb->life.user->connected == NULL)
		return;
	tcb->life.user->connected(stack, tcb->life.user, now_ns - tcb->loss.syn_sent_ns);
	tcp_step(tcb, 15);
}

/* The segment without its SYN: what is behind it, as far as our own SYN has left room for it. */
static void step_over_syn(struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t len = MIN(seg->data_len, tcp_receive_window(tcb));

	seg->seq++;
	seg->fin_seq++;
	seg->flags &= (uint16_t)~TCP_SYN;
	if (len == seg->data_len)
		return;
	pktbuf_trim(seg->pkt, len);
	seg->data_len = len;
	seg->flags &= (uint16_t)~TCP_FIN; /* it was behind what is trimmed */
}

static void finish_handshake(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	emit_synack_received(stack, tcb, seg);
	tcp_read_syn(tcb, seg);
	tcp_ecn_settle(stack, tcb);
	tcp_become_established(stack, tcb, seg);
	tcp_accurate_opened(stack, tcb, seg);
	tcp_log_established(stack, tcb, "SYN=1, ACK acknowledges our SYN");
	tcp_send_ack(stack, tcb, seg->now_ns); /* step 14: not held back, the server waits */
	tcp_notify_user(stack, tcb, seg->now_ns);
	/* "If there are other controls or text in the segment, then continue processing at the
	 * sixth step": behind the SYN. */
	step_over_syn(tcb, seg);
	if (tcp_process_payload(stack, tcb, seg) == TCP_CONTINUE)
		tcp_check_fin(stack, tcb, seg);
}

/* Simultaneous open: RFC 9293 3.5, figure 8.  "If there are other controls or text in the segment,
 * queue them for processing after the ESTABLISHED state has been reached". */
static void answer_crossing_syn(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	tcp_read_syn(tcb, seg);
	tcp_ecn_settle(stack, tcb);
	tcp_set_state(stack, tcb, TCP_SYN_RECEIVED);
	tcp_send_syn(stack, tcb, TCP_RETRANSMIT_NONE, seg->now_ns);
	step_over_syn(tcb, seg);
	tcp_queue_payload(stack, tcb, seg);
}

/* RFC 9293 3.10.7.3 */
void tcp_syn_sent_arrives(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	bool ack = seg->flags & TCP_ACK;

	/* first: check the ACK bit */
	if (ack && (seq_leq(seg->ack, tcb->snd.iss) || seq_gt(seg->ack, tcb->snd.nxt))) {
		awaited_add(stack, &tcb->life.awaited, seg->flags & TCP_RST
						   ? REFUSED("carried a RST that acknowledges nothing of ours")
						   : REFUSED("acknowledged something else than our SYN"));
		if (!(seg->flags & TCP_RST))
			tcp_reset_segment(stack, tcb, seg, TCP_RESET_BAD_ACK);
		return;
	}
	/* second: check the RST bit; only one that acknowledges our SYN is believed */
	if (seg->flags & TCP_RST) {
		if (ack) {
			tcp_rst_received(stack, tcb, seg, "connection refused");
			tcp_end(stack, tcb, ERR_CONNREFUSED);
		} else {
			awaited_add(stack, &tcb->life.awaited,
				    REFUSED("carried a RST without an ACK"));
		}
		return;
	}
	/* third: check the security: RFC 9293 A.1, no such option is in use */
	/* fourth: check the SYN bit; fifth: without it the segment is dropped */
	if (!(seg->flags & TCP_SYN)) {
		awaited_add(stack, &tcb->life.awaited, REFUSED("had no SYN"));
		return;
	}
	if (ack)
		finish_handshake(stack, tcb, seg);
	else
		answer_crossing_syn(stack, tcb, seg);
}
