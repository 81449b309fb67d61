/*
 * SPDX-License-Identifier: MIT
 *
 * RFC 9293 3.10.7.4, seventh and eighth: the segment's payload goes to the user, and the peer's FIN
 * ends the stream.
 *
 * Received packets are kept as they are (while the device has buffers enough): in the receive queue, which is in order, or in the
 * reassembly; tcp_receive() is the only copy.  Since a packet occupies more memory than its payload,
 * small texts are copied into the room behind the previous one, and all that fit are once memory
 * has run ahead of the window, so that a flood of tiny segments costs no more than about three
 * times the bytes of the window.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "base/string.h"
#include "net/awaited.h"

uint32_t tcp_packet_memory(const struct pktbuf *pkt)
{
	return (uint32_t)pktbuf_block_size(pkt);
}

bool tcp_coalesce(struct tcb *tcb, struct pktbuf *last, struct pktbuf *pkt)
{
	size_t len = pktbuf_len(pkt);
	void *at;

	if (last == NULL ||
	    (4 * len > tcp_packet_memory(pkt) && tcb->rcv.memory <= tcb->rcv.buf_size / 2 * 3))
		return false;
	at = pktbuf_put(last, len);
	if (at == NULL)
		return false;
	memcpy(at, pkt->data, len);
	tcb->rcv.memory -= tcp_packet_memory(pkt);
	pktbuf_free(pkt);
	return true;
}

void tcp_discard_received(struct tcb *tcb)
{
	struct pktbuf *pkt;

	while ((pkt = pktbuf_queue_pop(&tcb->rcv.queue)) != NULL) {
		tcb->rcv.memory -= tcp_packet_memory(pkt);
		pktbuf_free(pkt);
	}
	tcb->rcv.unread = 0;
}

/* --- in order -------------------------------------------------------------------------------- */

/* `pkt` holds the payload at RCV.NXT; its memory is counted already. */
static void append(struct tcb *tcb, struct pktbuf *pkt)
{
	uint32_t len = (uint32_t)pktbuf_len(pkt);

	tcb->rcv.nxt += len;
	tcb->rcv.bytes += len;
	if (tcb->rcv.closed) {
		tcb->rcv.memory -= tcp_packet_memory(pkt);
		pktbuf_free(pkt);
		return;
	}
	tcb->rcv.unread += len;
	if (!tcp_coalesce(tcb, tcb->rcv.queue.last, pkt))
		pktbuf_queue_push(&tcb->rcv.queue, pkt);
}

/* The first run has been reached: its packets follow, without what has come meanwhile. */
static void append_range(struct tcb *tcb, struct pktbuf *chain, uint32_t start)
{
	while (chain != NULL) {
		struct pktbuf *pkt = chain;
		uint32_t len = (uint32_t)pktbuf_len(pkt);
		uint32_t old = MIN(len, tcb->rcv.nxt - start);

		chain = pkt->next;
		start += len;
		pktbuf_pull(pkt, old);
		if (old < len) {
			append(tcb, pkt);
		} else {
			tcb->rcv.memory -= tcp_packet_memory(pkt);
			pktbuf_free(pkt);
		}
	}
}

/* True when a hole was filled by what has just come. */
static bool append_reassembled(struct stack *stack, struct tcb *tcb)
{
	struct pktbuf *chain;
	struct tcp_range range;
	bool filled = false;

	while ((chain = tcp_reassembly_remove_first(stack, tcb, &range)) != NULL) {
		append_range(tcb, chain, range.start);
		filled = true;
	}
	return filled;
}

/* RFC 9293 3.8.6.3, RFC 5681 4.2: at least every second segment at once, and what fills a hole; a
 * young connection every segment, so that the peer's window opens quickly.
 * DEVIATION: within one batch of received frames it is one ACK for all of them (SHLD-19 would have
 * one for each second segment): the batch is what a busy machine finds when it looks. */
static void schedule_ack(struct stack *stack, struct tcb *tcb, bool filled_hole, uint64_t now_ns)
{
	bool quick = tcb->rcv.quick_acks > 0;

	if (quick)
		tcb->rcv.quick_acks--;
	if (++tcb->rcv.ack_segments >= 2 || quick || filled_hole || tcb->rcv.reassembly != NULL)
		tcb->rcv.ack_now = true;
	if (tcb->rcv.ack_now)
		tcp_work_add(stack, tcb);
	else if (!tcp_timer_is_set(tcb, TCP_TIMER_DELAYED_ACK))
		tcp_timer_set(stack, tcb, TCP_TIMER_DELAYED_ACK, now_ns + TCP_DELAYED_ACK_NS);
}

static void accept_in_order(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	bool held = tcb->rcv.reassembly != NULL, filled = false;

	tcb->rcv.memory += tcp_packet_memory(seg->pkt);
	tcp_clear_refused(stack, tcb);
	if (held)
		tcp_reassembly_meets(tcb, seg);
	append(tcb, seg->pkt);
	seg->pkt = NULL;
	if (held)
		filled = append_reassembled(stack, tcb);
	if (tcb->rcv.buf_size < tcb->rcv.buf_max)
		tcp_tune(tcb, seg);
	schedule_ack(stack, tcb, filled, seg->now_ns);
}

/* --- the step -------------------------------------------------------------------------------- */

