/*
 * SPDX-License-Identifier: MIT
 *
 * What a connection is doing, in numbers, for those who watch it (RFC 9293 3.10.6 STATUS leaves the
 * choice to the implementation).  What they mean stands in net/socket.h.
 */
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "net/socket.h"

#define REORDERING_LEAST 3u /* DupThresh */

/* --- what a loss has led to ------------------------------------------------------------------ */

static enum sock_ca_state ca_state(const struct tcb *tcb)
{
	if (tcb->loss.recovery == TCP_RECOVERY_LOSS)
		return SOCK_CA_LOSS;
	if (tcb->loss.recovery == TCP_RECOVERY_FAST)
		return SOCK_CA_RECOVERY;
	if (tcb->cc.ecn_cwr && seq_lt(tcb->snd.una, tcb->cc.reduced_at))
		return SOCK_CA_CWR;
	return tcb->loss.duplicate_acks > 0 || (tcb->loss.sent != NULL &&
						tcb->loss.sent->n_sacked > 0)
		? SOCK_CA_DISORDER : SOCK_CA_OPEN;
}

/* A walk over what is in flight; only a caller that wants it pays for it. */
static void log_loss(const struct tcb *tcb, struct sock_tcp_info *info)
{
	struct scoreboard *sb = tcb->loss.sent;

	info->ca_state = ca_state(tcb);
	info->reordering = MAX(tcb->loss.rack.reordering, REORDERING_LEAST);
	info->reord_seen = tcb->loss.rack.reordered;
	info->dsack_dups = tcb->loss.dsacks;
	if (sb == NULL)
		return;
	info->reo_wnd_us = (uint32_t)(tcp_rack_window(tcb) / NS_PER_US);
	info->sacked = sb->sacked;
	for (uint32_t i = 0; i < sb->count; i++) {
		const struct sent_segment *s = scoreboard_at(sb, i);

		if (s->flags & SENT_LOST)
			info->lost += sent_len(s);
		else if ((s->flags & (SENT_AGAIN | SENT_SACKED)) == SENT_AGAIN)
			info->retrans += sent_len(s);
	}
}

/* --- time ------------------------------------------------------------------------------------ */

static uint32_t age_ms(uint64_t at_ns, uint64_t now_ns)
{
	return at_ns == 0 ? UINT32_MAX
			  : (uint32_t)MIN((now_ns - MIN(at_ns, now_ns)) / NS_PER_MS,
					  (uint64_t)(UINT32_MAX - 1));
}

static uint32_t tick_age_ms(uint32_t tick, uint64_t now_ns)
{
	uint64_t ticks = tcp_tick(now_ns) - tick;

	return tick == 0 ? UINT32_MAX : (uint32_t)((ticks << TCP_TICK_SHIFT) / NS_PER_MS);
}

static void log_times(const struct tcb *tcb, struct sock_tcp_info *info, uint64_t now_ns)
{
	info->last_data_sent_ms = age_ms(tcb->snd.last_sent_ns, now_ns);
	info->last_data_recv_ms = tick_age_ms(tcb->rcv.data_received_at, now_ns);
	info->last_ack_recv_ms = age_ms(tcb->life.last_received_ns, now_ns);
	info->min_rtt_us = tcb->loss.rack.min_rtt_ns / NS_PER_US;
	if (!tcb->life.used) /* a listener has no such numbers */
		return;
	info->rcv_rtt_us = tcb->rcv.rtt_ms * 1000u;
	info->rcv_space = tcb->meter.rcv_space;
	info->busy_us = tcp_meter_us(tcb, TCP_LIMIT_NONE, now_ns);
	info->rwnd_limited_us = tcp_meter_us(tcb, TCP_LIMIT_RWND, now_ns);
	info->sndbuf_limited_us = tcp_meter_us(tcb, TCP_LIMIT_SNDBUF, now_ns);
}

/* --- all of it ------------------------------------------------------------------------------- */

static enum sock_ecn_mode ecn_mode(const struct tcb *tcb)
{
	if (tcb->cc.ecn == TCP_ECN_ACCURATE)
		return SOCK_ECN_ACCURATE;
	return tcb->cc.ecn == TCP_ECN_ON ? SOCK_ECN_RFC3168 : SOCK_ECN_NONE;
}

