/*
 * SPDX-License-Identifier: MIT
 *
 * The user calls: OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS (RFC 9293 3.10.1-3.10.6), in the shape
 * that sockets need.  None of them waits.
 *
 * DEVIATION: 3.10.2 would queue what is sent before ESTABLISHED; sockets say ERR_AGAIN, as
 * everywhere.
 * NOT DONE: 3.10.1, an active OPEN that turns a listener into a client.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/conn/handshake.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/reset.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "base/assert.h"
#include "base/string.h"

#define BUFFER_WHEN_SHORT (4u * 1024) /* an active open does with this much, not with less */

uint32_t tcp_conn(const struct tcb *tcb)
{
	return tcb->id.number;
}

/* --- buffers --------------------------------------------------------------------------------- */

void tcp_set_buffers(struct tcb *tcb, uint32_t sndbuf, uint32_t rcvbuf)
{
	if (sndbuf != 0)
		tcp_snd_set_buffer_size(tcb, MIN(MAX(sndbuf, TCP_BUFFER_MIN), TCP_BUFFER_MAX));
	if (rcvbuf != 0) {
		rcvbuf = MIN(MAX(rcvbuf, TCP_BUFFER_MIN), TCP_BUFFER_MAX);
		tcp_rcv_set_buffer(tcb, rcvbuf, rcvbuf);
	}
}

int tcp_alloc_buffers(struct stack *stack, struct tcb *tcb, uint32_t *sndbuf, uint32_t *rcvbuf)
{
	uint32_t max;

	if (!tcp_snd_alloc_buffer(stack, tcb, MIN(tcb->snd.buf_size, BUFFER_WHEN_SHORT)))
		return ERR_NOMEM;
	/* What is received stays in the packets it came in, so the receive buffer is a promise;
	 * where memory was short for the one it is not made for the other. */
	max = tcb->rcv.buf_max;
	if (tcb->snd.buf->size < tcb->snd.buf_size)
		max = MIN(max, tcb->snd.buf->size);
	tcp_rcv_set_buffer(tcb, MIN(tcb->rcv.buf_size, max), max);
	tcp_snd_set_buffer_size(tcb, tcb->snd.buf->size);
	*sndbuf = tcb->snd.buf_size;
	*rcvbuf = max;
	return ERR_OK;
}

/* --- OPEN ------------------------------------------------------------------------------------ */

int tcp_bind(struct stack *stack, struct tcb *tcb, const struct net_endpoint *local)
{
	if (tcb->id.bound || tcb->life.state != TCP_CLOSED)
		return ERR_INVAL;
	if (!net_addr_is_any(&local->addr) && !ip_is_ours(stack, &local->addr))
		return ERR_ADDRNOTAVAIL;
	/* Two active opens may share a port (MUST-42) where both have said so; the four-tuple is
	 * checked in tcp_connect(). */
	if (local->port != 0 && tcp_port_is_taken(stack, local, tcb->id.reuse))
		return ERR_ADDRINUSE;
	tcb->id.local = *local;
	if (local->port == 0)
		tcb->id.local.port = tcp_free_port(stack, &local->addr);
	if (tcb->id.local.port == 0)
		return ERR_ADDRINUSE;
	tcb->id.bound = true;
	tcp_bound_insert(stack, tcb);
	return ERR_OK;
}

void tcp_set_reuse(struct tcb *tcb, bool on)
{
	tcb->id.reuse = on;
}

void tcp_succeed(struct stack *stack, struct tcb *tcb, struct tcb *from)
{
	tcp_inherit(tcb, from);
	if (!from->id.bound)
		return;
	tcp_bound_remove(stack, from);
	tcb->id.local = from->id.local;
	tcb->id.bound = true;
	tcp_bound_insert(stack, tcb);
}

