/*
 * SPDX-License-Identifier: MIT
 *
 * Accurate ECN (RFC 9768): the receiver does not say that something was marked, but counts.  What ECE,
 * CWR and AE are on a SYN they are no longer behind it: together they are a counter of packets that
 * came marked, modulo 8 (ACE), in every segment; and an option counts bytes by how they came.
 *
 *      SYN      AE CWR ECE  1 1 1      SYN-ACK   0 1 0  the SYN came as Not-ECT     data  ACE, option
 *                                                0 1 1  as ECT(1)   1 0 0  as ECT(0)
 *                                                1 1 0  marked                     ACK   the same, of the SYN-ACK
 *
 * How the mode is agreed on stands in ecn.c.  What a mark leads to is what it was (RFC 3168 6.1.2):
 * one reduction in a round trip.  All that is counted by the peer is believed as far as these hold:
 * what we send is marked as ECN-capable only while nothing says that the field is mangled on its way.
 *
 * NOT DONE: RFC 9768 3.2.2.3, noticing that all packets are marked; 3.2.3.2.2, noticing that ACKs with
 * the option are lost ("MAY"); 3.1.4.1, remembering paths that lose such SYNs.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define ACE_SHIFT 6 /* ECE is its lowest bit */
#define ACE_MASK 7u
#define CEP_FIRST 5u /* 3.2.1 */
#define MARKS_WITH_TEXT 2 /* 3.2.2.5.1: so many since the last ACK bring one */
#define MARKS_WITHOUT 3
#define FIELD_MASK UINT32_C(0xffffff)

static uint8_t ace_of(const struct tcp_segment *seg)
{
	return seg->flags >> ACE_SHIFT & ACE_MASK;
}

static bool is_pure_ack(const struct tcp_segment *seg)
{
	return seg->data_len == 0 && !(seg->flags & (TCP_SYN | TCP_FIN)) && seg->opt.n_sack == 0;
}

bool tcp_accurate_begin(struct stack *stack, struct tcb *tcb)
{
	if (tcb->cc.accurate == NULL)
		tcb->cc.accurate = stack->port->alloc(stack->port->ctx, sizeof(*tcb->cc.accurate));
	if (tcb->cc.accurate == NULL) {
		stack->counters.tcp_no_memory++;
		return false;
	}
	/* 3.2.1 */
	*tcb->cc.accurate = (struct tcp_accurate){
		.r_cep = CEP_FIRST, .s_cep = CEP_FIRST,
		.r_e0b = 1, .r_e1b = 1, .s_e0b = 1, .s_e1b = 1,
		.reported_e0b = 1, .reported_e1b = 1,
	};
	return true;
}

void tcp_accurate_end(struct stack *stack, struct tcb *tcb)
{
	if (tcb->cc.accurate != NULL)
		stack->port->free(stack->port->ctx, tcb->cc.accurate, sizeof(*tcb->cc.accurate));
	tcb->cc.accurate = NULL;
}

/* --- the handshake --------------------------------------------------------------------------- */

/* Tables 2 and 3 */
uint16_t tcp_accurate_echo(const struct tcb *tcb)
{
	static const uint16_t bits[] = {
		[IP_ECN_NOT_ECT] = TCP_CWR, [IP_ECN_ECT1] = TCP_CWR | TCP_ECE,
		[IP_ECN_ECT0] = TCP_AE, [IP_ECN_CE] = TCP_AE | TCP_CWR};

	return bits[tcb->cc.syn_ecn];
}

/* Our SYN, or SYN-ACK, left as Not-ECT: it cannot have arrived otherwise (3.2.2.3).  Values that mean
 * nothing yet say nothing. */
static bool is_mangled(uint8_t ace)
{
	return ace == 3 || ace == 4 || ace == 6;
}

static void reduce(struct stack *stack, struct tcb *tcb, uint32_t flight, uint64_t now_ns)
{
	stack->counters.tcp_ecn_reductions++;
	tcp_congestion_marked(tcb, flight, now_ns);
}

