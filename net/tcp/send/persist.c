/*
 * SPDX-License-Identifier: MIT
 *
 * The persist timer (RFC 9293 3.8.6.1, MUST-36): data waits, nothing is on its way, and the peer's
 * window does not let us send.  A window update may have been lost, so the peer is asked; as long
 * as it answers, for ever (MUST-37).  The same timer is the override of 3.8.6.2.1 for a window that
 * is open but silly.
 */
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/tcb.h"

#include "base/strbuf.h"

static uint64_t interval(const struct tcb *tcb)
{
	uint64_t ns = MAX(tcb->loss.rto_ns, TCP_PERSIST_MIN_NS);

	/* SHLD-29, SHLD-30: first after an RTO, then exponentially */
	return MIN(ns << MIN(tcb->snd.attempts, 10), TCP_RTO_MAX_NS);
}

void tcp_persist_start(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (tcp_timer_is_set(tcb, TCP_TIMER_PERSIST)) {
		/* It was closed, and the next probe may be a minute away: now it is only silly. */
		if (tcb->snd.wnd > 0 &&
		    tcb->timers.deadline_ns[TCP_TIMER_PERSIST] > now_ns + TCP_OVERRIDE_NS)
			tcp_timer_set(stack, tcb, TCP_TIMER_PERSIST, now_ns + TCP_OVERRIDE_NS);
		return;
	}
	tcb->snd.attempts = 0;
	tcb->snd.progress_ns = now_ns; /* until now there was nothing to ask for */
	tcp_timer_set(stack, tcb, TCP_TIMER_PERSIST,
		      now_ns + (tcb->snd.wnd > 0 ? TCP_OVERRIDE_NS : interval(tcb)));
	if (tcb->snd.wnd > 0)
		return;
	event_emit(stack->port->events, EVENT_TCP_ZERO_WINDOW, tcb->id.number, 0,
		   EV_U64("unsent", tcb->snd.end - tcb->snd.nxt));
}

void tcp_persist_stop(struct stack *stack, struct tcb *tcb)
{
	if (!tcp_timer_is_set(tcb, TCP_TIMER_PERSIST))
		return;
	tcp_timer_clear(stack, tcb, TCP_TIMER_PERSIST);
	tcb->snd.attempts = 0;
}

/* No user waits for an orphan, so its peer may not hold it for ever either (RFC 9293 3.8.6.1 leaves
 * that to the implementation); a peer that is silent is gone.  A user that has chosen a timeout has
 * chosen it for a window that stays closed too, answers or not. */
static bool has_gone_on_too_long(const struct tcb *tcb, uint64_t now_ns)
{
	return tcb->snd.attempts > 1 && now_ns - tcb->snd.progress_ns >= tcp_user_timeout_ns(tcb);
}

bool tcp_persist_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (has_gone_on_too_long(tcb, now_ns)) {
		tcp_time_out(stack, tcb, "window still closed after", "probes", now_ns);
		return false;
	}
	if (tcb->snd.wnd > 0 && tcp_send_override(stack, tcb, now_ns)) {
		tcb->snd.attempts = 0; /* from here on they are the retransmission's */
		return true;
	}
	if (tcb->snd.attempts < UINT8_MAX)
		tcb->snd.attempts++;
	tcp_timer_set(stack, tcb, TCP_TIMER_PERSIST,
		      tcp_within_user_timeout(tcb, now_ns + interval(tcb)));
	tcp_send_window_probe(stack, tcb, now_ns);
	tcp_reachability_silence(stack, tcb, now_ns);
	tcp_announce_urgent(stack, tcb, now_ns);
	return true;
}
