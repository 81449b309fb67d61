/*
 * SPDX-License-Identifier: MIT
 *
 * A received segment, parsed; and what a step of RFC 9293 3.10.7 says about the steps after it.
 */
#ifndef NET_TCP_SEGMENT_H
#define NET_TCP_SEGMENT_H

#include "net/pktbuf.h"
#include "net/tcp/conn/options.h"
#include "net/wire/tcp.h"

/* A received segment, parsed.  seq, data and len shrink when parts of it turn out to be old. */
struct tcp_segment {
	struct pktbuf *pkt; /* [data, tail) is the payload; NULL once it has been consumed */
	struct net_endpoint local, remote;
	uint32_t seq, ack;
	uint32_t data_len; /* payload bytes */
	uint32_t up;       /* SEG.UP as a sequence number; where it has URG */
	uint32_t fin_seq;  /* of its FIN, where it has one: trimming does not move it */
	uint32_t wnd;      /* SEG.WND, scaled */
	uint16_t raw_wnd;  /* as on the wire */
	uint16_t flags;    /* enum tcp_flag */
	uint8_t ip_ecn;    /* enum ip_ecn, of its IP header */
	bool moves_timestamp;        /* RFC 7323 4.3: TS.Recent, once its ACK is believed */
	struct tcp_options opt;
	uint64_t now_ns;
};

/* SEG.LEN: SYN and FIN count one each. */
static inline uint32_t segment_len(const struct tcp_segment *seg)
{
	return seg->data_len + !!(seg->flags & TCP_SYN) + !!(seg->flags & TCP_FIN);
}

/* What a step of 3.10.7 says about the rest of the steps. */
enum tcp_verdict { TCP_CONTINUE, TCP_DONE };

#endif
