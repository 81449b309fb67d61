/*
 * SPDX-License-Identifier: MIT
 *
 * The send buffer: a ring of the bytes that the user gave and the peer has not acknowledged.
 *
 * Packets point into it (pktbuf pieces), so a byte's memory may be used again only when the byte is
 * acknowledged *and* no packet that refers to it is still with a device.  A retransmission may sit
 * in a device's queue while the acknowledgement of the first copy arrives, so "acknowledged" alone
 * is not enough.  The buffer outlives its connection for the same reason.
 *
 *      start_seq          una                      end
 *         | acknowledged,  | sent or waiting to be  |
 *         | still in use   | sent                   |     free
 *         +----------------+------------------------+-------------
 */
#ifndef NET_TCP_SEND_SEND_BUFFER_H
#define NET_TCP_SEND_SEND_BUFFER_H

#include "base/compiler.h"
#include "net/pktbuf.h"
#include "net/port.h"

struct send_buffer {
	const struct net_port *port;
	uint32_t size;      /* bytes of ring */
	uint32_t limit;     /* of which so many may be used: size at most */
	uint32_t start_seq; /* sequence number of the oldest byte whose memory is taken */
	uint32_t start_off; /* where that byte is */
	uint32_t len;       /* bytes taken */
	uint32_t una;       /* first byte not acknowledged */

	/* Grace periods: see send_buffer.c */
	uint32_t in_flight[2]; /* packets out there, by generation */
	uint32_t grace_seq;
	uint8_t generation;
	bool grace;

	bool orphan; /* the connection has released it */
	uint8_t ring[];
};

/* `start_seq`: the sequence number that the first byte written will have.  NULL: no memory. */
struct send_buffer *send_buffer_create(const struct net_port *port, uint32_t size,
				       uint32_t start_seq) MUST_CHECK;
/* The connection releases it; the memory goes back when the last packet has come home. */
void send_buffer_release(struct send_buffer *sb);

/* From now on it holds `limit` bytes, be they fewer than it holds: then nothing is taken until enough
 * of them is gone.  A ring that is too small for it is replaced: what is not acknowledged is copied,
 * and the old one goes as with send_buffer_release().  False: no memory, all is as it was. */
bool send_buffer_resize(struct send_buffer **sb, uint32_t limit) MUST_CHECK;

uint32_t send_buffer_room(const struct send_buffer *sb);
/* Copies as much as there is room for; returns how much that was. */
uint32_t send_buffer_write(struct send_buffer *sb, const void *buf, uint32_t len);
/* Everything before `una` is acknowledged. */
void send_buffer_acked(struct send_buffer *sb, uint32_t una);
/* Appends bytes [seq, seq + len) to the packet as one piece or two (at the ring's end). */
void send_buffer_attach(struct send_buffer *sb, struct pktbuf *pkt, uint32_t seq, uint32_t len);

#endif
