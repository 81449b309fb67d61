/*
 * SPDX-License-Identifier: MIT
 *
 * Events that show a header (header_event.c).
 */
#ifndef NET_TCP_CONN_HEADER_EVENT_H
#define NET_TCP_CONN_HEADER_EVENT_H

#include "log/event.h"
#include "net/tcp/conn/options.h"
#include "net/tcp/tcb.h"
#include "net/wire/tcp.h"

struct tcp_segment;

/* --- events that show a header (header_event.c) ---------------------------------------------- */

struct tcp_header_view {
	struct net_endpoint src, dst;
	struct tcp_header h;
	struct tcp_options opt;
	const uint8_t *frame; /* NULL: there is none yet */
	size_t frame_len;     /* on the wire */
	size_t frame_seen;    /* of it readable at `frame` */
	struct net_addr next_hop; /* of no family: does not apply */
};
/* Emits a step's event with the fields of docs/steps.md. */
void tcp_emit_header(struct stack *stack, enum event_id id, uint32_t conn,
		     const struct tcp_header_view *view);
/* The header of a packet at its layers' offsets, and its frame; false where that is not TCP. */
bool tcp_view_packet(struct tcp_header_view *view, const struct pktbuf *pkt);
/* The frame that a received packet came in; for a segment whose header was parsed. */
void tcp_view_received(struct tcp_header_view *view, const struct tcp_segment *seg);
/* "SYN,ACK" */
void tcp_flags_text(char *buf, size_t cap, uint16_t flags);

#endif
