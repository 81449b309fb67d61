/*
 * SPDX-License-Identifier: MIT
 *
 * Keep-alives (RFC 9293 3.8.4): where the user asks for them (MUST-24, MUST-25), a peer that has
 * been silent for the idle time (MUST-26 to MUST-28) is asked whether it is still there, by a
 * segment without payload from before SND.UNA (SHLD-12), which it must answer.  One silence proves
 * nothing (MUST-29): only so many in a row end the connection, or the user's own timeout.
 *
 * The probe is no retransmission: neither the RTO nor the congestion window is affected.  While
 * something is on its way or waits for a window, that is question enough.
 */
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/send/output.h"
#include "net/tcp/tcb.h"

#include "base/strbuf.h"

static bool may_probe(const struct tcb *tcb)
{
	return tcb->chosen.keep_alive && tcb_synchronized(tcb) && tcb->life.state != TCP_TIME_WAIT;
}

static uint64_t idle_ns(const struct tcb *tcb)
{
	return tcb->chosen.keep_idle_s * NS_PER_S;
}

void tcp_keep_alive_start(struct stack *stack, struct tcb *tcb)
{
	if (may_probe(tcb))
		tcp_timer_set(stack, tcb, TCP_TIMER_KEEP_ALIVE, tcb->life.last_received_ns + idle_ns(tcb));
	else if (tcp_timer_is_set(tcb, TCP_TIMER_KEEP_ALIVE))
		tcp_timer_clear(stack, tcb, TCP_TIMER_KEEP_ALIVE);
}

/* Sent, waiting for its ACK or for a window: other timers watch over it. */
static bool is_busy(const struct tcb *tcb)
{
	return tcb_flight(tcb) > 0 || tcp_timer_is_set(tcb, TCP_TIMER_PERSIST);
}

static bool peer_is_gone(const struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->chosen.user_timeout_ms != 0)
		return tcb->life.keep_probes > 0 && now_ns - tcb->life.last_received_ns >=
		       tcp_user_timeout_ns(tcb);
	return tcb->life.keep_probes >= tcb->chosen.keep_count;
}

static void end_unanswered(struct stack *stack, struct tcb *tcb)
{
	char reason[48];
	struct strbuf sb = strbuf_on(reason, sizeof(reason));

	strbuf_str(&sb, "no answer to ");
	strbuf_u64(&sb, tcb->life.keep_probes);
	strbuf_str(&sb, " keep-alive probes");
	tcp_end_with_reason(stack, tcb, tcb->life.soft_error != ERR_OK ? tcb->life.soft_error :
		    ERR_TIMEDOUT, reason);
}

bool tcp_keep_alive_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (!may_probe(tcb))
		return true;
	if (is_busy(tcb)) {
		tcp_timer_set(stack, tcb, TCP_TIMER_KEEP_ALIVE, now_ns + idle_ns(tcb));
		return true;
	}
	if (now_ns - tcb->life.last_received_ns < idle_ns(tcb)) {
		tcp_timer_set(stack, tcb, TCP_TIMER_KEEP_ALIVE, tcb->life.last_received_ns + idle_ns(tcb));
		return true;
	}
	if (peer_is_gone(tcb, now_ns)) {
		end_unanswered(stack, tcb);
		return false;
	}
	/* the first one ends a silence that need not mean anything */
	if (tcb->life.keep_probes > 0)
		tcp_reachability_silence(stack, tcb, now_ns);
	tcb->life.keep_probes++;
	stack->counters.tcp_keep_alives++;
	tcp_timer_set(stack, tcb, TCP_TIMER_KEEP_ALIVE,
		      now_ns + tcb->chosen.keep_interval_s * NS_PER_S);
	tcp_send_window_probe(stack, tcb, now_ns);
	return true;
}
