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
 * What a peer asks for it gets: this, or accurate feedback (accurate.c), which our SYN asks for with
 * NET_ECN_ACCURATE, and whose ways to agree are here, too (RFC 9768 3.1), since each is the other's
 * answer.
 * Nothing but new data is sent as ECN-capable: 6.1.4 (ACKs), 6.1.5 (what is retransmitted), 6.1.6
 * (window probes), and SYN, FIN and RST.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define ECN_BITS (TCP_AE | TCP_CWR | TCP_ECE)
#define ECN_SETUP (TCP_CWR | TCP_ECE) /* RFC 3168 6.1.1: on a SYN */
#define SYNS_THAT_ASK 2 /* RFC 9768 3.1.4.1 */

void tcp_ecn_init(struct stack *stack, struct tcb *tcb, enum net_ecn wanted)
{
	tcb->cc.ecn = wanted == NET_ECN_OFF ? TCP_ECN_OFF : TCP_ECN_ACCEPTS;
	if (tcb->life.passive)
		return;
	if (wanted == NET_ECN_ASK)
		tcb->cc.ecn = TCP_ECN_ASKS;
	else if (wanted == NET_ECN_ACCURATE)
		tcb->cc.ecn = tcp_accurate_begin(stack, tcb) ? TCP_ECN_ASKS_ACCURATE : TCP_ECN_ASKS;
}

/* --- RFC 3168 6.1.1, RFC 9768 3.1.1 to 3.1.3: agreeing ---------------------------------------- */

/* "ECN-setup SYN": both bits.  A SYN that was sent without them, in either direction, says that
 * data will not be ECN-capable.  Any other combination asks for AccECN (RFC 9768 3.1.3). */
static void read_syn(struct tcb *tcb, uint16_t bits)
{
	if (tcb->cc.ecn == TCP_ECN_OFF || bits == 0)
		tcb->cc.ecn = TCP_ECN_OFF;
	else
		tcb->cc.ecn = bits == ECN_SETUP ? TCP_ECN_ON : TCP_ECN_ACCURATE;
}

/* The peer goes by our SYN as we go by its, so no more is agreed on than both have asked for.  RFC 3168
 * 6.1.1: no ECT after a SYN without the bits, which the last of ours may have been. */
static void accept_crossing_syn(struct tcb *tcb, uint16_t bits)
{
	bool asks = tcb->cc.ecn == TCP_ECN_ASKS || tcb->cc.ecn == TCP_ECN_ASKS_ACCURATE;

	if (tcb->cc.ecn == TCP_ECN_ECHOES)
		return;
	if (!asks || bits == 0)
		tcb->cc.ecn = TCP_ECN_OFF;
	else if (tcb->cc.ecn == TCP_ECN_ASKS_ACCURATE && bits != ECN_SETUP)
		tcb->cc.ecn = TCP_ECN_ACCURATE;
	else
		tcb->cc.ecn = tcb->snd.attempts < SYNS_THAT_ASK ? TCP_ECN_ON : TCP_ECN_ECHOES;
}

/* "ECN-setup SYN-ACK": ECE alone; both bits are our own SYN's, sent back by a peer that copies what it does
 * not know. */
static void read_synack(struct tcb *tcb, uint16_t bits)
{
	if (bits != TCP_ECE)
		tcb->cc.ecn = TCP_ECN_OFF;
	else if (tcb->cc.ecn == TCP_ECN_ASKS)
		tcb->cc.ecn = TCP_ECN_ON;
	else if (tcb->cc.ecn != TCP_ECN_ECHOES)
		tcb->cc.ecn = TCP_ECN_OFF;
}

/* RFC 9768, table 2.  Where our SYN has gone without bits since, RFC 3168 6.1.1.1 holds for a peer that has
 * that alone. */
static void read_synack_accurate(struct tcb *tcb, uint16_t bits)
{
	if (bits == 0 || bits == ECN_BITS)
		tcb->cc.ecn = TCP_ECN_OFF;
	else if (bits != TCP_ECE)
		tcb->cc.ecn = TCP_ECN_ACCURATE;
	else
		tcb->cc.ecn = tcb->snd.attempts < SYNS_THAT_ASK ? TCP_ECN_ON : TCP_ECN_ECHOES;
}

void tcp_ecn_read_syn(struct tcb *tcb, const struct tcp_segment *seg)
{
	uint16_t bits = seg->flags & ECN_BITS;

	tcb->cc.syn_ecn = seg->ip_ecn & IP_ECN_MASK;
	if (!(seg->flags & TCP_ACK) && tcb->life.passive)
		read_syn(tcb, bits);
	else if (!(seg->flags & TCP_ACK))
		accept_crossing_syn(tcb, bits);
	else if (tcb->cc.ecn == TCP_ECN_ASKS_ACCURATE)
		read_synack_accurate(tcb, bits);
	else
		read_synack(tcb, bits);
}

/* A server that has no memory for AccECN says that it knows no ECN (RFC 9768 3.1.5: "not willing"). */
void tcp_ecn_settle(struct stack *stack, struct tcb *tcb)
{
	if (tcb->cc.ecn != TCP_ECN_ACCURATE)
		tcp_accurate_end(stack, tcb);
	else if (tcb->cc.accurate == NULL && !tcp_accurate_begin(stack, tcb))
		tcb->cc.ecn = TCP_ECN_OFF;
}