/* The local half of the four-tuple: what bind() said, the route's address, an ephemeral port. */
static int choose_local(struct stack *stack, struct tcb *tcb, const struct net_endpoint *remote,
			uint64_t now_ns)
{
	struct ip_route route;
	struct net_endpoint local = tcb->id.local;
	const struct tcb *old;
	int err = ip_route(stack, &remote->addr, &route);

	if (err != ERR_OK)
		return err;
	if (!tcb->id.bound || net_addr_is_any(&local.addr))
		local.addr = route.src; /* RFC 1122 4.2.3.7 */
	if (local.port == 0)
		local.port = tcp_ephemeral_port(stack, &local.addr, remote, now_ns);
	if (local.port == 0)
		return ERR_ADDRNOTAVAIL;
	old = tcp_find_connection(stack, &local, remote);
	if (old != NULL && !tcp_may_replace(old, now_ns))
		return ERR_ADDRINUSE;
	tcb->id.local = local;
	tcb->id.remote = *remote;
	return ERR_OK;
}

int tcp_connect(struct stack *stack, struct tcb *tcb, const struct net_endpoint *remote,
		uint64_t now_ns)
{
	struct tcb *old;
	int err;

	ASSERT(tcb->life.state == TCP_CLOSED && !tcb->life.used);
	err = choose_local(stack, tcb, remote, now_ns);
	if (err == ERR_OK)
		err = tcp_prepare(stack, tcb, now_ns);
	if (err != ERR_OK)
		return err;
	old = tcp_find_connection(stack, &tcb->id.local, remote);
	if (old != NULL)
		tcp_replace(stack, old, tcb);
	tcp_snd_rebase_buffer(tcb);
	tcb->life.used = true;
	stack->counters.tcp_connections++;
	tcp_bound_remove(stack, tcb);
	tcp_hash_insert(stack, tcb);
	tcp_set_state(stack, tcb, TCP_SYN_SENT);
	tcp_send_syn(stack, tcb, TCP_RETRANSMIT_NONE, now_ns);
	return ERR_INPROGRESS;
}

/* --- SEND ------------------------------------------------------------------------------------ */

static int may_send(const struct tcb *tcb)
{
	switch (tcb->life.state) {
	case TCP_CLOSED:
		return tcb->life.used ? ERR_PIPE : ERR_NOTCONN;
	case TCP_LISTEN:
		return ERR_NOTCONN;
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
		return tcb->snd.fin_queued ? ERR_PIPE : ERR_AGAIN;
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		return ERR_OK;
	default:
		return ERR_PIPE; /* "connection closing" */
	}
}

/* Nothing can be sent; the connection's own error is reported once. */
static int why_not(struct tcb *tcb)
{
	int err = may_send(tcb);

	return err == ERR_PIPE && tcb->life.error != ERR_OK ? tcp_consume_error(tcb) : err;
}

static int send_payload(struct stack *stack, struct tcb *tcb, const void *buf, size_t len, bool urgent,
		     uint64_t now_ns)
{
	uint32_t taken;

	if (tcb->life.state != TCP_ESTABLISHED && tcb->life.state != TCP_CLOSE_WAIT)
		return why_not(tcb);
	if (len == 0)
		return 0;
	if (tcb->snd.buf == NULL &&
	    !tcp_snd_alloc_buffer(stack, tcb, MIN(tcb->snd.buf_size, BUFFER_WHEN_SHORT)))
		return ERR_NOBUFS;
	taken = tcp_snd_write(tcb, buf, len);
	if (taken == 0) {
		tcp_meter_full(tcb, now_ns);
		tcp_cork_full(stack, tcb, now_ns);
		return ERR_AGAIN;
	}
	if (tcb->snd.cork != 0)
		tcp_cork_written(tcb);
	/* urgent in part: the rest, with the mark, is still to come */
	tcp_snd_extend(tcb, taken, urgent && taken == len);
	tcp_timer_clear(stack, tcb, TCP_TIMER_BUFFER);
	tcp_output(stack, tcb, now_ns);
	if (tcb->snd.buf_full)
		tcp_cork_full(stack, tcb, now_ns);
	if (urgent)
		tcp_announce_urgent(stack, tcb, now_ns);
	return (int)taken;
}

