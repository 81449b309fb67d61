/*
 * SPDX-License-Identifier: MIT
 *
 * A connection's life: birth, the one place where its state changes, and its end.
 */
#include "net/tcp/congestion/control.h"
#include "net/tcp/congestion/ecn.h"
#include "net/tcp/congestion/rate.h"
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/tcb.h"

#include "base/assert.h"
#include "base/string.h"
#include "net/awaited.h"

const char *tcp_state_name(enum tcp_state state)
{
	switch (state) {
	case TCP_CLOSED: return "CLOSED";
	case TCP_LISTEN: return "LISTEN";
	case TCP_SYN_SENT: return "SYN-SENT";
	case TCP_SYN_RECEIVED: return "SYN-RECEIVED";
	case TCP_ESTABLISHED: return "ESTABLISHED";
	case TCP_FIN_WAIT_1: return "FIN-WAIT-1";
	case TCP_FIN_WAIT_2: return "FIN-WAIT-2";
	case TCP_CLOSE_WAIT: return "CLOSE-WAIT";
	case TCP_CLOSING: return "CLOSING";
	case TCP_LAST_ACK: return "LAST-ACK";
	case TCP_TIME_WAIT: return "TIME-WAIT";
	}
	return "?";
}

void tcp_user_active(struct stack *stack, const struct tcb *tcb)
{
	if (tcb->life.user != NULL && tcb->life.user->active != NULL)
		tcb->life.user->active(stack, tcb->life.user);
}

void tcp_set_state(struct stack *stack, struct tcb *tcb, enum tcp_state state)
{
	enum tcp_state from = tcb->life.state;

	if (from == state)
		return;
	tcb->life.state = (uint8_t)state;
	tcp_user_active(stack, tcb);
	event_emit(stack->port->events, EVENT_TCP_STATE, tcb->id.number, 0,
		   EV_STR("from", tcp_state_name(from)), EV_STR("to", tcp_state_name(state)));
}

void tcp_step(struct tcb *tcb, uint8_t step)
{
	tcb->life.last_step = MAX(tcb->life.last_step, step);
}

/* --- birth ----------------------------------------------------------------------------------- */

size_t tcp_control_size(void)
{
	return sizeof(struct tcb);
}

struct tcb *tcp_create(struct stack *stack, struct tcp_user *user)
{
	struct tcb *tcb = stack->port->alloc(stack->port->ctx, sizeof(*tcb));

	if (tcb == NULL) {
		stack->counters.tcp_no_memory++;
		return NULL;
	}
	memset(tcb, 0, sizeof(*tcb));
	tcb->id.number = stack->tcp->next_conn++;
	tcb->life.user = user;
	tcb->life.owned = true;
	tcp_snd_set_buffer_size(tcb, stack->options.sndbuf);
	tcp_rcv_set_buffer(tcb, MIN(stack->options.rcvbuf, TCP_RCVBUF_FIRST), stack->options.rcvbuf);
	tcp_congestion_preset(tcb, stack->options.congestion);
	tcp_timers_init(tcb);
	tcp_user_options_init(tcb);
	return tcb;
}

void tcp_inherit(struct tcb *tcb, const struct tcb *from)
{
	tcp_snd_inherit(tcb, from);
	tcp_rcv_set_buffer(tcb, from->rcv.buf_size, from->rcv.buf_max);
	tcb->id.reuse = from->id.reuse;
	tcb->chosen = from->chosen;
	tcp_congestion_preset(tcb, from->cc.algorithm);
}

/* --- end ------------------------------------------------------------------------------------- */

/* Once, and only where there was something. */
static void sum_up(struct stack *stack, struct tcb *tcb)
{
	if (!tcb->life.opened)
		return;
	tcb->life.opened = false;
	event_emit(stack->port->events, EVENT_TCP_SUMMARY, tcb->id.number, 0,
		   EV_U64("bytes_sent", tcb->snd.bytes),
		   EV_U64("bytes_received", tcb->rcv.bytes),
		   EV_U64("segs_out", tcb->snd.segs), EV_U64("segs_in", tcb->rcv.segs),
		   EV_U64("retransmits", tcb->snd.retransmits),
		   EV_IF(tcb->loss.srtt_ns != 0, EV_U64("srtt_us", tcb->loss.srtt_ns / NS_PER_US)));
}

