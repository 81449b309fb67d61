/*
 * SPDX-License-Identifier: MIT
 *
 * A connection's timers.  There are several deadlines but one timer in the stack's heap, set to the
 * earliest.  A deadline that moves later, as the retransmission's does with every ACK, costs
 * nothing: the timer fires at the old time, finds nothing due, and is set anew.
 */
#include "net/tcp/conn/liveness.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/receive/sequence.h"
#include "net/tcp/send/output.h"
#include "net/tcp/send/pmtu.h"
#include "net/tcp/send/send_buffer.h"
#include "net/tcp/send/sequence.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "base/strbuf.h"

#define SYN_WAITS_MAX_NS (5 * NS_PER_S) /* ARP gives up after three seconds, by itself */

/* --- setting --------------------------------------------------------------------------------- */

static uint64_t earliest(const struct tcb *tcb)
{
	uint64_t first = TIME_NEVER;

	for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
		first = MIN(first, tcb->timers.deadline_ns[i]);
	return first;
}

static void unset(struct tcb *tcb, enum tcp_timer which)
{
	tcb->timers.deadline_ns[which] = TIME_NEVER;
	tcb->timers.set &= (uint16_t)~(1u << which);
}

void tcp_timer_set(struct stack *stack, struct tcb *tcb, enum tcp_timer which, uint64_t deadline_ns)
{
	tcb->timers.deadline_ns[which] = deadline_ns;
	tcb->timers.set |= (uint16_t)(1u << which);
	if (deadline_ns < tcb->timers.timer.deadline_ns) /* TIME_NEVER when it is not set */
		timer_set(&stack->timers, &tcb->timers.timer, deadline_ns);
}

void tcp_timer_clear(struct stack *stack, struct tcb *tcb, enum tcp_timer which)
{
	unset(tcb, which);
	if (tcb->timers.set == 0)
		/* an idle machine may sleep for ever */
		timer_cancel(&stack->timers, &tcb->timers.timer);
}

void tcp_timers_clear(struct stack *stack, struct tcb *tcb)
{
	for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
		unset(tcb, (enum tcp_timer)i);
	if (timer_is_set(&tcb->timers.timer))
		timer_cancel(&stack->timers, &tcb->timers.timer);
}

/* --- what each does; false: the TCB may be gone ---------------------------------------------- */

/* The user's own choice counts in every state (MUST-21, MUST-22; RFC 5482, local only). */
uint64_t tcp_user_timeout_ns(const struct tcb *tcb)
{
	if (tcb->chosen.user_timeout_ms != 0)
		return tcb->chosen.user_timeout_ms * NS_PER_MS;
	switch (tcb->life.state) {
	case TCP_SYN_SENT: return TCP_SYN_TIMEOUT_NS;
	case TCP_SYN_RECEIVED: /* MUST-23 is for the side that called OPEN: both do, when SYNs cross */
		return tcb->life.passive ? TCP_SYN_RECEIVED_TIMEOUT_NS : TCP_SYN_TIMEOUT_NS;
	default: return TCP_USER_TIMEOUT_NS;
	}
}

uint64_t tcp_within_user_timeout(const struct tcb *tcb, uint64_t deadline_ns)
{
	if (tcb->chosen.user_timeout_ms == 0)
		return deadline_ns;
	return MIN(deadline_ns, tcb->snd.progress_ns + tcp_user_timeout_ns(tcb));
}

/* RFC 9293 3.8.3: R2 has been reached.  What an ICMP error said meanwhile names the cause best. */
void tcp_time_out(struct stack *stack, struct tcb *tcb, const char *what, const char *tries,
		  uint64_t now_ns)
{
	int error = tcb->life.soft_error != ERR_OK ? tcb->life.soft_error : ERR_TIMEDOUT;
	char reason[80];
	struct strbuf sb = strbuf_on(reason, sizeof(reason));

	strbuf_str(&sb, what);
	strbuf_char(&sb, ' ');
	strbuf_u64(&sb, tcb->snd.attempts);
	strbuf_char(&sb, ' ');
	strbuf_str(&sb, tries);
	strbuf_str(&sb, " in ");
	strbuf_u64(&sb, (now_ns - tcb->snd.progress_ns) / NS_PER_S);
	strbuf_str(&sb, " s");
	if (tcb->life.soft_error != ERR_OK) {
		strbuf_str(&sb, ", last heard: ");
		strbuf_str(&sb, err_text(tcb->life.soft_error));
	}
	tcp_end_with_reason(stack, tcb, error, reason);
}

/* Nothing was sent that could be lost while the SYN waits for ARP, whose answer or failure comes
 * to us; the limit is for a neighbour queue that had to throw it away. */
static bool syn_still_waits(struct tcb *tcb, uint64_t now_ns)
{
	uint64_t max_ns = MAX(SYN_WAITS_MAX_NS, tcb->chosen.resolve_ms * NS_PER_MS + 2 * NS_PER_S);

	return tcb->snd.syn_waits && now_ns - tcb->snd.progress_ns < max_ns;
}

/* RFC 9293 3.8.3, MUST-20 (b): R1 has been reached: notifies IP, and the user (SHLD-9),
 * in the log and in sock_tcp_info(). */
