/* SPDX-License-Identifier: MIT */
/* Where things stand in a control block.  See tests/lib/tcp_inspect.h. */
#include "tests/lib/tcp_inspect.h"

#include "net/socket/table.h"
#include "tests/lib/tcp_kit.h"

static void inspect_sender(struct tcp_inside *in, const struct tcb *tcb)
{
	in->iss = tcb->snd.iss;
	in->snd_una = tcb->snd.una;
	in->snd_nxt = tcb->snd.nxt;
	in->snd_wnd = tcb->snd.wnd;
	in->snd_end = tcb->snd.end;
	in->snd_mss = tcb->snd.mss;
	in->snd_wscale = tcb->agreed.snd_wscale;
	in->snd_urgent = tcb->snd.urgent;
	in->sent = tcb->loss.sent;
	in->snd_buf = tcb->snd.buf;
	in->may_fragment = tcb->snd.pmtu.may_fragment;
	in->bytes_sent = tcb->snd.bytes;
}

static void inspect_receiver(struct tcp_inside *in, const struct tcb *tcb)
{
	in->rcv_nxt = tcb->rcv.nxt;
	in->rcv_adv = tcb->rcv.adv;
	in->rcv_unread = tcb->rcv.unread;
	in->rcv_memory = tcb->rcv.memory;
	in->rcvbuf = tcb->rcv.buf_size;
	in->rcvbuf_max = tcb->rcv.buf_max;
	in->rcv_mss = tcb->agreed.mss_offered;
	in->rcv_urgent = tcb->rcv.urgent;
	in->rcv_first = tcb->rcv.queue.first;
	in->reassembly = tcb->rcv.reassembly;
}

static void inspect_agreed(struct tcp_inside *in, const struct tcb *tcb)
{
	in->use_window_scale = tcb->agreed.window_scale;
	in->use_sack = tcb->agreed.sack;
	in->use_timestamps = tcb->agreed.timestamps;
	in->ts_recent = tcb->agreed.ts_recent;
	in->ecn = tcb->cc.ecn;
	in->accurate = tcb->cc.accurate;
	in->local_port = tcb->id.local.port;
	in->soft_error = tcb->life.soft_error;
}

static void inspect_listener(struct tcp_inside *in, const struct tcb *tcb)
{
	if (tcb->life.state != TCP_LISTEN)
		return;
	in->backlog = tcb->backlog.max;
	in->half_open = tcb->backlog.half_open;
	in->accept_count = tcb->backlog.accepted;
}

static void inspect_loss(struct tcp_inside *in, const struct tcb *tcb)
{
	in->srtt_ns = tcb->loss.srtt_ns;
	in->rto_ns = tcb->loss.rto_ns;
	in->attempts = tcb->snd.attempts;
	in->recovery = tcb->loss.recovery;
	in->recover = tcb->loss.recover;
	in->retransmits = tcb->snd.retransmits;
	in->reordering_seen = tcb->loss.rack.reordering_seen;
	in->reo_wnd_mult = tcb->loss.rack.reo_wnd_mult;
	in->fack = tcb->loss.rack.fack;
	in->dsack_round = tcb->loss.rack.dsack_round;
	in->rack_sent_ns = tcb->loss.rack.sent_ns;
	in->min_rtt_ns = tcb->loss.rack.min_rtt_ns;
	in->tlp_open = tcb->loss.tlp.open;
}

static void inspect_congestion(struct tcp_inside *in, const struct tcb *tcb)
{
	in->cwnd = tcb->cc.cwnd;
	in->has_rate = tcb->cc.rate != NULL;
	in->ssthresh = tcb->cc.ssthresh;
	in->reduced_at = tcb->cc.reduced_at;
	in->delivered_ce = tcb->cc.delivered_ce;
}

struct tcp_inside tcp_inspect(const struct tcb *tcb)
{
	struct tcp_inside in = {
		.timer_is_set = timer_is_set(&tcb->timers.timer),
		.close_deadline_ns = tcb->timers.deadline_ns[TCP_TIMER_CLOSE],
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
	case TCP_KNOB_CWND: tcb->cc.cwnd = (uint32_t)value; break;
	case TCP_KNOB_SND_MSS: tcb->snd.mss = (uint16_t)value; break;
	case TCP_KNOB_SND_NXT: tcb->snd.nxt = (uint32_t)value; break;
	case TCP_KNOB_SND_BUF_LIMIT: tcb->snd.buf->limit = (uint32_t)value; break;
	case TCP_KNOB_MSS_PROVEN: tcb->snd.pmtu.mss_proven = (uint16_t)value; break;
	case TCP_KNOB_NODELAY: tcb->snd.nodelay = value != 0; break;
	case TCP_KNOB_S_CEB: tcb->cc.accurate->s_ceb = (uint32_t)value; break;
	default: return false;
	}
	return true;
}

static bool turn_receiver(struct tcb *tcb, enum tcp_knob knob, uint64_t value)
{
	switch (knob) {
	case TCP_KNOB_RCVBUF: tcb->rcv.buf_size = (uint32_t)value; break;
	case TCP_KNOB_RCVBUF_MAX: tcb->rcv.buf_max = (uint32_t)value; break;
	case TCP_KNOB_RCV_ADV: tcb->rcv.adv = (uint32_t)value; break;
	case TCP_KNOB_QUICK_ACKS: tcb->rcv.quick_acks = (uint8_t)value; break;
	case TCP_KNOB_R_E1B: tcb->cc.accurate->r_e1b = (uint32_t)value; break;
	case TCP_KNOB_ACCEPT_COUNT: tcb->backlog.accepted = (uint32_t)value; break;
	case TCP_KNOB_COOKIES_UNTIL_NS: tcb->backlog.cookies_until_ns = value; break;
	default: return false;
	}
	return true;
}

static bool turn_loss(struct tcb *tcb, enum tcp_knob knob, uint64_t value)
{
	switch (knob) {
	case TCP_KNOB_SRTT_NS: tcb->loss.srtt_ns = value; break;
	case TCP_KNOB_RECOVER: tcb->loss.recover = (uint32_t)value; break;
	case TCP_KNOB_REDUCED_AT: tcb->cc.reduced_at = (uint32_t)value; break;
	case TCP_KNOB_TLP_OPEN: tcb->loss.tlp.open = value != 0; break;
	case TCP_KNOB_REORDERING_SEEN: tcb->loss.rack.reordering_seen = value != 0; break;
	case TCP_KNOB_REO_WND_MULT: tcb->loss.rack.reo_wnd_mult = (uint8_t)value; break;
	case TCP_KNOB_DSACK_ROUND: tcb->loss.rack.dsack_round = (uint32_t)value; break;
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
	scoreboard_free(tk_tcb(t)->loss.sent, &t->k.kp.port);
	tk_tcb(t)->loss.sent = NULL;
}

struct tcb *tk_tcb(struct tk *t)
{
	return socket_find(t->k.stack, t->fd)->tcb;
}

struct tcb *tk_listener(struct tk *t)
{
	return socket_find(t->k.stack, t->listener)->tcb;
}
