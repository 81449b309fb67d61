/*
 * SPDX-License-Identifier: MIT
 *
 * The parts of the TCB that this shelf owns: its files alone write them (tools/check_tcb.py).
 */
#ifndef NET_TCP_RECEIVE_PART_H
#define NET_TCP_RECEIVE_PART_H

#include "net/pktbuf.h"
#include "net/tcp/conn/options.h"

/* Out-of-order data: one range of bytes without holes (reassembly.c). */
struct tcp_range {
	uint32_t start, end; /* [start, end) */
	struct pktbuf *first, *last;
};

#define TCP_RANGES_MAX 64

struct tcp_reassembly {
	uint32_t sack_recent[TCP_SACK_BLOCKS_MAX - 1]; /* a byte of each block reported last */
	uint8_t n_sack_recent;
	uint32_t n_ranges;
	struct tcp_range ranges[TCP_RANGES_MAX]; /* ascending, not touching */
};

/* The receive sequence space, what is held of it, and acknowledging: receive/. */
struct tcp_rcv {
	uint32_t irs;
	uint32_t nxt;
	uint32_t adv;       /* right edge that we have announced; never moves back */
	uint32_t acked;     /* `nxt` in the last ACK sent: RFC 7323 Last.ACK.sent */
	bool ack_now;         /* tcp_poll() sends one unless something carries it before */
	uint8_t ack_segments; /* data segments received since the last ACK */
	uint8_t quick_acks;   /* how many more are acknowledged at once */
	bool fin_known;
	bool urgent;        /* `up` is ahead of what the user has read */
	bool closed;        /* the user will not read any more */
	uint16_t rtt_ms;    /* the last round of tune.c */
	struct tcp_sack_block dsack; /* RFC 2883: came twice, not reported yet; empty: nothing */
	uint32_t buf_size;  /* now, and as far as it may grow (tune.c) */
	uint32_t buf_max;
	uint32_t unread;    /* bytes in `queue` */
	uint32_t memory;    /* what all held packets really occupy */
	uint32_t fin;       /* the peer's FIN, where fin_known */
	uint32_t up;        /* RCV.UP */
	struct pktbuf_queue queue;
	struct tcp_reassembly *reassembly; /* NULL while nothing is out of order */
	uint32_t tune_mark, tune_read, tune_start_ms;
	uint32_t data_received_at; /* tcp_tick() when payload was taken last; 0: never */
	uint32_t segs, data_segs; /* data_segs: with payload */
	uint64_t bytes;
};

#endif