/* Everything a live connection holds, except what was received for the user. */
static void release(struct stack *stack, struct tcb *tcb)
{
	if (tcb->life.state == TCP_LISTEN)
		tcp_listener_remove(stack, tcb);
	if (tcb->life.state == TCP_TIME_WAIT)
		tcp_time_wait_remove(stack, tcb);
	tcp_bound_remove(stack, tcb);
	tcp_hash_remove(stack, tcb);
	tcp_work_remove(stack, tcb);
	tcp_timers_clear(stack, tcb);
	tcp_reassembly_free(stack, tcb);
	tcp_drop_send_buffer(tcb);
	tcp_accurate_end(stack, tcb);
	tcp_rate_end(stack, tcb);
	tcp_loss_free_records(stack, tcb);
}

void tcp_end(struct stack *stack, struct tcb *tcb, int error)
{
	if (tcb->life.state == TCP_CLOSED)
		return;
	release(stack, tcb);
	tcb->life.error = error;
	tcp_set_state(stack, tcb, TCP_CLOSED);
	sum_up(stack, tcb);
	if (tcb->places.listener != NULL && !tcb->life.connected)
		tcp_listen_remove(tcb); /* no user has seen it */
	if (!tcb->life.owned)
		tcp_free(stack, tcb);
}

void tcp_end_with_reason(struct stack *stack, struct tcb *tcb, int error, const char *reason)
{
	char why[REFUSED_TEXT_MAX];
	const struct refused *refused = tcp_refused(tcb);
	bool any = refused != NULL && refused->count > 0;

	event_emit(stack->port->events, EVENT_TCP_ABORTED, tcb->id.number,
		   tcb->life.state == TCP_SYN_SENT ? 8 : 0,
		   EV_STR("state", tcp_state_name(tcb->life.state)), EV_STR("reason", reason),
		   EV_IF(any, EV_U64("refused", refused->count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, refused))));
	tcp_end(stack, tcb, error);
}

void tcp_free(struct stack *stack, struct tcb *tcb)
{
	release(stack, tcb);
	sum_up(stack, tcb);
	if (tcb->places.listener != NULL)
		tcp_listen_remove(tcb);
	tcp_discard_received(tcb);
	awaited_free(stack, &tcb->life.awaited);
	ASSERT(tcb->rcv.memory == 0);
	stack->port->free(stack->port->ctx, tcb, sizeof(*tcb));
}

void tcp_drop(struct stack *stack, struct tcb *tcb)
{
	if (tcb->life.state == TCP_CLOSED)
		tcp_free(stack, tcb);
	else
		tcb->life.user = NULL; /* the layer frees what it can find */
}

void tcp_release(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	tcb->life.user = NULL;
	tcb->life.owned = false;
	switch (tcb->life.state) {
	case TCP_LISTEN:
		tcp_listen_close(stack, tcb, now_ns);
		tcp_end(stack, tcb, ERR_OK);
		break;
	case TCP_SYN_SENT: /* 3.10.4 CLOSE, SYN-SENT: delete the TCB */
		tcp_end(stack, tcb, ERR_OK);
		break;
	case TCP_CLOSED:
		tcp_free(stack, tcb);
		break;
	case TCP_FIN_WAIT_2:
		tcp_timer_set(stack, tcb, TCP_TIMER_CLOSE, now_ns + TCP_FIN_WAIT_2_NS);
		/* fall through */
	default:
		tcp_close_read(stack, tcb, now_ns);
		tcp_reassembly_free(stack, tcb); /* what fills its holes will not be read */
		break;
	}
}
