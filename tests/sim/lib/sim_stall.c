/*
 * SPDX-License-Identifier: MIT
 *
 * Connections that would wait for ever, or longer than they must: looked for while a simulation
 * runs, between two steps, when everybody has done what he could.
 *
 *   - what is out has its time-out armed, in the heap too;
 *   - what waits to be sent, with nothing out, has the persist timer, or the device's;
 *   - what is lost goes again as soon as the congestion window allows it.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/timers.h"
#include "net/tcp/loss/loss.h"
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/tcb.h"
#include "tests/sim/lib/sim.h"

static bool armed(const struct tcb *tcb, enum tcp_timer which)
{
	return tcp_timer_is_set(tcb, which) && tcb->timers.timer.deadline_ns <=
	       tcb->timers.deadline_ns[which];
}

static bool may_send(const struct tcb *tcb)
{
	return tcb->life.state == TCP_ESTABLISHED || tcb->life.state == TCP_FIN_WAIT_1 ||
	       tcb->life.state == TCP_CLOSE_WAIT || tcb->life.state == TCP_CLOSING ||
	       tcb->life.state == TCP_LAST_ACK;
}

static bool holds_back_what_is_lost(const struct tcb *tcb)
{
	uint32_t len;

	if (!tcp_has_lost(tcb) || tcp_undo_holds_back(tcb))
		return false;
	len = sent_len(scoreboard_first_lost(tcb->loss.sent));
	return tcp_congestion_room(tcb) >= MIN(len, tcb_eff_mss(tcb));
}

/* NULL: it goes on. */
static const char *stalls(const struct tcb *tcb)
{
	bool waits = tcb->snd.nxt != tcb->snd.end + tcb->snd.fin_queued;

	if (tcb->life.work_prev != NULL || !may_send(tcb))
		return NULL;
	if (tcb_flight(tcb) > 0 && !armed(tcb, TCP_TIMER_RETRANSMIT))
		return "has something out, and no time-out";
	if (armed(tcb, TCP_TIMER_DEVICE))
		return NULL;
	if (tcb_flight(tcb) == 0 && waits && !armed(tcb, TCP_TIMER_PERSIST))
		return "has something to send, and sends nothing";
	if (holds_back_what_is_lost(tcb))
		return "may send again what is lost, and does not";
	return NULL;
}

void sim_expect_no_stall(struct sim_host *host)
{
	const struct tcp_layer *tcp = host->stack->tcp;

	for (uint32_t i = 0; i < tcp->n_buckets; i++) {
		for (const struct tcb *tcb = tcp->buckets[i]; tcb != NULL; tcb =
		     tcb->id.hash_next) {
			const char *what = stalls(tcb);

			if (what != NULL)
				sim_fail(host->sim, "connection %u in %s %s", tcb->id.number,
					 tcp_state_name(tcb->life.state), what);
		}
	}
}