/* 3.2.2.2: it counts as a mark though the SYN was not to be marked. */
void tcp_accurate_opened(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	struct tcp_accurate *a = tcb->cc.accurate;
	uint8_t ace = ace_of(seg);

	if (tcb->cc.ecn != TCP_ECN_ACCURATE)
		return;
	a->reported_ts = tcb->agreed.ts_recent;
	a->no_ect |= is_mangled(ace);
	a->handshake_ack = a->awaits_first = true;
	a->r_cep += seg->ip_ecn == IP_ECN_CE;
	tcp_accurate_read_option(tcb, seg);
	if (ace == 6)
		reduce(stack, tcb, tcb->cc.cwnd, seg->now_ns);
}

/* 3.2.2.1, table 4: on a pure ACK it says how our SYN-ACK came. */
void tcp_accurate_third_ack(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	struct tcp_accurate *a = tcb->cc.accurate;
	uint8_t ace = ace_of(seg);

	if (tcb->cc.ecn != TCP_ECN_ACCURATE)
		return;
	tcp_accurate_read_option(tcb, seg);
	a->reported_ts = tcb->agreed.ts_recent;
	a->awaits_first = true;
	if (!is_pure_ack(seg)) {
		tcp_accurate_first(tcb, seg);
		return;
	}
	if (ace == 0)
		a->no_ect = a->deaf = true;
	a->no_ect |= is_mangled(ace);
	if (ace != 6)
		return;
	a->s_cep++;
	reduce(stack, tcb, tcb->cc.cwnd, seg->now_ns);
}

/* 3.2.2.4: no counter begins with 0. */
void tcp_accurate_first(struct tcb *tcb, const struct tcp_segment *seg)
{
	struct tcp_accurate *a = tcb->cc.accurate;

	if (!a->awaits_first || (seg->flags & TCP_SYN))
		return;
	a->awaits_first = false;
	if (ace_of(seg) == 0)
		a->no_ect = a->deaf = true;
}

/* 3.2.2.1: so does the ACK of a SYN-ACK that came again.  "No SACK blocks": where there are some the
 * server has left SYN-RECEIVED, and would take it for a counter. */
void tcp_accurate_synack_again(struct tcb *tcb, const struct tcp_segment *seg)
{
	if (tcb->cc.accurate == NULL || tcb->life.passive || tcb->rcv.reassembly != NULL ||
	    seg->seq != tcb->rcv.irs ||
	    (seg->flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK) || ace_of(seg) < 2)
		return;
	tcb->cc.syn_ecn = seg->ip_ecn & IP_ECN_MASK;
	tcb->cc.accurate->handshake_ack = true;
	if (seg->ip_ecn == IP_ECN_CE && tcb->cc.accurate->r_cep == CEP_FIRST)
		tcb->cc.accurate->r_cep++; /* once, however many come */
}

void tcp_accurate_synack_unanswered(struct tcb *tcb)
{
	if (tcb->cc.accurate != NULL && !tcb->rcv.ack_now)
		tcb->cc.accurate->handshake_ack = false;
}

/* --- receiving ------------------------------------------------------------------------------- */

static void count_bytes(struct tcp_accurate *a, const struct tcp_segment *seg)
{
	switch (seg->ip_ecn) {
	case IP_ECN_ECT0: a->r_e0b += seg->data_len; break;
	case IP_ECN_ECT1: a->r_e1b += seg->data_len; break;
	case IP_ECN_CE: a->r_ceb += seg->data_len; break;
	default: break;
	}
}

/* 3.2.2.5.1: a mark behind what was not marked, and each n-th, bring an ACK.  Of a packet that was old
 * in part the rest counts. */
