/*
 * SPDX-License-Identifier: MIT
 *
 * The ring of unacknowledged bytes, and when its memory may be used again.
 *
 * Keeping, for every packet out there, the range it refers to would cost a list.  Grace periods
 * need two counters.  Packets belong to one of two generations.  When bytes are acknowledged, new
 * packets start to count in the other generation: they cannot refer to acknowledged bytes, since
 * those are not sent any more.  As soon as the old generation has come home, the bytes acknowledged
 * at that turn are free.  Acknowledgements in between wait for the next turn.
 */
#include "net/tcp/send/send_buffer.h"

#include "base/assert.h"
#include "base/string.h"

struct send_buffer *send_buffer_create(const struct net_port *port, uint32_t size,
				       uint32_t start_seq)
{
	struct send_buffer *sb = port->alloc(port->ctx, sizeof(*sb) + size);

	if (sb != NULL)
		*sb = (struct send_buffer){
			.port = port,
			.size = size,
			.limit = size,
			.start_seq = start_seq,
			.una = start_seq,
		};
	return sb;
}

static void destroy(struct send_buffer *sb)
{
	sb->port->free(sb->port->ctx, sb, sizeof(*sb) + sb->size);
}

static bool nothing_in_flight(const struct send_buffer *sb)
{
	return sb->in_flight[0] == 0 && sb->in_flight[1] == 0;
}

void send_buffer_release(struct send_buffer *sb)
{
	sb->orphan = true;
	if (nothing_in_flight(sb))
		destroy(sb);
}

uint32_t send_buffer_room(const struct send_buffer *sb)
{
	return sb->len < sb->limit ? sb->limit - sb->len : 0;
}

/* Where the byte `ahead` of the oldest one is; `ahead` <= size. */
static uint32_t ring_off(const struct send_buffer *sb, uint32_t ahead)
{
	uint32_t to_end = sb->size - sb->start_off;

	return ahead < to_end ? sb->start_off + ahead : ahead - to_end;
}

uint32_t send_buffer_write(struct send_buffer *sb, const void *buf, uint32_t len)
{
	uint32_t off = ring_off(sb, sb->len);
	uint32_t first;

	len = MIN(len, send_buffer_room(sb));
	first = MIN(len, sb->size - off);
	memcpy(sb->ring + off, buf, first);
	memcpy(sb->ring, (const uint8_t *)buf + first, len - first);
	sb->len += len;
	return len;
}

/* What the old one holds and is not acknowledged; no packet refers to the copy. */
static void copy_unacked(struct send_buffer *to, const struct send_buffer *from)
{
	uint32_t done = from->una - from->start_seq;
	uint32_t len = from->len - done;
	uint32_t off = ring_off(from, done);
	uint32_t first = MIN(len, from->size - off);

	memcpy(to->ring, from->ring + off, first);
	memcpy(to->ring + first, from->ring, len - first);
	to->len = len;
}

bool send_buffer_resize(struct send_buffer **sb, uint32_t limit)
{
	struct send_buffer *old = *sb, *bigger;

	if (limit <= old->size) {
		old->limit = limit;
		return true;
	}
	bigger = send_buffer_create(old->port, limit, old->una);
	if (bigger == NULL)
		return false;
	copy_unacked(bigger, old);
	send_buffer_release(old);
	*sb = bigger;
	return true;
}

static void free_up_to(struct send_buffer *sb, uint32_t seq)
{
	uint32_t n = seq - sb->start_seq;

	sb->start_off = ring_off(sb, n);
	sb->start_seq = seq;
	sb->len -= n;
}

static void reclaim(struct send_buffer *sb)
{
	if (nothing_in_flight(sb)) {
		free_up_to(sb, sb->una);
		sb->grace = false;
		return;
	}
	if (sb->grace && sb->in_flight[!sb->generation] == 0) {
		free_up_to(sb, sb->grace_seq);
		sb->grace = false;
	}
	if (!sb->grace && sb->una != sb->start_seq) {
		sb->generation = !sb->generation;
		sb->grace_seq = sb->una;
		sb->grace = true;
	}
}

void send_buffer_acked(struct send_buffer *sb, uint32_t una)
{
	ASSERT(una - sb->start_seq <= sb->len);
	sb->una = una;
	reclaim(sb);
}

static void packet_released(struct pktbuf *pkt)
{
	struct send_buffer *sb = pkt->pieces_owner;

	sb->in_flight[pkt->pieces_cookie]--;
	if (!sb->orphan)
		reclaim(sb);
	else if (nothing_in_flight(sb))
		destroy(sb);
}

void send_buffer_attach(struct send_buffer *sb, struct pktbuf *pkt, uint32_t seq, uint32_t len)
{
	uint32_t ahead = seq - sb->start_seq;
	uint32_t off = ring_off(sb, ahead);
	uint32_t first = MIN(len, sb->size - off);
	bool fits;

	ASSERT(len > 0 && ahead + len <= sb->len);
	fits = pktbuf_add_piece(pkt, sb->ring + off, first);
	if (len > first)
		fits = fits && pktbuf_add_piece(pkt, sb->ring, len - first);
	ASSERT(fits);
	pkt->pieces_release = packet_released;
	pkt->pieces_owner = sb;
	pkt->pieces_cookie = sb->generation;
	sb->in_flight[sb->generation]++;
}