/* Bytes behind the peer's FIN are no part of the stream. */
static void trim_behind_fin(const struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t end = seg->seq + seg->data_len;

	if (!tcb->rcv.fin_known || seq_leq(end, tcb->rcv.fin))
		return;
	seg->data_len -= MIN(seg->data_len, end - tcb->rcv.fin);
	pktbuf_trim(seg->pkt, seg->data_len);
}

/* Where memory for what is unread is nearly gone, a connection that has something unread gets none of the rest: it is
 * for those that are read at once, however many there are that are not. */
static struct pktbuf *keep(struct stack *stack, const struct tcb *tcb, struct pktbuf *pkt)
{
	if (tcb->rcv.memory == 0 || pktbuf_may_retain_more(&stack->kept_pool, pkt))
		return pktbuf_retain(&stack->kept_pool, pkt);
	pktbuf_free(pkt);
	return NULL;
}

enum tcp_verdict tcp_process_payload(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	if (tcb->life.state != TCP_ESTABLISHED && tcb->life.state != TCP_FIN_WAIT_1 &&
	    tcb->life.state != TCP_FIN_WAIT_2)
		return TCP_CONTINUE; /* the peer has sent a FIN: "ignore the segment text" */
	trim_behind_fin(tcb, seg);
	if (seg->data_len == 0)
		return TCP_CONTINUE;
	/* RFC 9293 3.6.1, SHLD-3: the user has closed both ways, this payload is lost, and the peer
	 * shall know */
	if (!tcb->life.owned && tcb->life.state != TCP_ESTABLISHED) {
		tcp_abort_with(stack, tcb, TCP_RESET_DATA_AFTER_CLOSE, seg->now_ns);
		return TCP_DONE;
	}
	seg->pkt = keep(stack, tcb, seg->pkt);
	if (seg->pkt == NULL) { /* as if it had been lost on its way: the peer sends it again */
		stack->counters.tcp_no_memory++;
		return TCP_CONTINUE;
	}
	tcb->rcv.data_received_at = tcp_tick(seg->now_ns);
	if (seg->seq == tcb->rcv.nxt) {
		accept_in_order(stack, tcb, seg);
		return TCP_CONTINUE;
	}
	/* RFC 5681 4.2: a duplicate ACK at once, one for each, or the peer cannot count them */
	stack->counters.tcp_out_of_order++;
	tcp_reassembly_insert(stack, tcb, seg);
	tcp_send_ack(stack, tcb, seg->now_ns);
	return TCP_CONTINUE;
}

/* --- before ESTABLISHED ----------------------------------------------------------------------- */

void tcp_queue_payload(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	if (seg->flags & TCP_FIN) { /* whose turn it is once all before it is here */
		tcb->rcv.fin = seg->fin_seq;
		tcb->rcv.fin_known = true;
	}
	if (seg->data_len == 0)
		return;
	seg->pkt = pktbuf_retain(&stack->kept_pool, seg->pkt);
	if (seg->pkt != NULL)
		tcp_reassembly_insert(stack, tcb, seg);
	else
		stack->counters.tcp_no_memory++;
}

void tcp_deliver_queued(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	schedule_ack(stack, tcb, append_reassembled(stack, tcb), now_ns);
}

/* --- FIN ------------------------------------------------------------------------------------- */

static void fin_in_order(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	event_emit(stack->port->events, EVENT_TCP_FIN_RCVD, tcb->id.number, 0,
		   EV_U64("tcp_seq", tcb->rcv.fin));
	tcb->rcv.nxt++; /* "advance RCV.NXT over the FIN, and send an acknowledgment for the FIN" */
	tcb->rcv.adv = seq_max(tcb->rcv.adv, tcb->rcv.nxt);
	tcp_reassembly_free(stack, tcb);
	tcb->rcv.ack_now = true;
	tcp_work_add(stack, tcb);
	switch (tcb->life.state) {
	case TCP_SYN_RECEIVED:
	case TCP_ESTABLISHED:
		tcp_set_state(stack, tcb, TCP_CLOSE_WAIT);
		break;
	case TCP_FIN_WAIT_1: /* ours is not acknowledged yet, or the fifth step had moved on */
		tcp_set_state(stack, tcb, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT_2:
		tcp_enter_time_wait(stack, tcb, now_ns);
		break;
	default:
		break;
	}
}

/* Behind the last byte that is held, in order or not. */
static uint32_t end_of_payload(const struct tcb *tcb)
{
	const struct tcp_reassembly *r = tcb->rcv.reassembly;

	return r != NULL && r->n_ranges > 0 ? r->ranges[r->n_ranges - 1].end : tcb->rcv.nxt;
}

void tcp_check_fin(struct stack *stack, struct tcb *tcb, const struct tcp_segment *seg)
{
	bool fin = seg->flags & TCP_FIN;

	if (fin && !tcb->rcv.fin_known) {
		tcb->rcv.fin = seg->fin_seq;
		/* A FIN in the middle of what we hold already is nonsense from a stranger, and when
		 * the hole before it is filled RCV.NXT would step over it; in order it counts. */
		tcb->rcv.fin_known = tcb->rcv.fin == tcb->rcv.nxt ||
				     seq_geq(tcb->rcv.fin, end_of_payload(tcb));
	}
	if (tcb->rcv.fin_known && tcb->rcv.nxt == tcb->rcv.fin)
		fin_in_order(stack, tcb, seg->now_ns);
	else if (fin && seg->data_len == 0 && seq_lt(tcb->rcv.nxt, seg->fin_seq))
		tcp_send_ack(stack, tcb, seg->now_ns); /* RFC 5681 4.2, as for payload */
}
