/*
 * SPDX-License-Identifier: MIT
 *
 * How long a connection had something to send, and of that how long what held it back was the peer's
 * window, or our own send buffer (Linux has the same clocks; their reading tells where a slow
 * transfer is slow).  One thing at a time holds it back; the first that applies decides:
 *
 *      all sent, the user has more, cwnd has room    the send buffer is too small
 *      the next segment does not fit the window      the peer's application, or its buffer
 *      else                                          busy: the network
 */
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

void tcp_meter_change(struct tcb *tcb, enum tcp_limit limit, uint64_t now_ns)
{
	struct tcp_meter *meter = &tcb->meter;
	uint32_t tick = tcp_tick(now_ns);

	meter->ticks[tcb->snd.limit] += tick - meter->since;
	meter->since = tick;
	tcb->snd.limit = (uint8_t)limit;
}

void tcp_meter_full(struct tcb *tcb, uint64_t now_ns)
{
	if (tcb->snd.limit == TCP_LIMIT_BUSY && tcb->snd.nxt == tcb->snd.end &&
	    !tcb->cc.cwnd_limited)
		tcp_meter_set(tcb, TCP_LIMIT_SNDBUF, now_ns);
}

/* Of a connection that has ended, the last that is known of it: when it sent or heard something. */
static uint32_t running_until(const struct tcb *tcb, uint64_t now_ns)
{
	return tcp_tick(tcb->life.state == TCP_CLOSED ? MAX(tcb->snd.last_sent_ns,
							    tcb->life.last_received_ns) : now_ns);
}

static uint64_t ticks_of(const struct tcb *tcb, enum tcp_limit limit, uint64_t now_ns)
{
	const struct tcp_meter *meter = &tcb->meter;
	int32_t running = seq_diff(running_until(tcb, now_ns), meter->since);

	return meter->ticks[limit] + (tcb->snd.limit == limit && running > 0 ? (uint32_t)running :
				      0u);
}

uint64_t tcp_meter_us(const struct tcb *tcb, enum tcp_limit limit, uint64_t now_ns)
{
	uint64_t ticks = 0;

	for (unsigned i = TCP_LIMIT_BUSY; i < TCP_LIMITS; i++)
		if (limit == TCP_LIMIT_NONE || limit == i)
			ticks += ticks_of(tcb, (enum tcp_limit)i, now_ns);
	return (ticks << TCP_TICK_SHIFT) / NS_PER_US;
}
