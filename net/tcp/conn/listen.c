/*
 * SPDX-License-Identifier: MIT
 *
 * The passive side: LISTEN (RFC 9293 3.10.7.2), the connections that are half open, and the queue
 * of those that wait to be accepted.  Steps 9-11 of the sixteen happen here, 12 in sent.c.
 *
 * Both are bounded, so a flood of SYNs costs a fixed amount of memory.  While the queue of half-open
 * ones is full, cookies let honest clients in (cookie.c); while as many wait to be accepted as may,
 * neither a SYN nor the handshake's last ACK is taken, and the client tries again.
 */
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/tcb.h"

#define BACKLOG_MAX 1024u
#define HALF_OPEN_MIN 16u /* small backlogs get this much: half-open ones cost little */

static uint32_t half_open_max(const struct tcb *listener)
{
	return MAX(listener->backlog.max, HALF_OPEN_MIN);
}

int tcp_listen(struct stack *stack, struct tcb *tcb, unsigned backlog)
{
	const struct net_endpoint any = net_endpoint_ipv4(0, 0);

	if (tcb->life.state == TCP_LISTEN) {
		tcb->backlog.max = MIN(MAX(backlog, 1u), BACKLOG_MAX);
		return ERR_OK;
	}
	if (tcb->life.state != TCP_CLOSED || tcb->life.used)
		return ERR_INVAL;
	if (!tcb->id.bound) {
		int err = tcp_bind(stack, tcb, &any);

		if (err != ERR_OK)
			return err;
	}
	if (tcp_find_listener(stack, &tcb->id.local) != NULL)
		return ERR_ADDRINUSE; /* bound before that one listened */
	tcb->backlog.max = MIN(MAX(backlog, 1u), BACKLOG_MAX);
	tcp_bound_remove(stack, tcb);
	tcp_listener_insert(stack, tcb);
	tcp_set_state(stack, tcb, TCP_LISTEN);
	return ERR_OK;
}

void tcp_unlisten(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcp_listen_close(stack, tcb, now_ns);
	tcp_end(stack, tcb, ERR_OK);
	tcp_bound_insert(stack, tcb);
}

/* --- the accept queue ------------------------------------------------------------------------ */

static void queue_push(struct tcb *listener, struct tcb *tcb)
{
	tcb->places.accept_next = NULL;
	if (listener->places.accept_last != NULL)
		listener->places.accept_last->places.accept_next = tcb;
	else
		listener->places.accept_first = tcb;
	listener->places.accept_last = tcb;
	listener->backlog.accepted++;
}

static void queue_remove(struct tcb *listener, struct tcb *tcb)
{
	struct tcb *before = NULL;
	struct tcb *at = listener->places.accept_first;

	for (; at != tcb; at = at->places.accept_next)
		before = at;
	if (before != NULL)
		before->places.accept_next = tcb->places.accept_next;
	else
		listener->places.accept_first = tcb->places.accept_next;
	if (listener->places.accept_last == tcb)
		listener->places.accept_last = before;
	listener->backlog.accepted--;
}

struct tcb *tcp_accept(struct tcb *listener)
{
	struct tcb *tcb = listener->places.accept_first;

	if (tcb != NULL)
		tcp_listen_remove(tcb);
	return tcb;
}

bool tcp_accept_is_full(const struct tcb *listener)
{
	return listener->backlog.accepted >= listener->backlog.max;
}

bool tcp_accept_waiting(const struct tcb *listener)
{
	return listener->places.accept_first != NULL;
}

void tcp_attach(struct tcb *tcb, struct tcp_user *user)
{
	tcb->life.user = user;
}

void tcp_listen_established(struct tcb *tcb)
{
	tcb->places.listener->backlog.half_open--;
	tcb->life.owned = true; /* by the queue, then by the accepting user */
	queue_push(tcb->places.listener, tcb);
}

void tcp_listen_remove(struct tcb *tcb)
{
	if (tcb->life.connected)
		queue_remove(tcb->places.listener, tcb);
	else
		tcb->places.listener->backlog.half_open--;
	tcb->places.listener = NULL;
}

static void abort_child(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcp_listen_remove(tcb);
	tcb->life.owned = false;
	if (tcb->life.state == TCP_CLOSED)
		tcp_free(stack, tcb);
	else
		tcp_abort_with(stack, tcb, TCP_RESET_LISTENER_CLOSED, now_ns);
}

void tcp_listen_close(struct stack *stack, struct tcb *listener, uint64_t now_ns)
{
	struct tcp_layer *layer = stack->tcp;

	while (listener->places.accept_first != NULL)
		abort_child(stack, listener->places.accept_first, now_ns);
	/* Half-open ones are on no list of their own: a listener closes once, so a walk over all
	 * connections is the cheaper bargain. */
	for (uint32_t i = 0; i < layer->n_buckets && listener->backlog.half_open > 0; i++) {
		struct tcb *tcb, *next;

		for (tcb = layer->buckets[i]; tcb != NULL; tcb = next) {
			next = tcb->id.hash_next;
			if (tcb->places.listener == listener)
				abort_child(stack, tcb, now_ns);
		}
	}
}

/* --- a SYN arrives --------------------------------------------------------------------------- */

/* Step 10: the new connection, with what the segment tells about it. */
static struct tcb *record(struct stack *stack, struct tcb *listener, const struct tcp_segment *seg)
{
	struct tcb *tcb = tcp_create(stack, NULL);

	if (tcb == NULL)
		return NULL;
	tcb->life.owned = false;
	tcb->life.passive = true;
	tcb->life.used = true;
	stack->counters.tcp_connections++;
	tcb->id.local = seg->local;
	tcb->id.remote = seg->remote;
	tcp_inherit(tcb, listener);
	tcb->life.state = TCP_LISTEN; /* where it comes from; no change yet */
	if (tcp_prepare(stack, tcb, seg->now_ns) != ERR_OK) {
		tcb->life.state = TCP_CLOSED;
		tcp_free(stack, tcb);
		return NULL;
	}
	tcb->places.listener = listener;
	listener->backlog.half_open++;
	return tcb;
}