bool tcp_ecn_reread_syn(struct tcb *tcb, const struct tcp_segment *seg)
{
	uint16_t bits = seg->flags & ECN_BITS;

	tcb->cc.syn_ecn = seg->ip_ecn & IP_ECN_MASK; /* RFC 9768 3.1.5: of the latest */
	if (tcb->cc.ecn == TCP_ECN_ACCURATE) {
		tcb->cc.accurate->no_ect |= bits == 0;
		return bits != ECN_SETUP;
	}
	if (tcb->cc.ecn != TCP_ECN_ON)
		return true;
	/* 6.1.1.1: the peer has given up asking, so our first answer did not get through */
	if (bits == 0)
		tcb->cc.ecn = TCP_ECN_OFF;
	return bits == 0 || bits == ECN_SETUP;
}

/* --- sending --------------------------------------------------------------------------------- */

static bool is_retransmission(const struct tcp_send *send)
{
	return send->note & TCP_NOTE_RETRANSMIT;
}

bool tcp_ecn_capable(const struct tcb *tcb, const struct tcp_send *send)
{
	if (tcb->cc.ecn < TCP_ECN_ON || send->data_len == 0 || is_retransmission(send))
		return false;
	return tcb->cc.ecn == TCP_ECN_ON || (tcb->cc.ecn == TCP_ECN_ACCURATE &&
					     !tcb->cc.accurate->no_ect);
}

/* The network may have lost a first one because of these: 6.1.1.1 (once), RFC 9768 3.1.4.1 (twice). */
static uint16_t syn_flags(const struct tcb *tcb, const struct tcp_send *send)
{
	if (tcb->cc.ecn == TCP_ECN_ASKS_ACCURATE)
		return tcb->snd.attempts < SYNS_THAT_ASK ? ECN_BITS : 0;
	return tcb->cc.ecn == TCP_ECN_ASKS && !is_retransmission(send) ? ECN_SETUP : 0;
}

/* RFC 9768 3.2.3.2.2: after a second timeout without, though the mode stays. */
static uint16_t synack_flags(const struct tcb *tcb)
{
	if (tcb->cc.ecn == TCP_ECN_ACCURATE)
		return tcb->snd.attempts < SYNS_THAT_ASK ? tcp_accurate_echo(tcb) : 0;
	return tcb->cc.ecn == TCP_ECN_ON ? TCP_ECE : 0;
}

uint16_t tcp_ecn_flags(const struct tcb *tcb, const struct tcp_send *send)
{
	if (send->flags & TCP_SYN)
		return send->flags & TCP_ACK ? synack_flags(tcb) : syn_flags(tcb, send);
	if (tcb->cc.ecn == TCP_ECN_ACCURATE)
		return tcp_accurate_ace(tcb, send);
	return (uint16_t)((tcb->cc.ecn_echo ? TCP_ECE : 0) |
			  (tcb->cc.ecn_reduced && tcp_ecn_capable(tcb, send) ? TCP_CWR : 0));
}

static void syn_was_sent(struct tcb *tcb, const struct tcp_send *send)
{
	if (send->flags & TCP_ACK) {
		if (tcb->cc.accurate != NULL && synack_flags(tcb) == 0)
			tcb->cc.accurate->no_ect = true; /* RFC 9768 3.1.5 */
	} else if (is_retransmission(send) && tcb->cc.ecn == TCP_ECN_ASKS) {
		tcb->cc.ecn = TCP_ECN_ECHOES;
	}
}

void tcp_ecn_sent(struct tcb *tcb, const struct tcp_send *send)
{
	if (send->flags & TCP_SYN)
		syn_was_sent(tcb, send);
	else if (tcb->cc.ecn == TCP_ECN_ACCURATE)
		tcp_accurate_sent(tcb);
	else if (tcp_ecn_capable(tcb, send))
		tcb->cc.ecn_reduced = false;
}

/* --- 6.1.2: the sender reacts ---------------------------------------------------------------- */

void tcp_ecn_check_ack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	tcb->cc.ece_received = false;
	/* never half a cycle behind */
	tcb->cc.reduced_at = seq_max(tcb->cc.reduced_at, tcb->snd.una);
	if (tcb->cc.ecn < TCP_ECN_ON)
		return;
	if (tcb->cc.ecn == TCP_ECN_ACCURATE) {
		tcp_accurate_first(tcb, seg);
		return;
	}
	/* "At most once for each window of data": what was sent before the last reduction met the
	 * queue that it was made for, whether a mark or a loss had reported it. */
	tcb->cc.ece_received = seg->flags & TCP_ECE;
	if (!tcb->cc.ece_received || seq_leq(seg->ack, tcb->cc.reduced_at))
		return;
	stack->counters.tcp_ecn_reductions++;
	tcp_congestion_marked(tcb, tcb_flight(tcb), seg->now_ns);
}

/* --- 6.1.3: the receiver tells --------------------------------------------------------------- */

/* Only data inside the window counts (6.1.5): the rest may be forged.  A CWR answers the marks
 * before it, not the one on its own segment. */
void tcp_ecn_check_data(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	if (tcb->cc.ecn == TCP_ECN_ACCURATE) {
		tcp_accurate_came(stack, tcb, seg);
		return;
	}
	if (seg->data_len == 0 || (tcb->cc.ecn != TCP_ECN_ON && tcb->cc.ecn != TCP_ECN_ECHOES))
		return;
	if (seg->flags & TCP_CWR)
		tcb->cc.ecn_echo = false;
	tcb->cc.ecn_seen |= seg->ip_ecn != IP_ECN_NOT_ECT;
	if (seg->ip_ecn != IP_ECN_CE)
		return;
	stack->counters.tcp_ecn_marks++;
	tcb->cc.ecn_echo = true;
}
