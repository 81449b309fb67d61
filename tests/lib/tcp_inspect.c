/* SPDX-License-Identifier: MIT */
/* Where things stand in a control block.  See tests/lib/tcp_inspect.h. */
#include "tests/lib/tcp_inspect.h"

#include "net/socket/table.h"
#include "tests/lib/tcp_kit.h"

static void inspect_sender(struct tcp_inside *in, const struct tcb *tcb)
{
	in->iss = tcb->iss;
	in->snd_una = tcb->snd_una;
	in->snd_nxt = tcb->snd_nxt;
	in->snd_wnd = tcb->snd_wnd;
	in->snd_end = tcb->snd_end;
	in->snd_mss = tcb->snd_mss;
	in->snd_wscale = tcb->snd_wscale;
	in->snd_urgent = tcb->snd_urgent;
	in->sent = tcb->sent;
	in->snd_buf = tcb->snd_buf;
	in->may_fragment = tcb->pmtu.may_fragment;
	in->bytes_sent = tcb->bytes_sent;
}

static void inspect_receiver(struct tcp_inside *in, const struct tcb *tcb)
{
	in->rcv_nxt = tcb->rcv_nxt;
	in->rcv_adv = tcb->rcv_adv;
	in->rcv_unread = tcb->rcv_unread;
	in->rcv_memory = tcb->rcv_memory;
	in->rcvbuf = tcb->rcvbuf;
	in->rcvbuf_max = tcb->rcvbuf_max;
	in->rcv_mss = tcb->rcv_mss;
	in->rcv_urgent = tcb->rcv_urgent;
	in->rcv_first = tcb->rcv_queue.first;
	in->reassembly = tcb->reassembly;
}

static void inspect_agreed(struct tcp_inside *in, const struct tcb *tcb)
{
	in->use_window_scale = tcb->use_window_scale;
	in->use_sack = tcb->use_sack;
	in->use_timestamps = tcb->use_timestamps;
	in->ts_recent = tcb->ts_recent;
	in->ecn = tcb->ecn;
	in->accurate = tcb->accurate;
	in->local_port = tcb->local.port;
	in->soft_error = tcb->soft_error;
}

static void inspect_listener(struct tcp_inside *in, const struct tcb *tcb)
{
	if (tcb->state != TCP_LISTEN)
		return;
	in->backlog = tcb->backlog;
	in->half_open = tcb->half_open;
	in->accept_count = tcb->accept_count;
}

static void inspect_loss(struct tcp_inside *in, const struct tcb *tcb)
{
	in->srtt_ns = tcb->srtt_ns;
	in->rto_ns = tcb->rto_ns;
	in->attempts = tcb->attempts;
	in->recovery = tcb->recovery;
	in->recover = tcb->recover;
	in->retransmits = tcb->retransmits;
	in->reordering_seen = tcb->rack.reordering_seen;
	in->reo_wnd_mult = tcb->rack.reo_wnd_mult;
	in->fack = tcb->rack.fack;
	in->dsack_round = tcb->rack.dsack_round;
	in->rack_sent_ns = tcb->rack.sent_ns;
	in->min_rtt_ns = tcb->rack.min_rtt_ns;
	in->tlp_open = tcb->tlp.open;
}

static void inspect_congestion(struct tcp_inside *in, const struct tcb *tcb)
{
	in->cwnd = tcb->cwnd;
	in->ssthresh = tcb->ssthresh;
	in->reduced_at = tcb->reduced_at;
	in->delivered_ce = tcb->delivered_ce;
}

struct tcp_inside tcp_inspect(const struct tcb *tcb)
{
	struct tcp_inside in = {
		.timer_is_set = timer_is_set(&tcb->timer),
		.close_deadline_ns = tcb->deadline_ns[TCP_TIMER_CLOSE],
	};

