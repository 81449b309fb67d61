/*
 * SPDX-License-Identifier: MIT
 *
 * Building a segment and handing it to IP: header, options, the payload as fragments of the send
 * buffer, the checksum left to the device.  Every ACK bit that leaves does so here, so here what
 * was pending for an ACK is settled.
 *
 * NOT DONE: large segments for a device that cuts them (NETIF_TX_TSO4).
 */
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/header_event.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/pmtu.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/tcb.h"

#include "base/assert.h"
#include "net/checksum.h"

/* --- options --------------------------------------------------------------------------------- */

/* What our SYN offers; a SYN-ACK repeats only what the peer's SYN had (RFC 7323 2.2, 3.2; RFC
 * 2018). */
static void syn_options(struct tcp_options *opt, const struct tcb *tcb, bool answer)
{
	opt->has_mss = true;
	opt->mss = tcb->agreed.mss_offered;
	opt->has_window_scale = !answer || tcb->agreed.window_scale;
	opt->window_scale = TCP_WINDOW_SCALE;
	opt->sack_permitted = !answer || tcb->agreed.sack;
	opt->has_timestamps = !answer || tcb->agreed.timestamps;
}

/* RFC 2018 3: at most so many blocks fit beside the other options; none beside a full payload. */
static uint8_t room_for_sack(const struct tcb *tcb, const struct tcp_options *opt,
			     uint32_t data_len)
{
	struct tcp_options full = *opt;

	full.n_sack = opt->has_timestamps ? 3 : 4;
	while (full.n_sack > 0 && tcp_options_len(&full) + data_len > tcb->snd.mss)
		full.n_sack--;
	return full.n_sack;
}

static void sack_options(struct stack *stack, struct tcp_options *opt, struct tcb *tcb,
			 uint32_t data_len)
{
	bool dsack = tcb->rcv.dsack.start != tcb->rcv.dsack.end;
	uint8_t room;

	if (!tcb->agreed.sack || (tcb->rcv.reassembly == NULL && !dsack) ||
	    tcb->life.state ==
		TCP_SYN_RECEIVED) /* what is queued then lacks nothing but ESTABLISHED */
		return;
	room = room_for_sack(tcb, opt, data_len);
	if (room == 0)
		return;
	opt->n_sack = tcp_reassembly_sack(tcb, opt->sack, room);
	stack->counters.tcp_dsacks_out += dsack;
}

static void data_options(struct stack *stack, struct tcp_options *opt, struct tcb *tcb,
			 uint32_t data_len)
{
	opt->has_timestamps = tcb->agreed.timestamps;
	sack_options(stack, opt, tcb, data_len);
}

static void choose_options(struct stack *stack, struct tcp_options *opt, struct tcb *tcb,
			   const struct tcp_send *send, uint64_t now_ns)
{
	tcp_options_clear(opt);
	if (send->flags & TCP_SYN)
		syn_options(opt, tcb, send->flags & TCP_ACK);
	else
		data_options(stack, opt, tcb, send->data_len);
	if (tcb->cc.accurate != NULL)
		tcp_accurate_add_option(tcb, opt, send);
	opt->ts_val = tcp_timestamp(tcb, now_ns);
	opt->ts_ecr = send->flags & TCP_ACK ? tcb->agreed.ts_recent : 0; /* RFC 7323 3.2 */
}

/* --- header ---------------------------------------------------------------------------------- */

/* Header and options in front of the payload; the checksum is left partial. */
static void push_header(struct pktbuf *pkt, const struct net_endpoint *local,
			const struct net_endpoint *remote, struct tcp_header *h,
			const struct tcp_options *opt)
{
	size_t options_len = tcp_options_len(opt);
	uint32_t sum;
	uint8_t *p;

	h->src_port = local->port;
	h->dst_port = remote->port;
	h->header_len = (uint8_t)(TCP_HEADER_LEN + options_len);
	p = pktbuf_push(pkt, h->header_len);
	tcp_header_write(p, h);
	tcp_options_write(opt, p + TCP_HEADER_LEN);
	sum = ip_pseudo_sum(&local->addr, &remote->addr, IP_PROTO_TCP,
			    (uint32_t)pktbuf_total_len(pkt));
	store_be16(p + TCP_OFF_CHECKSUM, checksum_fold(sum));
	pkt->flags |= PKTBUF_CSUM_PARTIAL;
	pkt->csum_start = 0;
	pkt->csum_off = TCP_OFF_CHECKSUM;
}

/* --- a connection's segment ------------------------------------------------------------------ */

/* Steps 7 and 11: the header has been made, for the first time. */
static void emit_built(struct stack *stack, struct tcb *tcb, const struct tcp_header *h,
		       const struct tcp_options *opt)
{
	uint8_t step = h->flags & TCP_ACK ? 11 : 7;
	struct tcp_header_view view = {
		.src = tcb->id.local, .dst = tcb->id.remote, .h = *h, .opt = *opt,
	};

	if (tcb->life.last_step >= step || (step == 11 && !tcb->life.passive))
		return;
	tcp_emit_header(stack, step == 11 ? EVENT_SRV_SYNACK_BUILT : EVENT_TCP_SYN_BUILT,
			tcb->id.number,
			&view);
	tcp_step(tcb, step);
}

/* Every segment that carries an ACK settles what was owed. */
static void ack_was_sent(struct stack *stack, struct tcb *tcb)
{
	tcp_rcv_ack_sent(tcb);
	if (tcp_timer_is_set(tcb, TCP_TIMER_DELAYED_ACK))
		tcp_timer_clear(stack, tcb, TCP_TIMER_DELAYED_ACK);
}