static void log_ecn(const struct tcb *tcb, struct sock_tcp_info *info)
{
	const struct tcp_accurate *a = tcb->cc.accurate;

	info->ecn_mode = ecn_mode(tcb);
	if (a == NULL)
		return;
	info->ecn_sending_off = a->no_ect;
	info->received_ce = a->r_cep - 5;
	info->received_e0_bytes = a->r_e0b - 1;
	info->received_e1_bytes = a->r_e1b - 1;
	info->received_ce_bytes = a->r_ceb;
	info->delivered_e0_bytes = a->s_e0b - 1;
	info->delivered_e1_bytes = a->s_e1b - 1;
	info->delivered_ce_bytes = a->s_ceb;
}

static uint8_t agreed(const struct tcb *tcb)
{
	return (uint8_t)((tcb->agreed.timestamps ? SOCK_TCPI_TIMESTAMPS : 0) |
			 (tcb->agreed.sack ? SOCK_TCPI_SACK : 0) |
			 (tcb->agreed.window_scale ? SOCK_TCPI_WSCALE : 0) |
			 (tcb->life.connected && ecn_mode(tcb) != SOCK_ECN_NONE ? SOCK_TCPI_ECN :
			  0) |
			 (tcb->cc.ecn_seen ? SOCK_TCPI_ECN_SEEN : 0));
}

/* Text of ours that is out: SYN and FIN take a number and are none. */
static uint32_t payload_in_flight(const struct tcb *tcb)
{
	uint32_t end = seq_min(tcb->snd.nxt, tcb->snd.end);

	return seq_gt(end, tcb->snd.una) && tcb->life.connected ? end - tcb->snd.una : 0;
}

void tcp_info(const struct tcb *tcb, struct sock_tcp_info *info, uint64_t now_ns)
{
	bool persists = tcp_timer_is_set(tcb, TCP_TIMER_PERSIST);

	*info = (struct sock_tcp_info){
		.state = tcb->life.state,
		.snd_mss = tcb->snd.mss,
		.rcv_mss = tcb->agreed.mss_offered,
		.snd_cwnd = tcb->cc.cwnd,
		.snd_ssthresh = tcb->cc.ssthresh,
		.snd_wnd = tcb->snd.wnd,
		.rcv_wnd = tcb_synchronized(tcb) ? tcb->rcv.adv - tcb->rcv.nxt : 0,
		.unacked = tcb_flight(tcb),
		.notsent = seq_gt(tcb->snd.end, tcb->snd.nxt) ? tcb->snd.end - tcb->snd.nxt : 0,
		.unread = tcb->rcv.unread,
		.retransmits = tcb->snd.retransmits,
		.segs_out = tcb->snd.segs,
		.segs_in = tcb->rcv.segs,
		.bytes_sent = tcb->snd.bytes,
		.bytes_received = tcb->rcv.bytes,
		.srtt_us = tcb->loss.srtt_ns / NS_PER_US,
		.rttvar_us = tcb->loss.rttvar_ns / NS_PER_US,
		.rto_us = tcb->loss.srtt_ns != 0 ? tcb->loss.rto_ns / NS_PER_US : 0,
		.backoff = persists ? 0 : tcb->snd.attempts,
		.probes = persists ? tcb->snd.attempts : tcb->life.keep_probes,
		.options = agreed(tcb),
		.snd_wscale = tcb->agreed.snd_wscale,
		.rcv_wscale = tcb->agreed.window_scale ? tcb->agreed.rcv_wscale : 0,
		.total_retrans = tcb->snd.retransmits,
		.pmtu = tcb->snd.mss != 0 ? tcb->snd.mss + tcb_header_len(tcb) : 0,
		.delivered = tcb->loss.delivered,
		.delivered_ce = tcb->cc.delivered_ce,
		.data_segs_out = tcb->snd.data_segs,
		.data_segs_in = tcb->rcv.data_segs,
		.bytes_acked = tcb->snd.bytes - payload_in_flight(tcb),
		.bytes_retrans = tcb->snd.bytes_retransmitted,
	};
	log_loss(tcb, info);
	log_times(tcb, info, now_ns);
	log_ecn(tcb, info);
}