void tcp_set_congestion(struct tcb *tcb, enum net_congestion which)
{
	tcp_congestion_choose(tcb, which);
}

/* It ends a series of SOCK_MSG_MORE even where nothing of it is taken: what waited for it goes. */
static int send_the_last(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
			 uint64_t now_ns)
{
	int taken;

	tcp_cork_more(stack, tcb, false);
	taken = send_payload(stack, tcb, buf, len, false, now_ns);
	if (taken <= 0)
		tcp_output(stack, tcb, now_ns);
	return taken;
}

int tcp_send(struct stack *stack, struct tcb *tcb, const void *buf, size_t len, uint64_t now_ns)
{
	if (tcb->snd.cork & TCP_CORK_MORE)
		return send_the_last(stack, tcb, buf, len, now_ns);
	return send_payload(stack, tcb, buf, len, false, now_ns);
}

int tcp_send_more(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
		  uint64_t now_ns)
{
	bool was_on = tcb->snd.cork & TCP_CORK_MORE;
	int taken;

	tcp_cork_more(stack, tcb, true);
	taken = send_payload(stack, tcb, buf, len, false, now_ns);
	if (taken <= 0 && !was_on) /* nothing was written that more could follow */
		tcp_cork_more(stack, tcb, false);
	return taken;
}

int tcp_send_urgent(struct stack *stack, struct tcb *tcb, const void *buf, size_t len,
		    uint64_t now_ns)
{
	return send_payload(stack, tcb, buf, len, true, now_ns);
}

void tcp_set_nodelay(struct stack *stack, struct tcb *tcb, bool on, uint64_t now_ns)
{
	tcp_snd_set_nodelay(tcb, on);
	if (on && tcb->snd.cork != 0)
		tcp_cork_fired(stack, tcb, now_ns); /* tcp(7): "even if TCP_CORK is currently set" */
	else if (on)
		tcp_output(stack, tcb, now_ns);
}

/* --- RECEIVE --------------------------------------------------------------------------------- */

static bool fin_received(const struct tcb *tcb)
{
	return tcb->rcv.fin_known && seq_gt(tcb->rcv.nxt, tcb->rcv.fin);
}

static bool stream_has_ended(const struct tcb *tcb)
{
	return tcb->life.state == TCP_CLOSED || tcb->rcv.closed || fin_received(tcb);
}

/* The peer's end of the stream came before whatever ended the connection: what it said was whole.  A
 * server that closes without reading sends both, often so close together that they are seen as one. */
static int nothing_to_read(struct tcb *tcb)
{
	if (tcb->life.error != ERR_OK && !fin_received(tcb))
		return tcp_consume_error(tcb);
	if (tcb->life.state == TCP_LISTEN || (tcb->life.state == TCP_CLOSED && !tcb->life.used))
		return ERR_NOTCONN;
	return stream_has_ended(tcb) ? 0 : ERR_AGAIN;
}

int tcp_receive(struct stack *stack, struct tcb *tcb, void *buf, size_t len, uint64_t now_ns)
{
	size_t n;

	if (tcb->rcv.unread == 0) {
		int err = nothing_to_read(tcb);

		if (err == ERR_AGAIN)
			tcp_reachability_reader_waits(stack, tcb, now_ns);
		return err;
	}
	tcb->life.reader_waits = false;
	n = tcp_rcv_read(tcb, buf, tcp_readable_before_mark(tcb, MIN(len, (size_t)INT32_MAX)));
	tcp_urgent_read(tcb);
	if (tcb_synchronized(tcb) && !stream_has_ended(tcb) && tcp_window_update_due(tcb))
		tcp_send_ack(stack, tcb, now_ns);
	return (int)n;
}

int tcp_peek(struct tcb *tcb, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t done = 0;

	if (tcb->rcv.unread == 0)
		return nothing_to_read(tcb);
	len = tcp_readable_before_mark(tcb, MIN(len, (size_t)INT32_MAX));
	for (const struct pktbuf *pkt = tcb->rcv.queue.first; pkt != NULL && done < len;
	     pkt = pkt->next) {
		size_t n = MIN(len - done, pktbuf_len(pkt));

		memcpy(to + done, pkt->data, n);
		done += n;
	}
	return (int)done;
}

