/*
 * SPDX-License-Identifier: MIT
 *
 * The transmission control block: everything TCP knows about one connection or one listener
 * (RFC 9293 3.3.1, whose variable names are kept: SND.UNA is snd.una).  It is made of parts.  Which
 * shelf of net/tcp owns a part stands beside it; the others read freely and write only through the
 * owner's functions.
 */
#ifndef NET_TCP_TCB_H
#define NET_TCP_TCB_H

#include "net/ip/ip.h"
#include "net/stack.h"
#include "net/tcp/congestion/part.h"
#include "net/tcp/conn/part.h"
#include "net/tcp/limits.h"
#include "net/tcp/loss/part.h"
#include "net/tcp/receive/part.h"
#include "net/tcp/send/part.h"
#include "net/tcp/seq.h"
#include "net/wire/tcp.h"

struct tcb {
	struct tcp_identity id;
	struct tcp_life life;
	struct tcp_snd snd;
	struct tcp_rcv rcv;
	struct tcp_cc cc;
	struct tcp_loss loss;
	struct tcp_agreed agreed;
	struct tcp_user_options chosen;
	struct tcp_timers timers;
	struct tcp_places places;
	union { /* no listener sends */
		struct tcp_backlog backlog;
		struct tcp_meter meter; /* from tcp_prepare() on */
	};
};
/* With its socket an idle connection takes a kilobyte at most (tests/unit/test_tcp_memory.c). */
_Static_assert(sizeof(struct tcb) <= 888, "a connection has become larger");

/* A clock for what wants no more than milliseconds: ticks of 2^20 ns, which wrap after 52 days; never
 * 0, which stands for never. */
#define TCP_TICK_SHIFT 20
static inline uint32_t tcp_tick(uint64_t now_ns)
{
	return (uint32_t)(now_ns >> TCP_TICK_SHIFT) | 1u;
}

/* Headers without options: RFC 9293 3.7.1, MUST-67. */
static inline uint32_t tcb_header_len(const struct tcb *tcb)
{
	return ip_header_len(&tcb->id.remote.addr) + TCP_HEADER_LEN;
}

/* FlightSize of RFC 5681: sent and not acknowledged, SYN and FIN included. */
static inline uint32_t tcb_flight(const struct tcb *tcb)
{
	return tcb->snd.nxt - tcb->snd.una;
}

static inline bool tcb_fin_sent(const struct tcb *tcb)
{
	return tcb->snd.fin_queued && seq_gt(tcb->snd.nxt, tcb->snd.end);
}

static inline bool tcb_fin_acked(const struct tcb *tcb)
{
	return tcb->snd.fin_queued && seq_gt(tcb->snd.una, tcb->snd.end);
}

/* RFC 9293 Eff.snd.MSS: payload bytes of a segment without SACK blocks. */
static inline uint32_t tcb_eff_mss(const struct tcb *tcb)
{
	return tcb->snd.mss - (tcb->agreed.timestamps ? TCP_TIMESTAMPS_LEN : 0u);
}

/* No larger than the user wants it (SOCK_TCP_MAXSEG). */
static inline uint16_t tcb_within_choice(const struct tcb *tcb, uint16_t mss)
{
	return tcb->chosen.mss != 0 ? MIN(mss, tcb->chosen.mss) : mss;
}

/* Urgent data that was never sent. */
static inline bool tcb_urgent_waits(const struct tcb *tcb)
{
	return tcb->snd.urgent && seq_gt(tcb->snd.up, tcb->snd.nxt);
}

/* ESTABLISHED and everything after it, except CLOSED. */
static inline bool tcb_synchronized(const struct tcb *tcb)
{
	return tcb->life.state >= TCP_ESTABLISHED;
}

#endif