static void emit_found_and_recorded(struct stack *stack, const struct tcb *listener,
				    struct tcb *tcb)
{
	event_emit(stack->port->events, EVENT_SRV_FOUND, tcb->id.number, 0,
		   EV_U64("port", listener->id.local.port),
		   EV_I64("fd", listener->life.user != NULL ? listener->life.user->fd : -1));
	tcp_set_state(stack, tcb, TCP_SYN_RECEIVED);
	event_emit(stack->port->events, EVENT_SRV_RECORDED, tcb->id.number, 0,
		   EV_ENDPOINT("src", tcb->id.remote),
		   EV_STR("state", tcp_state_name(tcb->life.state)));
}

/* 3.10.7.2, third: RCV.NXT = SEG.SEQ + 1, IRS = SEG.SEQ.
 * DEVIATION: payload on the SYN is not kept for ESTABLISHED; the peer sends it again, once it has
 * shown that its address is its own */
static void read_syn(struct stack *stack, struct tcb *listener, struct tcb *tcb,
		     const struct tcp_segment *syn)
{
	tcp_read_syn(tcb, syn);
	tcp_ecn_settle(stack, tcb);
	tcp_hash_insert(stack, tcb);
	emit_found_and_recorded(stack, listener, tcb);
}

static void answer_with_cookie(struct stack *stack, struct tcb *listener,
			       const struct tcp_segment *seg)
{
	if (seg->now_ns >= listener->backlog.cookies_until_ns)
		event_emit(stack->port->events, EVENT_SRV_COOKIES, 0, 0,
			   EV_U64("port", listener->id.local.port),
			   EV_U64("half_open", listener->backlog.half_open));
	listener->backlog.cookies_until_ns = tcp_cookies_end(seg->now_ns);
	tcp_cookie_send(stack, listener, seg);
}

static void syn_arrives(struct stack *stack, struct tcb *listener, struct tcp_segment *seg)
{
	bool full = tcp_accept_is_full(listener);
	struct tcb *tcb = NULL;

	if (!full && listener->backlog.half_open >= half_open_max(listener)) {
		answer_with_cookie(stack, listener, seg);
		return;
	}
	if (!full)
		tcb = record(stack, listener, seg);
	if (tcb == NULL) {
		stack->counters.tcp_syn_dropped++;
		return;
	}
	read_syn(stack, listener, tcb, seg);
	tcp_send_syn(stack, tcb, TCP_RETRANSMIT_NONE, seg->now_ns);
}

void tcp_listen_reopen(struct stack *stack, struct tcb *listener, struct tcb *old,
		       struct tcp_segment *seg)
{
	struct tcb *tcb = NULL;

	if (!tcp_accept_is_full(listener) && listener->backlog.half_open < half_open_max(listener))
		tcb = record(stack, listener, seg);
	if (tcb == NULL) {
		stack->counters.tcp_syn_dropped++;
		return;
	}
	tcp_replace(stack, old, tcb);
	read_syn(stack, listener, tcb, seg);
	tcp_send_syn(stack, tcb, TCP_RETRANSMIT_NONE, seg->now_ns);
}

/* --- a cookie comes back --------------------------------------------------------------------- */

/* The connection as it would be, had it been recorded when the SYN came. */
static struct tcb *record_late(struct stack *stack, struct tcb *listener,
			       const struct tcp_segment *syn, struct tcp_segment *seg)
{
	struct tcb *tcb = NULL;

	if (tcp_accept_is_full(listener))
		stack->counters.tcp_accept_overflows++; /* the client's payload will ask again */
	else
		tcb = record(stack, listener, syn);
	if (tcb == NULL)
		return NULL;
	stack->counters.tcp_cookies_taken++;
	tcp_begin_at(tcb, seg->ack - 1);
	tcp_snd_cookie_answered(tcb, seg->now_ns);
	read_syn(stack, listener, tcb, syn);
	tcp_step(tcb, 12);
	seg->wnd = (uint32_t)seg->raw_wnd << tcb->agreed.snd_wscale;
	return tcb;
}

static struct tcb *ack_arrives(struct stack *stack, struct tcb *listener, struct tcp_segment *seg)
{
	struct tcp_segment syn;

	if (seg->now_ns < listener->backlog.cookies_until_ns && !(seg->flags & TCP_SYN) &&
	    tcp_cookie_check(stack, seg, &syn))
		return record_late(stack, listener, &syn, seg);
	/* nothing was sent that it could acknowledge */
	tcp_reset_segment(stack, NULL, seg, TCP_RESET_NO_CONNECTION);
	return NULL;
}

/* RFC 9293 3.10.7.2 */
struct tcb *tcp_listen_arrives(struct stack *stack, struct tcb *listener, struct tcp_segment *seg)
{
	/* first: check for a RST */
	if (seg->flags & TCP_RST)
		return NULL;
	/* second: check for an ACK */
	if (seg->flags & TCP_ACK)
		return ack_arrives(stack, listener, seg);
	/* third: check for a SYN; fourth: anything else is dropped
	 * DEVIATION: 3.10.7.2 would take the SYN of a SYN with FIN; no peer opens and closes at once,
	 * except a port scanner (so it is in Linux) */
	if ((seg->flags & (TCP_SYN | TCP_FIN)) == TCP_SYN)
		syn_arrives(stack, listener, seg);
	else if (seg->flags & TCP_SYN)
		stack->counters.tcp_malformed++;
	return NULL;
}