/* --- CLOSE, ABORT ---------------------------------------------------------------------------- */

int tcp_close(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	switch (tcb->life.state) {
	case TCP_CLOSED:
	case TCP_LISTEN:
	case TCP_SYN_SENT:
		return ERR_NOTCONN;
	case TCP_SYN_RECEIVED:
		tcp_snd_queue_fin(tcb); /* "queue for processing after entering ESTABLISHED" */
		break;
	case TCP_ESTABLISHED:
		tcp_snd_queue_fin(tcb);
		tcp_set_state(stack, tcb, TCP_FIN_WAIT_1);
		break;
	case TCP_CLOSE_WAIT:
		tcp_snd_queue_fin(tcb);
		tcp_set_state(stack, tcb, TCP_LAST_ACK);
		break;
	default: /* closing already */
		break;
	}
	tcp_output(stack, tcb, now_ns);
	return ERR_OK;
}

void tcp_end_opening(struct stack *stack, struct tcb *tcb)
{
	tcp_end_with_reason(stack, tcb, ERR_CONNRESET, "shut down by its user");
}

void tcp_close_read(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcp_rcv_close(tcb);
	tcp_discard_received(tcb);
	if (tcb_synchronized(tcb) && tcp_window_update_due(tcb))
		tcp_send_ack(stack, tcb, now_ns);
}

void tcp_abort(struct stack *stack, struct tcb *tcb, bool unread, uint64_t now_ns)
{
	if (tcb->life.state == TCP_LISTEN) {
		tcp_unlisten(stack, tcb, now_ns); /* what it is bound to stays its own */
		return;
	}
	tcp_discard_received(tcb);
	tcp_abort_with(stack, tcb, unread ? TCP_RESET_UNREAD_DATA : TCP_RESET_ABORTED, now_ns);
}

/* --- STATUS ---------------------------------------------------------------------------------- */

static bool is_writable(const struct tcb *tcb)
{
	int err = may_send(tcb);

	if (err != ERR_OK)
		return err != ERR_AGAIN;
	return tcb->snd.buf == NULL || send_buffer_room(tcb->snd.buf) > 0;
}

void tcp_status(const struct tcb *tcb, struct tcp_status *status)
{
	bool peer_closed = tcb->life.used && stream_has_ended(tcb);
	bool read_ended = tcb->rcv.unread == 0 && peer_closed;

	*status = (struct tcp_status){
		.state = tcb->life.state,
		.local = tcb->id.local,
		.remote = tcb->id.remote,
		.sndbuf = tcb->snd.buf_size,
		.rcvbuf = tcb->rcv.buf_max,
		.unread = tcb->rcv.unread,
		.urgent_left = read_ended ? 0 : tcp_urgent_left(tcb),
		.srtt_ns = tcb->loss.srtt_ns,
		.error = tcb->life.error,
		.last_step = tcb->life.last_step,
		.used = tcb->life.used,
		.connected = tcb->life.connected,
		.readable = tcb->rcv.unread > 0 || tcb->life.error != ERR_OK || read_ended,
		.writable = is_writable(tcb),
		.write_closed = tcb->snd.fin_queued || tcb->life.state == TCP_CLOSED,
		.read_ended = read_ended,
		.peer_closed = peer_closed,
		.fin_acked = tcb_fin_acked(tcb),
		.nodelay = tcb->snd.nodelay,
		.corked = (tcb->snd.cork & TCP_CORK_ON) != 0,
		.congestion = (enum net_congestion)tcb->cc.algorithm,
		.reuse = tcb->id.reuse,
	};
}

int tcp_consume_error(struct tcb *tcb)
{
	int error = tcb->life.error;

	tcb->life.error = ERR_OK;
	return error;
}
