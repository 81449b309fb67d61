/*
 * SPDX-License-Identifier: MIT
 *
 * The receive buffer grows with the transfer (dynamic right-sizing: M. Fisk, W. Feng, 2001), from
 * TCP_RCVBUF_FIRST up to what the connection was given.  A peer that the window holds back sends a
 * window each round trip; so once the user has read more than half a buffer within one, the buffer
 * becomes twice what he read.  A slow reader's does not grow, nor one that the network keeps slow.
 *
 * A round trip is seen without measuring one: it has passed when payload comes that echoes a timestamp
 * of the round (RFC 7323 4.1); where that takes less than a millisecond, at the turn of each.
 * Without timestamps it has when a whole window has come, provided that took no longer than a round
 * trip may.  A buffer that the user has sized (SOCK_SO_RCVBUF) stays as it is.
 */
#include "net/tcp/conn/handshake.h"
#include "net/tcp/limits.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/segment.h"
#include "net/tcp/send/waiting.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#define SLACK_SEGMENTS 16

/* What the user has taken so far; wraps. */
static uint32_t total_read(const struct tcb *tcb)
{
	return (uint32_t)tcb->rcv.bytes - tcb->rcv.unread;
}

static uint32_t milliseconds(uint64_t now_ns)
{
	return (uint32_t)(now_ns / NS_PER_MS);
}

void tcp_tune_start(struct tcb *tcb, uint64_t now_ns)
{
	tcb->rcv.tune_mark = tcb->agreed.timestamps ? tcp_timestamp(tcb, now_ns) : tcb->rcv.adv;
	tcb->rcv.tune_read = total_read(tcb);
	tcb->rcv.tune_start_ms = milliseconds(now_ns);
}

static bool round_is_over(const struct tcb *tcb, const struct tcp_segment *seg)
{
	if (tcb->agreed.timestamps)
		return seg->opt.has_timestamps &&
		       (int32_t)(seg->opt.ts_ecr - tcb->rcv.tune_mark) >= 0;
	return seq_geq(tcb->rcv.nxt, tcb->rcv.tune_mark);
}

/* Without timestamps: half as much again as SRTT is taken for a round trip.  It takes longer where
 * the peer does not fill the window, or where a queue grows: there is nothing to gain then. */
static bool round_was_one_trip(const struct tcb *tcb, uint64_t now_ns)
{
	uint64_t took_ns = (milliseconds(now_ns) - tcb->rcv.tune_start_ms) * NS_PER_MS;

	return tcb->agreed.timestamps || took_ns <= tcb->loss.srtt_ns / 2 * 3 + 2 * NS_PER_MS;
}

void tcp_tune(struct tcb *tcb, const struct tcp_segment *seg)
{
	uint32_t read, wanted;

	if (!round_is_over(tcb, seg))
		return;
	read = MIN(total_read(tcb) - tcb->rcv.tune_read, TCP_BUFFER_MAX);
	wanted = 2 * read + SLACK_SEGMENTS * tcb->agreed.mss_offered;
	tcp_meter_read(tcb, read);
	tcb->rcv.rtt_ms = (uint16_t)MIN(milliseconds(seg->now_ns) - tcb->rcv.tune_start_ms,
					(uint32_t)UINT16_MAX);
	if (read > tcb->rcv.buf_size / 2 && round_was_one_trip(tcb, seg->now_ns))
		tcb->rcv.buf_size = MIN(MAX(wanted, tcb->rcv.buf_size), tcb->rcv.buf_max);
	tcp_tune_start(tcb, seg->now_ns);
}
