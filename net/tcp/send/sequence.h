/*
 * SPDX-License-Identifier: MIT
 *
 * The send sequence space changes: the other shelves' only way to write tcb->snd.
 */
#ifndef NET_TCP_SEND_SEQUENCE_H
#define NET_TCP_SEND_SEQUENCE_H

#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

struct tcp_header;

/* All of it from `iss` on. */
static inline void tcp_snd_begin(struct tcb *tcb, uint32_t iss)
{
	tcb->snd.iss = iss;
	tcb->snd.una = tcb->snd.nxt = iss;
	tcb->snd.end = iss + 1;
}

/* The SYN-ACK was sent without a record, as a cookie; its answer has come at `now_ns`. */
static inline void tcp_snd_cookie_answered(struct tcb *tcb, uint64_t now_ns)
{
	tcb->snd.nxt = tcb->snd.iss + 1;
	tcb->snd.retransmitted_ms = (uint32_t)(now_ns / NS_PER_MS); /* the timestamp that it echoes is not the clock's */
}

/* The peer has acknowledged something, or had nothing to. */
static inline void tcp_snd_progress(struct tcb *tcb, uint64_t now_ns)
{
	tcb->snd.progress_ns = now_ns;
}

/* SND.UNA moves to `ack`. */
static inline void tcp_snd_acked(struct tcb *tcb, uint32_t ack, uint64_t now_ns)
{
	tcb->snd.una = ack;
	tcb->snd.attempts = 0;
	tcp_snd_progress(tcb, now_ns);
}

/* The peer offers `wnd` bytes in a segment at `seq` that acknowledges `ack`. */
static inline void tcp_snd_window(struct tcb *tcb, uint32_t wnd, uint32_t seq, uint32_t ack)
{
	tcb->snd.wnd = wnd;
	tcb->snd.wnd_max = MAX(tcb->snd.wnd_max, wnd);
	tcb->snd.wl1 = seq;
	tcb->snd.wl2 = ack;
}

/* The first offer, on its SYN. */
static inline void tcp_snd_first_window(struct tcb *tcb, uint32_t wnd, uint32_t seq, uint32_t ack)
{
	tcb->snd.wnd_max = 0;
	tcp_snd_window(tcb, wnd, seq, ack);
}

/* SND.UNA is about to move by `acked` while the right edge stays. */
static inline void tcp_snd_window_shrinks(struct tcb *tcb, uint32_t acked)
{
	tcb->snd.wnd -= MIN(tcb->snd.wnd, acked);
}

/* A timeout: another attempt without progress. */
static inline void tcp_snd_attempt(struct tcb *tcb)
{
	if (tcb->snd.attempts < UINT8_MAX)
		tcb->snd.attempts++;
}

/* Our SYN waited for its next hop and was dropped. */
static inline void tcp_snd_syn_dropped(struct tcb *tcb)
{
	tcb->snd.syn_waits = false;
}

/* The user closes: a FIN at SND.END. */
static inline void tcp_snd_queue_fin(struct tcb *tcb)
{
	tcb->snd.fin_queued = true;
}

static inline void tcp_snd_set_nodelay(struct tcb *tcb, bool on)
{
	tcb->snd.nodelay = on;
}

/* --- the send buffer: buffer.c --------------------------------------------------------------- */

static inline void tcp_snd_set_buffer_size(struct tcb *tcb, uint32_t size)
{
	tcb->snd.buf_size = size;
}

/* What a listener's user chose, for a connection that it accepts. */
static inline void tcp_snd_inherit(struct tcb *tcb, const struct tcb *from)
{
	tcb->snd.buf_size = from->snd.buf_size;
	tcb->snd.nodelay = from->snd.nodelay;
	tcb->snd.cork = from->snd.cork & TCP_CORK_ON;
}

/* Allocates the buffer, half as large as often as memory is short, down to `least`; false: none. */
bool tcp_snd_alloc_buffer(struct stack *stack, struct tcb *tcb, uint32_t least);
/* It was allocated before there were sequence numbers. */
void tcp_snd_rebase_buffer(struct tcb *tcb);
void tcp_drop_send_buffer(struct tcb *tcb);
/* Copies what there is room for; returns how much.  SND.END is the caller's: tcp_snd_extend(). */
uint32_t tcp_snd_write(struct tcb *tcb, const void *buf, size_t len);
/* `len` more bytes are to be sent; the last of them is urgent, or not. */
void tcp_snd_extend(struct tcb *tcb, uint32_t len, bool urgent);

/* --- urgent.c --------------------------------------------------------------------------------- */

/* A segment at `seq` leaves while urgent data is under way. */
void tcp_point_to_urgent(struct tcb *tcb, uint32_t seq, struct tcp_header *h);
/* Says that there is some, where the window lets none of it go. */
void tcp_announce_urgent(struct stack *stack, struct tcb *tcb, uint64_t now_ns);

#endif