void tcp_accurate_came(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	struct tcp_accurate *a = tcb->cc.accurate;
	bool waits = seg->data_len > 0 || tcb->rcv.nxt != tcb->rcv.acked;
	bool changed = a->last_field != IP_ECN_CE;

	count_bytes(a, seg);
	tcb->cc.ecn_seen |= seg->ip_ecn != IP_ECN_NOT_ECT;
	a->last_field = seg->ip_ecn;
	if (seg->ip_ecn != IP_ECN_CE)
		return;
	stack->counters.tcp_ecn_marks++;
	a->r_cep++;
	a->marks_unreported++;
	if ((changed && seg->data_len > 0) ||
	    a->marks_unreported >= (waits ? MARKS_WITH_TEXT : MARKS_WITHOUT)) {
		tcp_rcv_owe_ack(tcb);
		tcp_work_add(stack, tcb);
	}
}

uint16_t tcp_accurate_ace(const struct tcb *tcb, const struct tcp_send *send)
{
	const struct tcp_accurate *a = tcb->cc.accurate;

	if (a->handshake_ack && send->data_len == 0 && !(send->flags & TCP_FIN))
		return tcp_accurate_echo(tcb);
	return (uint16_t)((a->r_cep & ACE_MASK) << ACE_SHIFT);
}

void tcp_accurate_sent(struct tcb *tcb)
{
	tcb->cc.accurate->handshake_ack = false;
	tcb->cc.accurate->marks_unreported = 0;
}

/* --- sending --------------------------------------------------------------------------------- */

/* 3.2.2.2, A.1: an ACK that another may have overtaken says nothing.  One that was overtaken may bring a
 * new SACK block all the same; its number, or its timestamp, gives it away. */
static bool is_superseded(struct tcb *tcb, const struct tcp_segment *seg,
			  const struct tcp_ack_info *ack_info)
{
	int32_t later = tcb->agreed.timestamps && seg->opt.has_timestamps
				? (int32_t)(seg->opt.ts_val - tcb->cc.accurate->reported_ts) : 0;

	if (later > 0 || ack_info->acked > 0)
		tcb->cc.accurate->reported_ts = seg->opt.ts_val;
	if (seq_lt(seg->ack, tcb->snd.una))
		return true;
	return ack_info->acked == 0 && (later < 0 || (later == 0 && ack_info->segments == 0));
}

/* 3.2.2.5.2: what the counter has moved by, at least `least`; when it may have gone round, the most
 * that it can be.  Where an option says that no byte was marked, or no more than these, it has not. */
static uint32_t newly_marked(const struct tcb *tcb, const struct tcp_ack_info *ack_info, uint32_t least,
			     bool has_bytes, uint32_t bytes)
{
	if (ack_info->segments <= ACE_MASK ||
	    (has_bytes && bytes <= least * tcb_eff_mss(tcb)))
		return least;
	return ack_info->segments - ((ack_info->segments - least) & ACE_MASK);
}

void tcp_accurate_feedback(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg,
		       const struct tcp_ack_info *ack_info)
{
	struct tcp_accurate *a = tcb->cc.accurate;
	uint32_t before = a->s_ceb, least, marked;
	bool has_bytes;

	if (is_superseded(tcb, seg, ack_info))
		return;
	has_bytes = tcp_accurate_read_option(tcb, seg);
	least = (ace_of(seg) - a->s_cep) & ACE_MASK;
	marked = newly_marked(tcb, ack_info, least, has_bytes, a->s_ceb - before);
	a->s_cep += marked;
	/* 3.2.3.2.5: bytes were marked, and no packet */
	if (a->s_ceb != before && marked == 0)
		a->no_ect = true;
	if (marked == 0 || a->deaf)
		return;
	tcb->cc.delivered_ce += marked;
	tcb->cc.ece_received = true;
	if (seq_gt(seg->ack, tcb->cc.reduced_at)) /* once a window, as in ecn.c */
		reduce(stack, tcb, tcb_flight(tcb), seg->now_ns);
}

/* --- the option ------------------------------------------------------------------------------ */

/* 3.2.3.1: the counter moves on to what its lowest 24 bits are now. */
static void follow(uint32_t *counter, uint32_t field)
{
	*counter += (field - *counter) & FIELD_MASK;
}

