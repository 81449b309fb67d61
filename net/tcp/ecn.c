/*
 * SPDX-License-Identifier: MIT
 *
 * Explicit congestion notification (RFC 3168): a router that would soon have to drop marks the
 * packet instead (CE in the IP header); the receiver says so in every ACK (ECE) until the sender
 * tells that it has reduced its window (CWR).
 *
 *      SYN      ECE+CWR   "I can"            data      ECT(0)  "mark me"
 *      SYN-ACK  ECE       "so can I"         CE in, ECE back, CWR: once for each window
 *
 * By default a SYN of ours does not ask (NET_ECN_ACCEPT): some networks still lose a SYN with these
 * bits, which costs a second, and what a first SYN looks like should be known from the textbook.
 * Nothing but new data is sent as ECN-capable: 6.1.4 (ACKs), 6.1.5 (what is sent again), 6.1.6
 * (window probes), and SYN, FIN and RST.
 */
#include "net/tcp/internal.h"

#include "net/wire/ipv4.h"

void tcp_ecn_init(struct tcb *tcb, enum net_ecn wanted)
{
	if (wanted == NET_ECN_OFF)
		tcb->ecn = TCP_ECN_OFF;
	else
		tcb->ecn = wanted == NET_ECN_ASK && !tcb->passive ? TCP_ECN_ASKS : TCP_ECN_ACCEPTS;
}

/* --- 6.1.1: agreeing ------------------------------------------------------------------------- */

/* "ECN-setup SYN": both bits.  A SYN that was sent without them, in either direction, says that
 * data will not be ECN-capable. */
static void take_syn(struct tcb *tcb, uint8_t bits)
{
	if (tcb->ecn == TCP_ECN_ECHOES)
		return;
	if (tcb->ecn != TCP_ECN_OFF && bits == (TCP_ECE | TCP_CWR))
		tcb->ecn = TCP_ECN_ON;
	else
		tcb->ecn = TCP_ECN_OFF;
}

/* "ECN-setup SYN-ACK": ECE alone; both bits are our own SYN's, sent back by who copies what it does
 * not know. */
static void take_synack(struct tcb *tcb, uint8_t bits)
{
	if (bits != TCP_ECE)
		tcb->ecn = TCP_ECN_OFF;
	else if (tcb->ecn == TCP_ECN_ASKS)
		tcb->ecn = TCP_ECN_ON;
	else if (tcb->ecn != TCP_ECN_ECHOES)
		tcb->ecn = TCP_ECN_OFF;
}

void tcp_ecn_take_syn(struct tcb *tcb, const struct tcp_segment *seg)
{
	uint8_t bits = seg->flags & (TCP_ECE | TCP_CWR);

	if (seg->flags & TCP_ACK)
		take_synack(tcb, bits);
	else
		take_syn(tcb, bits);
}

void tcp_ecn_take_syn_again(struct tcb *tcb, const struct tcp_segment *seg)
{
	/* 6.1.1.1: the peer has given up asking, so our first answer did not get through */
	if ((seg->flags & (TCP_ECE | TCP_CWR)) != (TCP_ECE | TCP_CWR))
		tcb->ecn = TCP_ECN_OFF;
}

/* --- sending --------------------------------------------------------------------------------- */

static bool is_again(const struct tcp_send *send)
{
	return send->note & TCP_NOTE_RETRANSMIT;
}

bool tcp_ecn_capable(const struct tcb *tcb, const struct tcp_send *send)
{
	return tcb->ecn == TCP_ECN_ON && send->data_len > 0 && !is_again(send);
}

uint8_t tcp_ecn_flags(const struct tcb *tcb, const struct tcp_send *send)
{
	if (send->flags & TCP_SYN) {
		if (send->flags & TCP_ACK)
			return tcb->ecn == TCP_ECN_ON ? TCP_ECE : 0;
		/* 6.1.1.1: the network may have lost it because of these */
		return tcb->ecn == TCP_ECN_ASKS && !is_again(send) ? TCP_ECE | TCP_CWR : 0;
	}
	return (uint8_t)((tcb->ecn_echo ? TCP_ECE : 0) |
			 (tcb->ecn_reduced && tcp_ecn_capable(tcb, send) ? TCP_CWR : 0));
}

void tcp_ecn_sent(struct tcb *tcb, const struct tcp_send *send)
{
	if (tcp_ecn_capable(tcb, send))
		tcb->ecn_reduced = false;
	if ((send->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && is_again(send) &&
	    tcb->ecn == TCP_ECN_ASKS)
		tcb->ecn = TCP_ECN_ECHOES;
}

/* --- 6.1.2: the sender is told --------------------------------------------------------------- */

void tcp_ecn_check_ack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	tcb->ecn_told = tcb->ecn == TCP_ECN_ON && (seg->flags & TCP_ECE);
	tcb->reduced_at = seq_max(tcb->reduced_at, tcb->snd_una); /* never half a cycle behind */
	/* "At most once for each window of data": what was sent before the last reduction met the
	 * queue that it was made for, whether a mark or a loss had told of it. */
	if (!tcb->ecn_told || seq_leq(seg->ack, tcb->reduced_at))
		return;
	stack->counters.tcp_ecn_reductions++;
	tcp_congestion_marked(tcb, tcb_flight(tcb), seg->now_ns);
}

/* --- 6.1.3: the receiver tells --------------------------------------------------------------- */

/* Only data inside the window counts (6.1.5): the rest may be forged.  A CWR answers the marks
 * before it, not the one on its own segment. */
void tcp_ecn_check_data(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (seg->data_len == 0 || (tcb->ecn != TCP_ECN_ON && tcb->ecn != TCP_ECN_ECHOES))
		return;
	if (seg->flags & TCP_CWR)
		tcb->ecn_echo = false;
	tcb->ecn_seen |= seg->ip_ecn != IPV4_ECN_NOT_ECT;
	if (seg->ip_ecn != IPV4_ECN_CE)
		return;
	stack->counters.tcp_ecn_marks++;
	tcb->ecn_echo = true;
}
