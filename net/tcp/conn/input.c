/*
 * SPDX-License-Identifier: MIT
 *
 * A segment arrives (RFC 9293 3.10.7): parsed and verified here, then sent through the steps of the
 * state it meets, in the RFC's order.  Each step is a function that stands in the file of its
 * matter.
 */
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/steps.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/segment.h"
#include "net/tcp/tcb.h"

#include "net/checksum.h"
#include "net/ip/transport.h"

/* MUST-2, MUST-3: a segment with a wrong checksum is dropped unread. */
static bool checksum_is_right(struct stack *stack, struct pktbuf *pkt,
			      const struct ip_facts *facts)
{
	uint32_t sum;

	if (pkt->flags & PKTBUF_CSUM_VALID)
		return true;
	sum = ip_pseudo_sum(&facts->src, &facts->dst, IP_PROTO_TCP, (uint32_t)pktbuf_total_len(pkt));
	sum += checksum_sum_packet(pkt, 0);
	if (checksum_finish(sum) == 0)
		return true;
	ip_refuse(stack, pkt, REFUSED("had a bad TCP checksum"));
	stack->counters.tcp_bad_checksum++;
	pkt->netif->counters.rx_csum_bad++;
	return false;
}

/* False: malformed; counted, not answered. */
static bool parse(struct stack *stack, struct tcp_segment *seg, struct pktbuf *pkt,
		  const struct ip_facts *facts)
{
	struct tcp_header h;

	if (!tcp_header_read(pkt->data, pktbuf_len(pkt), &h)) {
		ip_refuse(stack, pkt, REFUSED("had a malformed TCP header"));
		stack->counters.tcp_malformed++;
		return false;
	}
	if (!checksum_is_right(stack, pkt, facts))
		return false;
	tcp_options_parse(&seg->opt, pkt->data + TCP_HEADER_LEN, h.header_len - TCP_HEADER_LEN,
			  h.flags & TCP_SYN);
	if (seg->opt.malformed)
		stack->counters.tcp_bad_options++;
	pktbuf_pull(pkt, h.header_len);
	seg->local = (struct net_endpoint){.addr = facts->dst, .port = h.dst_port};
	seg->remote = (struct net_endpoint){.addr = facts->src, .port = h.src_port};
	seg->seq = h.seq;
	seg->ack = h.ack;
	seg->flags = h.flags;
	seg->wnd = seg->raw_wnd = h.window;
	seg->data_len = (uint32_t)pktbuf_len(pkt);
	seg->fin_seq = seg->seq + seg->data_len;
	seg->up = seg->seq + h.urgent;
	seg->ip_ecn = facts->tos & IP_ECN_MASK; /* RFC 3168 5 */
	return true;
}

/* RFC 9293 3.10.7.4: SYN-RECEIVED and the synchronized states. */
static void otherwise_arrives(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	/* first: check the sequence number */
	if (tcp_check_sequence(stack, tcb, seg) == TCP_DONE)
		return;
	/* second: check the RST bit */
	if (tcp_check_rst(stack, tcb, seg) == TCP_DONE)
		return;
	/* third: check the security: RFC 9293 A.1, no such option is in use */
	/* fourth: check the SYN bit */
	if (tcp_check_syn(stack, tcb, seg) == TCP_DONE)
		return;
	/* fifth: check the ACK field */
	if (tcp_check_ack(stack, tcb, seg) == TCP_DONE)
		return;
	tcp_ecn_check_data(stack, tcb, seg);
	/* sixth: check the URG bit */
	tcp_check_urgent(stack, tcb, seg);
	/* seventh: process the segment text */
	if (tcp_process_payload(stack, tcb, seg) == TCP_DONE)
		return;
	/* eighth: check the FIN bit */
	tcp_check_fin(stack, tcb, seg);
}

static void arrives(struct stack *stack, struct tcp_segment *seg)
{
	struct tcb *tcb = tcp_find_connection(stack, &seg->local, &seg->remote);

	if (tcb == NULL)
		tcb = tcp_find_listener(stack, &seg->local);
	if (tcb == NULL) {
		/* 3.10.7.1: CLOSED */
		stack->counters.tcp_no_connection++;
		tcp_refuse_stranger(stack, seg);
		tcp_reset_segment(stack, NULL, seg, TCP_RESET_NO_CONNECTION);
		return;
	}
	tcp_rcv_count(tcb, seg->data_len > 0);
	tcp_user_active(stack, tcb);
	/* RFC 7323 2.2: the window of a SYN is never scaled */
	if (!(seg->flags & TCP_SYN))
		seg->wnd <<= tcb->agreed.snd_wscale;
	switch (tcb->life.state) {
	case TCP_LISTEN:
		tcb = tcp_listen_arrives(stack, tcb, seg);
		if (tcb != NULL)
			otherwise_arrives(stack, tcb, seg);
		break;
	case TCP_SYN_SENT:
		tcp_syn_sent_arrives(stack, tcb, seg);
		break;
	case TCP_TIME_WAIT:
		if (tcp_time_wait_syn(stack, tcb, seg) == TCP_CONTINUE)
			otherwise_arrives(stack, tcb, seg);
		break;
	default:
		otherwise_arrives(stack, tcb, seg);
		break;
	}
}

void tcp_input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts, uint64_t now_ns)
{
	struct tcp_segment seg = {.pkt = pkt, .now_ns = now_ns};

	/* MUST-57: a segment to a broadcast or multicast address is discarded silently. */
	if (!facts->unicast) {
		stack->counters.ip_for_others++;
		pktbuf_free(pkt);
		return;
	}
	stack->counters.tcp_in++;
	if (parse(stack, &seg, pkt, facts))
		arrives(stack, &seg);
	pktbuf_free(seg.pkt); /* NULL where the payload was taken */
}