/* 3.2.3.2.4: neither begins with 0. */
static bool is_zeroed(const struct tcp_accecn_option *o)
{
	return (o->n > 0 && o->field[0] == 0) || (o->n > 2 && o->field[2] == 0);
}

/* True where it says how many bytes were marked: so does one without that field, as long as there never
 * was one (3.2.3.3: a field for every counter that has changed; later it may have been left out). */
bool tcp_accurate_read_option(struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_accecn_option *o = &seg->opt.accecn;
	struct tcp_accurate *a = tcb->cc.accurate;
	bool order_1 = o->kind == TCP_OPT_ACCECN1;

	if (o->kind == 0)
		return false;
	if (!a->option_seen)
		a->options_bad = is_zeroed(o);
	a->option_seen = true;
	if (a->options_bad)
		return false;
	if (o->n > 0)
		follow(order_1 ? &a->s_e1b : &a->s_e0b, o->field[0]);
	if (o->n > 1)
		follow(&a->s_ceb, o->field[1]);
	if (o->n > 2)
		follow(order_1 ? &a->s_e0b : &a->s_e1b, o->field[2]);
	return o->n > 1 || (o->n == 1 && a->s_ceb == 0);
}

static bool has_unreported(const struct tcp_accurate *a)
{
	return a->reported_e0b != a->r_e0b || a->reported_e1b != a->r_e1b || a->reported_ceb != a->r_ceb;
}

/* 3.2.3.3: a field for every counter that has ever moved, in the order that makes it shorter. */
static struct tcp_accecn_option fields(const struct tcp_accurate *a)
{
	bool order_1 = a->r_e1b != 1 && a->r_e0b == 1;
	struct tcp_accecn_option o = {
		.kind = order_1 ? TCP_OPT_ACCECN1 : TCP_OPT_ACCECN0,
		.n = a->r_ceb != 0 ? 2 : 1,
		.field = {order_1 ? a->r_e1b : a->r_e0b, a->r_ceb, order_1 ? a->r_e0b : a->r_e1b},
	};

	if (!order_1 && a->r_e1b != 1)
		o.n = 3;
	return o;
}

/* It fits, perhaps with fewer SACK blocks than there are, but not fewer than two. */
static bool make_room(const struct tcb *tcb, struct tcp_options *opt, uint32_t data_len)
{
	size_t room = data_len > 0 ? MIN((size_t)TCP_OPTIONS_MAX, (size_t)tcb->snd.mss - data_len)
				   : TCP_OPTIONS_MAX;

	while (opt->n_sack > 2 && tcp_options_len(opt) > room)
		opt->n_sack--;
	return tcp_options_len(opt) <= room;
}

/* 3.2.3.2.1: the SYN-ACK has one, the ACK of it, and the first segment with payload; then those that tell
 * something.  3.2.3.2.2: what goes again has none, and where that is the first payload of all, nothing
 * has one any more. */
void tcp_accurate_add_option(struct tcb *tcb, struct tcp_options *opt, const struct tcp_send *send)
{
	struct tcp_accurate *a = tcb->cc.accurate;
	bool first = send->data_len > 0 && send->seq == tcb->snd.iss + 1;
	bool handshake = (send->flags & TCP_SYN) || a->handshake_ack;
	uint8_t n_sack = opt->n_sack;

	if (tcb->cc.ecn != TCP_ECN_ACCURATE)
		return;
	if (send->note & TCP_NOTE_RETRANSMIT) {
		a->options_off |= first && a->first_had_one;
		return;
	}
	if (a->options_off || !(first || handshake || has_unreported(a)))
		return;
	opt->accecn = fields(a);
	if (handshake)
		opt->accecn.n = 3;
	if (!make_room(tcb, opt, send->data_len)) {
		opt->n_sack = n_sack;
		opt->accecn.kind = 0;
		return;
	}
	a->first_had_one |= first; /* if it is lost */
	a->reported_e0b = a->r_e0b;
	a->reported_e1b = a->r_e1b;
	a->reported_ceb = a->r_ceb;
}
