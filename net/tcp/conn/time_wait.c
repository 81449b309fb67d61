/*
 * SPDX-License-Identifier: MIT
 *
 * TIME-WAIT (RFC 9293 3.6.1): two MSL in which old segments of the connection die out; and how its
 * four-tuple is used again before that, where it is safe.
 *
 * Safe means that nothing old can be mistaken for something new: a SYN with a later timestamp, or
 * with a sequence number beyond everything that the peer has used, opens a new connection through
 * the listener (RFC 6191, SHLD-4, MAY-2); our own SYN may take the place of a TIME-WAIT whose peer
 * will see our later timestamp.  Either way the new connection's numbers begin beyond the old
 * one's.  What is left of a connection here is its TCB: the buffers go back at once.
 *
 * DEVIATION: a RST in TIME-WAIT is ignored; 3.10.7.4, second, would delete the TCB, and with it
 * what protects the next connection (RFC 1337: assassination by an old duplicate).
 *
 * DEVIATION: MUST-13 for the oldest where more than net_options.max_time_wait are in TIME-WAIT: it
 * ends before its two MSL, so that a peer cannot fill the memory with them.
 */
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define REUSE_AFTER_NS NS_PER_S /* the timestamp clock has ticked since our last segment */

/* --- the list of them, the oldest first -------------------------------------------------------- */

static void append(struct tcp_layer *layer, struct tcb *tcb)
{
	tcb->places.time_wait_next = NULL;
	tcb->places.time_wait_prev = layer->time_wait_last;
	*layer->time_wait_last = tcb;
	layer->time_wait_last = &tcb->places.time_wait_next;
	layer->n_time_wait++;
}

void tcp_time_wait_remove(struct stack *stack, struct tcb *tcb)
{
	struct tcp_layer *layer = stack->tcp;

	*tcb->places.time_wait_prev = tcb->places.time_wait_next;
	if (tcb->places.time_wait_next != NULL)
		tcb->places.time_wait_next->places.time_wait_prev = tcb->places.time_wait_prev;
	else
		layer->time_wait_last = tcb->places.time_wait_prev;
	layer->n_time_wait--;
}

void tcp_enter_time_wait(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	struct tcp_layer *layer = stack->tcp;

	if (tcb->life.state == TCP_TIME_WAIT)
		tcp_time_wait_remove(stack, tcb);
	append(layer, tcb);
	if (layer->n_time_wait > stack->options.max_time_wait) {
		stack->counters.tcp_time_wait_evicted++;
		tcp_end(stack, layer->time_wait_first, ERR_OK);
	}
	tcp_set_state(stack, tcb, TCP_TIME_WAIT);
	tcp_timer_clear(stack, tcb, TCP_TIMER_RETRANSMIT);
	tcp_timer_clear(stack, tcb, TCP_TIMER_PERSIST);
	tcp_timer_clear(stack, tcb, TCP_TIMER_BUFFER);
	tcp_drop_send_buffer(tcb); /* all of it is acknowledged */
	tcp_loss_free_records(stack, tcb);
	/* MUST-13 */
	tcp_timer_set(stack, tcb, TCP_TIMER_CLOSE, now_ns + TCP_TIME_WAIT_NS);
}

/* --- the peer opens again -------------------------------------------------------------------- */

/* RFC 6191 2.  A SYN with timestamps after a connection without is judged by its number all the
 * same: we take segments without the option (check.c), so PAWS alone would not protect. */
static bool syn_is_new(const struct tcb *tcb, const struct tcp_segment *seg)
{
	bool beyond = seq_geq(seg->seq, tcb->rcv.nxt);
	int32_t later;

	if (!tcb->agreed.timestamps || !seg->opt.has_timestamps)
		return beyond;
	later = (int32_t)(seg->opt.ts_val - tcb->agreed.ts_recent);
	return later > 0 || (later == 0 && beyond);
}

enum tcp_verdict tcp_time_wait_syn(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	struct tcb *listener;

	/* A FIN beside it: no listener takes that */
	if ((seg->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN ||
	    !syn_is_new(tcb, seg))
		return TCP_CONTINUE;
	listener = tcp_find_listener(stack, &seg->local);
	if (listener == NULL)
		return TCP_CONTINUE;
	tcp_listen_reopen(stack, listener, tcb, seg);
	return TCP_DONE;
}

/* --- we open again --------------------------------------------------------------------------- */

bool tcp_may_replace(const struct tcb *old, uint64_t now_ns)
{
	uint64_t began_ns = old->timers.deadline_ns[TCP_TIMER_CLOSE] - TCP_TIME_WAIT_NS;

	return old->life.state == TCP_TIME_WAIT && old->agreed.timestamps &&
	       now_ns >= began_ns + REUSE_AFTER_NS;
}

void tcp_replace(struct stack *stack, struct tcb *old, struct tcb *tcb)
{
	tcp_begin_beyond(tcb, old->snd.nxt);
	stack->counters.tcp_time_wait_reused++;
	tcp_end(stack, old, ERR_OK);
}

/* --- the end of a range ------------------------------------------------------------------------ */

static void abandon(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	uint64_t ends_ns = tcb->timers.deadline_ns[TCP_TIMER_CLOSE];

	event_emit(stack->port->events, EVENT_TCP_TIME_WAIT_ABANDONED, tcb->id.number, 0,
		   EV_U64("remaining_ms", ends_ns > now_ns ? (ends_ns - now_ns) / NS_PER_MS : 0));
	tcp_end(stack, tcb, ERR_OK);
}

void tcp_abandon_time_wait(struct stack *stack, uint64_t now_ns)
{
	while (stack->tcp->time_wait_first != NULL)
		abandon(stack, stack->tcp->time_wait_first, now_ns);
}
