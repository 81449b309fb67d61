/*
 * SPDX-License-Identifier: MIT
 *
 * The receive sequence space changes: the other shelves' only way to write tcb->rcv.
 */
#ifndef NET_TCP_RECEIVE_SEQUENCE_H
#define NET_TCP_RECEIVE_SEQUENCE_H

#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

/* The peer's SYN is at `irs`. */
static inline void tcp_rcv_begin(struct tcb *tcb, uint32_t irs)
{
	tcb->rcv.irs = irs;
	tcb->rcv.nxt = tcb->rcv.adv = tcb->rcv.acked = irs + 1;
	if (seq_gt(tcb->snd.nxt, tcb->snd.iss)) /* our SYN has announced a window already */
		tcb->rcv.adv += MIN(tcb->rcv.buf_size, UINT16_MAX);
}

static inline void tcp_rcv_count(struct tcb *tcb, bool has_data)
{
	tcb->rcv.segs++;
	tcb->rcv.data_segs += has_data;
}

/* An ACK is due at once. */
static inline void tcp_rcv_owe_ack(struct tcb *tcb)
{
	tcb->rcv.ack_now = true;
}

/* A segment with an ACK was built: it settles what was owed. */
static inline void tcp_rcv_ack_sent(struct tcb *tcb)
{
	tcb->rcv.acked = tcb->rcv.nxt;
	tcb->rcv.ack_now = false;
	tcb->rcv.ack_segments = 0;
}

/* The connection is young: the next data segments are acknowledged at once. */
static inline void tcp_rcv_begin_quick_acks(struct tcb *tcb)
{
	tcb->rcv.quick_acks = TCP_QUICK_ACKS;
}

/* The receive buffer: its size now, and how far it may grow. */
static inline void tcp_rcv_set_buffer(struct tcb *tcb, uint32_t size, uint32_t max)
{
	tcb->rcv.buf_size = size;
	tcb->rcv.buf_max = max;
}

/* The user will not read any more. */
static inline void tcp_rcv_close(struct tcb *tcb)
{
	tcb->rcv.closed = true;
}

/* read.c: moves up to `len` bytes to the user. */
size_t tcp_rcv_read(struct tcb *tcb, uint8_t *buf, size_t len);

#endif
