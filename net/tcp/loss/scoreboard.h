/*
 * SPDX-License-Identifier: MIT
 *
 * The scoreboard: one record for each segment that is sent and not acknowledged, with the time it
 * was sent last and what has become of it (RFC 6675 3; RFC 8985 5.2).
 *
 *   - in sequence order, for cumulative ACKs (from the front) and SACK blocks (binary search);
 *   - in flight: neither SACKed nor lost, in the order in which they were sent last (the
 *     "time-ordered list" of RFC 8985 6.2); `pipe` is their bytes (RFC 6675 4);
 *   - lost: to be retransmitted, the first hole first and the others by age.
 *
 * Work.  Sending, acknowledging, losing a segment is O(1).  A SACK block costs a binary search and
 * what it newly covers: runs of SACKed records are stepped over, and each step shortens the next
 * walk.  All of a scoreboard is walked at a timeout, when one is undone and when the path MTU
 * shrinks, and never because of an ACK.
 *
 * Memory is taken when something is sent, grows with it, and goes back when nothing was in flight
 * for a while (as the send buffer's does).
 */
#ifndef NET_TCP_LOSS_SCOREBOARD_H
#define NET_TCP_LOSS_SCOREBOARD_H

#include "base/compiler.h"
#include "net/port.h"
#include "net/tcp/congestion/congestion_past.h"
#include "net/tcp/seq.h"

#define SCOREBOARD_AT_FIRST 16u
/* With so many segments on their way sending pauses until the first is acknowledged... */
#define SCOREBOARD_MAX 2048u
/* ...and so many records there can be when a smaller MSS cuts them. */
#define SCOREBOARD_CUT_MAX 4096u
/* So many at a time may be parts that SACK blocks have split off: an honest peer's blocks end where
 * segments do, unless the path splits them anew; a peer that makes crumbs gets no more than these. */
#define SCOREBOARD_PIECES_MAX 64u

enum sent_flag {
	SENT_SACKED = 1u << 0,
	SENT_LOST = 1u << 1,  /* and not retransmitted yet */
	SENT_AGAIN = 1u << 2, /* more than once: Karn */
	SENT_PIECE = 1u << 3, /* a SACK block has split it off the record before it */
};

struct sent_segment {
	uint64_t sent_ns;  /* the last time */
	uint32_t seq, end; /* [seq, end); a FIN counts one */
	union {
		struct {
			uint16_t prev, next; /* in its list */
		};
		uint32_t sacked_to; /* SACKED: so are all up to here at least */
	};
	uint8_t flags; /* enum sent_flag */
};

struct sent_list {
	uint16_t first, last; /* slots, or SCOREBOARD_NONE */
};
#define SCOREBOARD_NONE UINT16_MAX
#define SCOREBOARD_NO_RECORD UINT32_MAX

struct scoreboard {
	uint32_t capacity; /* a power of two */
	uint32_t head;     /* of the ring `order` */
	uint32_t count;
	uint16_t free_first;
	struct sent_list in_flight, lost;
	uint32_t pipe;   /* bytes in flight */
	uint32_t sacked; /* bytes SACKed */
	uint32_t n_sacked;
	uint32_t n_pieces;
	struct tcp_congestion_undo undo;
	uint16_t *order; /* slots in sequence order */
	struct sent_segment segments[];
};

/* Room for `n` more records (few), `max` in all, in a scoreboard that is made or grows for it;
 * false: full, or no memory (*no_memory). */
bool scoreboard_reserve(struct scoreboard **sb, const struct net_port *port, uint32_t n,
			uint32_t max, bool *no_memory) MUST_CHECK;
void scoreboard_free(struct scoreboard *sb, const struct net_port *port);

/* The i-th in sequence order; i < count. */
static inline struct sent_segment *scoreboard_at(struct scoreboard *sb, uint32_t i)
{
	return &sb->segments[sb->order[(sb->head + i) & (sb->capacity - 1)]];
}

static inline uint32_t sent_len(const struct sent_segment *s)
{
	return s->end - s->seq;
}

/* The first, from the `from`-th on, that ends behind `seq`; count when none does. */
uint32_t scoreboard_find(struct scoreboard *sb, uint32_t seq, uint32_t from);

/* The first in flight by time, and the one sent next; the first that is lost.  NULL: none. */
struct sent_segment *scoreboard_oldest(struct scoreboard *sb);
struct sent_segment *scoreboard_next_in_flight(struct scoreboard *sb, const struct sent_segment *s);
struct sent_segment *scoreboard_first_lost(struct scoreboard *sb);

/* Sent for the first time, behind all others; after scoreboard_reserve(). */
void scoreboard_sent(struct scoreboard *sb, uint32_t seq, uint32_t end, uint64_t now_ns);
/* Sent again: in flight, the latest of all. */
void scoreboard_retransmitted(struct scoreboard *sb, struct sent_segment *s, uint64_t now_ns);
/* In flight until now. */
void scoreboard_mark_lost(struct scoreboard *sb, struct sent_segment *s);
/* [start, end) was SACKed: `each` is called for every record that is newly SACKed.  Returns the first
 * that lies across `start`, and then nothing is done, or else across `end`, and then it stays as it
 * is; SCOREBOARD_NO_RECORD: there is none. */
uint32_t scoreboard_sack(struct scoreboard *sb, uint32_t start, uint32_t end,
			 void (*each)(void *ctx, const struct sent_segment *s), void *ctx);
/* The first record is acknowledged up to `una`, be it whole (then it is gone) or in part. */
void scoreboard_acked(struct scoreboard *sb, uint32_t una);
/* Cuts record `i` in two at `at`; there is room for one more. */
void scoreboard_cut(struct scoreboard *sb, uint32_t i, uint32_t at);
/* The same for a SACK block; there is room for another piece, too. */
void scoreboard_split(struct scoreboard *sb, uint32_t i, uint32_t at);

/* A timeout: everything that is not SACKed is lost, in sequence order; with `clear_sacked`, what is
 * SACKed too. */
void scoreboard_all_lost(struct scoreboard *sb, bool clear_sacked);
/* Nothing was lost after all. */
void scoreboard_none_lost(struct scoreboard *sb);

#endif