static struct pktbuf *build(struct stack *stack, struct tcb *tcb, const struct tcp_send *send,
			    uint64_t now_ns)
{
	struct pktbuf *pkt = pktbuf_alloc(&stack->pool, PKTBUF_HEADROOM);
	struct tcp_header h = {
		.seq = send->seq,
		.ack = send->flags & TCP_ACK ? tcb->rcv.nxt : 0,
		.flags = send->flags | tcp_ecn_flags(tcb, send),
	};
	struct tcp_options opt;

	if (pkt == NULL) {
		stack->counters.tcp_no_memory++;
		return NULL;
	}
	h.window = tcp_announce_window(tcb, send->flags & TCP_SYN);
	choose_options(stack, &opt, tcb, send, now_ns);
	if (tcb->snd.urgent && !(send->flags & TCP_SYN))
		tcp_point_to_urgent(tcb, send->seq, &h);
	if (send->data_len > 0)
		send_buffer_attach(tcb->snd.buf, pkt, send->seq, send->data_len);
	push_header(pkt, &tcb->id.local, &tcb->id.remote, &h, &opt);
	/* Step 14 is the first segment that tells the server of our ACK. */
	if (send->note != 0 || tcb->life.last_step == 13)
		tcp_watch_sent(pkt, tcb, send->note | (tcb->life.last_step == 13 ? TCP_NOTE_STEP : 0),
			       send->sent_arg);
	if (send->flags & TCP_SYN)
		emit_built(stack, tcb, &h, &opt);
	return pkt;
}

/* The caller's bound for an opening: the next hop is asked for so long. */
static uint64_t resolve_until(const struct tcb *tcb, const struct tcp_send *send)
{
	if (!(send->flags & TCP_SYN) || tcb->chosen.resolve_ms == 0)
		return 0;
	return tcb->snd.progress_ns + tcb->chosen.resolve_ms * NS_PER_MS;
}

int tcp_transmit(struct stack *stack, struct tcb *tcb, const struct tcp_send *send, uint64_t now_ns)
{
	struct pktbuf *pkt = build(stack, tcb, send, now_ns);
	enum ip_ecn ecn = tcp_ecn_capable(tcb, send) ? IP_ECN_ECT0 : IP_ECN_NOT_ECT;
	/* RFC 9293 3.9.2, MUST-48, MUST-49; RFC 3168 5; RFC 1191 3 */
	const struct ip_send how = {
		.src = &tcb->id.local.addr,
		.dst = &tcb->id.remote.addr,
		.protocol = IP_PROTO_TCP,
		.tos = (uint8_t)(tcb->chosen.tos | ecn),
		.ttl = tcb->chosen.ttl,
		.dont_fragment = !tcb->snd.pmtu.may_fragment,
		.resolve_until_ns = resolve_until(tcb, send),
	};
	int err;

	if (pkt == NULL)
		return ERR_NOBUFS;
	stack->counters.tcp_out++;
	err = ip_output(stack, pkt, &how, now_ns);
	if (err == ERR_AGAIN || err == ERR_NOBUFS)
		return err;
	tcp_ecn_sent(tcb, send);
	if (!(send->flags & TCP_SYN)) /* a SYN may wait for ARP; its completion counts it */
		tcb->snd.segs++;
	if (send->note & TCP_NOTE_RETRANSMIT) {
		stack->counters.tcp_retransmits++;
		tcb->snd.retransmitted_ms = (uint32_t)(now_ns / NS_PER_MS);
	}
	if (send->data_len > 0) {
		tcb->snd.data_segs++;
		tcp_pmtu_sent(tcb, send);
	}
	if (send->data_len > 0 || (send->flags & (TCP_SYN | TCP_FIN)))
		tcb->snd.last_sent_ns = now_ns;
	if (send->flags & TCP_ACK)
		ack_was_sent(stack, tcb);
	return err;
}

/* RFC 7323 3.2: "SHOULD be sent in an <RST> segment". */
static void rst_options(struct tcp_options *opt, const struct tcb *tcb, const struct tcp_send *send,
			uint64_t now_ns)
{
	opt->has_timestamps = true;
	opt->ts_val = tcp_timestamp(tcb, now_ns);
	opt->ts_ecr = send->flags & TCP_ACK ? tcb->agreed.ts_recent : 0;
}

int tcp_transmit_rst(struct stack *stack, const struct tcb *tcb, const struct net_endpoint *local,
		     const struct net_endpoint *remote, const struct tcp_send *send, uint32_t ack,
		     uint64_t now_ns)
{
	struct tcp_options opt = {.has_timestamps = false};
	struct ip_send how = {
		.src = &local->addr,
		.dst = &remote->addr,
		.protocol = IP_PROTO_TCP,
		.dont_fragment = true,
	};
	struct pktbuf *pkt = pktbuf_alloc(&stack->pool, PKTBUF_HEADROOM);
	struct tcp_header h = {.seq = send->seq, .ack = ack, .flags = send->flags};

	if (pkt == NULL) {
		stack->counters.tcp_no_memory++;
		return ERR_NOBUFS;
	}
	if (tcb != NULL) { /* RFC 9293 3.9.2, MUST-48, MUST-49 */
		how.tos = tcb->chosen.tos;
		how.ttl = tcb->chosen.ttl;
		if (tcb->agreed.timestamps)
			rst_options(&opt, tcb, send, now_ns);
	}
	push_header(pkt, local, remote, &h, &opt);
	tcp_watch_sent(pkt, NULL, send->note, send->sent_arg);
	stack->counters.tcp_rst_out++;
	stack->counters.tcp_out++;
	return ip_output(stack, pkt, &how, now_ns);
}