	inspect_sender(&in, tcb);
	inspect_receiver(&in, tcb);
	inspect_agreed(&in, tcb);
	inspect_listener(&in, tcb);
	inspect_loss(&in, tcb);
	inspect_congestion(&in, tcb);
	return in;
}

struct tcp_inside tk_inspect(struct tk *t)
{
	return tcp_inspect(tk_tcb(t));
}

static bool turn_sender(struct tcb *tcb, enum tcp_knob knob, uint64_t value)
{
	switch (knob) {
	case TCP_KNOB_CWND: tcb->cwnd = (uint32_t)value; break;
	case TCP_KNOB_SND_MSS: tcb->snd_mss = (uint16_t)value; break;
	case TCP_KNOB_SND_NXT: tcb->snd_nxt = (uint32_t)value; break;
	case TCP_KNOB_SND_BUF_LIMIT: tcb->snd_buf->limit = (uint32_t)value; break;
	case TCP_KNOB_MSS_PROVEN: tcb->pmtu.mss_proven = (uint16_t)value; break;
	case TCP_KNOB_NODELAY: tcb->nodelay = value != 0; break;
	case TCP_KNOB_S_CEB: tcb->accurate->s_ceb = (uint32_t)value; break;
	default: return false;
	}
	return true;
}

static bool turn_receiver(struct tcb *tcb, enum tcp_knob knob, uint64_t value)
{
	switch (knob) {
	case TCP_KNOB_RCVBUF: tcb->rcvbuf = (uint32_t)value; break;
	case TCP_KNOB_RCVBUF_MAX: tcb->rcvbuf_max = (uint32_t)value; break;
	case TCP_KNOB_RCV_ADV: tcb->rcv_adv = (uint32_t)value; break;
	case TCP_KNOB_QUICK_ACKS: tcb->quick_acks = (uint8_t)value; break;
	case TCP_KNOB_R_E1B: tcb->accurate->r_e1b = (uint32_t)value; break;
	case TCP_KNOB_ACCEPT_COUNT: tcb->accept_count = (uint32_t)value; break;
	case TCP_KNOB_COOKIES_UNTIL_NS: tcb->cookies_until_ns = value; break;
	default: return false;
	}
	return true;
}

static bool turn_loss(struct tcb *tcb, enum tcp_knob knob, uint64_t value)
{
	switch (knob) {
	case TCP_KNOB_SRTT_NS: tcb->srtt_ns = value; break;
	case TCP_KNOB_RECOVER: tcb->recover = (uint32_t)value; break;
	case TCP_KNOB_REDUCED_AT: tcb->reduced_at = (uint32_t)value; break;
	case TCP_KNOB_TLP_OPEN: tcb->tlp.open = value != 0; break;
	case TCP_KNOB_REORDERING_SEEN: tcb->rack.reordering_seen = value != 0; break;
	case TCP_KNOB_REO_WND_MULT: tcb->rack.reo_wnd_mult = (uint8_t)value; break;
	case TCP_KNOB_DSACK_ROUND: tcb->rack.dsack_round = (uint32_t)value; break;
	default: return false;
	}
	return true;
}

void tcp_turn(struct tcb *tcb, enum tcp_knob knob, uint64_t value)
{
	if (!turn_sender(tcb, knob, value) && !turn_receiver(tcb, knob, value) &&
	    !turn_loss(tcb, knob, value))
		kit_fail("there is no knob %d", knob);
}

void tk_turn(struct tk *t, enum tcp_knob knob, uint64_t value)
{
	tcp_turn(tk_tcb(t), knob, value);
}

void tk_lose_records(struct tk *t)
{
	scoreboard_free(tk_tcb(t)->sent, &t->k.kp.port);
	tk_tcb(t)->sent = NULL;
}

struct tcb *tk_tcb(struct tk *t)
{
	return socket_find(t->k.stack, t->fd)->tcb;
}

struct tcb *tk_listener(struct tk *t)
{
	return socket_find(t->k.stack, t->listener)->tcb;
}