static void reached_r1(struct stack *stack, const struct tcb *tcb, uint64_t now_ns)
{
	event_emit(stack->port->events, EVENT_TCP_NO_ANSWER, tcb->id.number,
		   tcb->life.state == TCP_SYN_SENT ? 8 : 0, EV_ENDPOINT("dst", tcb->id.remote),
		   EV_U64("attempts", tcb->snd.attempts),
		   EV_U64("ms", (now_ns - tcb->snd.progress_ns) / NS_PER_MS));
	ip_negative_advice(stack, &tcb->id.remote.addr, now_ns);
}

/* RFC 6298 5.4-5.7 */
static bool retransmit_fired(struct stack *stack, struct tcb *tcb, uint64_t now_ns)
{
	if (syn_still_waits(tcb, now_ns)) {
		tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT, now_ns + tcb->loss.rto_ns);
		return true;
	}
	stack->counters.tcp_timeouts++;
	if (now_ns - tcb->snd.progress_ns >= tcp_user_timeout_ns(tcb)) {
		tcp_time_out(stack, tcb, "no answer to", "retransmissions", now_ns);
		return false;
	}
	tcp_snd_attempt(tcb);
	tcp_rto_back_off(tcb);
	tcp_timer_set(stack, tcb, TCP_TIMER_RETRANSMIT,
		      tcp_within_user_timeout(tcb, now_ns + tcb->loss.rto_ns));
	if (tcb->life.state == TCP_SYN_SENT || tcb->life.state == TCP_SYN_RECEIVED) {
		tcp_send_syn(stack, tcb, TCP_RETRANSMIT_TIMEOUT, now_ns);
	} else {
		tcp_pmtu_timeout(stack, tcb, now_ns);
		tcp_recovery_timeout(stack, tcb, now_ns);
		tcp_output(stack, tcb, now_ns);
	}
	if (tcb->snd.attempts == TCP_R1)
		reached_r1(stack, tcb, now_ns);
	else
		tcp_reachability_silence(stack, tcb, now_ns);
	return true;
}

static bool close_fired(struct stack *stack, struct tcb *tcb)
{
	/* TIME-WAIT is over, or no user waits for this FIN-WAIT-2 */
	tcp_end(stack, tcb, ERR_OK);
	return false;
}

static void buffer_fired(struct stack *stack, struct tcb *tcb)
{
	if (seq_lt(tcb->snd.una, tcb->snd.end))
		return;
	tcp_drop_send_buffer(tcb);
	if (tcb_flight(tcb) == 0) /* not even a FIN */
		tcp_loss_free_records(stack, tcb);
}

static bool fire_one(struct stack *stack, struct tcb *tcb, enum tcp_timer which, uint64_t now_ns)
{
	unset(tcb, which);
	switch (which) {
	case TCP_TIMER_RETRANSMIT:
		return retransmit_fired(stack, tcb, now_ns);
	case TCP_TIMER_PROBE:
		tcp_tlp_fired(stack, tcb, now_ns);
		return true;
	case TCP_TIMER_REORDER:
		tcp_recovery_reorder_fired(stack, tcb, now_ns);
		return true;
	case TCP_TIMER_PERSIST:
		return tcp_persist_fired(stack, tcb, now_ns);
	case TCP_TIMER_DELAYED_ACK:
		tcp_rcv_owe_ack(tcb);
		tcp_output(stack, tcb, now_ns);
		return true;
	case TCP_TIMER_CLOSE:
		return close_fired(stack, tcb);
	case TCP_TIMER_DEVICE:
	case TCP_TIMER_PACING:
		tcp_output(stack, tcb, now_ns);
		return true;
	case TCP_TIMER_BUFFER:
		buffer_fired(stack, tcb);
		return true;
	case TCP_TIMER_KEEP_ALIVE:
		return tcp_keep_alive_fired(stack, tcb, now_ns);
	case TCP_TIMER_REACHABILITY:
		tcp_reachability_fired(stack, tcb, now_ns);
		return true;
	case TCP_TIMER_CORK:
		tcp_cork_fired(stack, tcb, now_ns);
		return true;
	case TCP_TIMER_COUNT:
		break;
	}
	return true;
}

static void fire(struct stack *stack, struct timer *timer, uint64_t now_ns)
{
	struct tcb *tcb = CONTAINER_OF(timer, struct tcb, timers.timer);
	uint64_t next;

	for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
		if (tcb->timers.deadline_ns[i] <= now_ns &&
		    !fire_one(stack, tcb, (enum tcp_timer)i, now_ns))
			return;
	next = earliest(tcb);
	if (next != TIME_NEVER)
		timer_set(&stack->timers, &tcb->timers.timer, next);
	else if (timer_is_set(&tcb->timers.timer))
		timer_cancel(&stack->timers, &tcb->timers.timer);
}

void tcp_timers_init(struct tcb *tcb)
{
	for (unsigned i = 0; i < TCP_TIMER_COUNT; i++)
		tcb->timers.deadline_ns[i] = TIME_NEVER;
	timer_init(&tcb->timers.timer, fire);
}
