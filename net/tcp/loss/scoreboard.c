/*
 * SPDX-License-Identifier: MIT
 *
 * The records of what was sent and not acknowledged.  See scoreboard.h.
 *
 * Records stay where they are in memory ("slots"), so that the two lists may link them; the order
 * of sequence numbers is a ring of slot numbers beside them, in which a record that is split makes
 * room with one memmove.
 */
#include "net/tcp/loss/scoreboard.h"
#include "net/tcp/seq.h"

#include "base/assert.h"
#include "base/string.h"

/* --- memory ---------------------------------------------------------------------------------- */

static size_t size_of(uint32_t capacity)
{
	return sizeof(struct scoreboard) +
	       capacity * (sizeof(struct sent_segment) + sizeof(uint16_t));
}

static uint16_t slot_of(const struct scoreboard *sb, const struct sent_segment *s)
{
	return (uint16_t)(s - sb->segments);
}

static void free_slots(struct scoreboard *sb, uint32_t from)
{
	for (uint32_t i = from; i < sb->capacity; i++)
		sb->segments[i].next =
			(uint16_t)(i + 1 < sb->capacity ? i + 1 : SCOREBOARD_NONE);
	sb->free_first = (uint16_t)from;
}

static struct scoreboard *create(const struct net_port *port, uint32_t capacity)
{
	struct scoreboard *sb = port->alloc(port->ctx, size_of(capacity));

	if (sb == NULL)
		return NULL;
	memset(sb, 0, sizeof(*sb));
	sb->capacity = capacity;
	sb->in_flight.first = sb->in_flight.last = SCOREBOARD_NONE;
	sb->lost = sb->in_flight;
	sb->order = (uint16_t *)(void *)&sb->segments[capacity];
	free_slots(sb, 0);
	return sb;
}

void scoreboard_free(struct scoreboard *sb, const struct net_port *port)
{
	if (sb != NULL)
		port->free(port->ctx, sb, size_of(sb->capacity));
}

/* Twice as large.  Slots keep their numbers. */
static struct scoreboard *grow(struct scoreboard *old, const struct net_port *port)
{
	struct scoreboard *sb = create(port, 2 * old->capacity);
	uint16_t *order;

	if (sb == NULL)
		return NULL;
	order = sb->order;
	memcpy(sb->segments, old->segments, old->capacity * sizeof(old->segments[0]));
	for (uint32_t i = 0; i < old->count; i++)
		order[i] = old->order[(old->head + i) & (old->capacity - 1)];
	*sb = *old;
	sb->capacity = 2 * old->capacity;
	sb->head = 0;
	sb->order = order;
	free_slots(sb, old->capacity);
	sb->segments[sb->capacity - 1].next = old->free_first;
	scoreboard_free(old, port);
	return sb;
}

bool scoreboard_reserve(struct scoreboard **sb, const struct net_port *port, uint32_t n,
			uint32_t max, bool *no_memory)
{
	struct scoreboard *bigger;

	*no_memory = false;
	if (*sb != NULL && (*sb)->count + n > max)
		return false;
	if (*sb != NULL && (*sb)->count + n <= (*sb)->capacity)
		return true;
	bigger = *sb == NULL ? create(port, SCOREBOARD_AT_FIRST) : grow(*sb, port);
	*no_memory = bigger == NULL;
	if (bigger != NULL)
		*sb = bigger;
	return bigger != NULL;
}

static uint16_t alloc_slot(struct scoreboard *sb)
{
	uint16_t slot = sb->free_first;

	ASSERT(slot != SCOREBOARD_NONE);
	sb->free_first = sb->segments[slot].next;
	return slot;
}

/* --- lists ----------------------------------------------------------------------------------- */

static struct sent_segment *in_slot(struct scoreboard *sb, uint16_t slot)
{
	return slot == SCOREBOARD_NONE ? NULL : &sb->segments[slot];
}

/* Behind `after`; SCOREBOARD_NONE: at the front. */
static void list_insert(struct scoreboard *sb, struct sent_list *list, uint16_t after,
			struct sent_segment *s)
{
	uint16_t slot = slot_of(sb, s);

	s->prev = after;
	s->next = after == SCOREBOARD_NONE ? list->first : sb->segments[after].next;
	if (after == SCOREBOARD_NONE)
		list->first = slot;
	else
		sb->segments[after].next = slot;
	if (s->next == SCOREBOARD_NONE)
		list->last = slot;
	else
		sb->segments[s->next].prev = slot;
}

static void list_append(struct scoreboard *sb, struct sent_list *list, struct sent_segment *s)
{
	list_insert(sb, list, list->last, s);
}

static void list_remove(struct scoreboard *sb, struct sent_list *list, struct sent_segment *s)
{
	if (s->prev == SCOREBOARD_NONE)
		list->first = s->next;
	else
		sb->segments[s->prev].next = s->next;
	if (s->next == SCOREBOARD_NONE)
		list->last = s->prev;
	else
		sb->segments[s->next].prev = s->prev;
}

struct sent_segment *scoreboard_oldest(struct scoreboard *sb)
{
	return in_slot(sb, sb->in_flight.first);
}

struct sent_segment *scoreboard_next_in_flight(struct scoreboard *sb, const struct sent_segment *s)
{
	return in_slot(sb, s->next);
}

struct sent_segment *scoreboard_first_lost(struct scoreboard *sb)
{
	return in_slot(sb, sb->lost.first);
}

/* Out of the list and the sum it is in. */
static void unlink_segment(struct scoreboard *sb, struct sent_segment *s)
{
	if (s->flags & SENT_SACKED) {
		sb->sacked -= sent_len(s);
		sb->n_sacked--;
	} else if (s->flags & SENT_LOST) {
		list_remove(sb, &sb->lost, s);
	} else {
		list_remove(sb, &sb->in_flight, s);
		sb->pipe -= sent_len(s);
	}
	s->flags &= (uint8_t)~(SENT_SACKED | SENT_LOST);
}

/* --- what happens to a segment --------------------------------------------------------------- */

void scoreboard_sent(struct scoreboard *sb, uint32_t seq, uint32_t end, uint64_t now_ns)
{
	uint16_t slot = alloc_slot(sb);
	struct sent_segment *s = &sb->segments[slot];

	*s = (struct sent_segment){.sent_ns = now_ns, .seq = seq, .end = end};
	sb->order[(sb->head + sb->count++) & (sb->capacity - 1)] = slot;
	list_append(sb, &sb->in_flight, s);
	sb->pipe += sent_len(s);
}

void scoreboard_retransmitted(struct scoreboard *sb, struct sent_segment *s, uint64_t now_ns)
{
	unlink_segment(sb, s);
	s->sent_ns = now_ns;
	s->flags |= SENT_AGAIN;
	list_append(sb, &sb->in_flight, s);
	sb->pipe += sent_len(s);
}

/* They come by age, which is in sequence order but for what was retransmitted: that is for the front
 * when it is the first hole of all. */
void scoreboard_mark_lost(struct scoreboard *sb, struct sent_segment *s)
{
	const struct sent_segment *first = scoreboard_first_lost(sb);
	bool urgent = first != NULL && seq_lt(s->seq, first->seq);

	unlink_segment(sb, s);
	s->flags |= SENT_LOST;
	list_insert(sb, &sb->lost, urgent ? SCOREBOARD_NONE : sb->lost.last, s);
}

void scoreboard_acked(struct scoreboard *sb, uint32_t una)
{
	struct sent_segment *s = scoreboard_at(sb, 0);

	if (seq_gt(s->end, una)) { /* in part */
		uint32_t n = una - s->seq;

		if (s->flags & SENT_SACKED)
			sb->sacked -= n;
		else if (!(s->flags & SENT_LOST))
			sb->pipe -= n;
		s->seq = una;
		return;
	}
	unlink_segment(sb, s);
	if (s->flags & SENT_PIECE)
		sb->n_pieces--;
	s->next = sb->free_first;
	sb->free_first = slot_of(sb, s);
	sb->head = (sb->head + 1) & (sb->capacity - 1);
	sb->count--;
}

void scoreboard_cut(struct scoreboard *sb, uint32_t i, uint32_t at)
{
	struct sent_segment *s = scoreboard_at(sb, i);
	uint16_t slot = alloc_slot(sb);
	struct sent_segment *tail = &sb->segments[slot];
	uint32_t mask = sb->capacity - 1;

	ASSERT(seq_lt(s->seq, at) && seq_lt(at, s->end) && !(s->flags & SENT_SACKED));
	*tail = *s;
	tail->seq = at;
	tail->flags &= (uint8_t)~SENT_PIECE;
	s->end = at;
	list_insert(sb, s->flags & SENT_LOST ? &sb->lost : &sb->in_flight, slot_of(sb, s), tail);
	for (uint32_t j = sb->count++; j > i + 1; j--)
		sb->order[(sb->head + j) & mask] = sb->order[(sb->head + j - 1) & mask];
	sb->order[(sb->head + i + 1) & mask] = slot;
}

void scoreboard_split(struct scoreboard *sb, uint32_t i, uint32_t at)
{
	scoreboard_cut(sb, i, at);
	scoreboard_at(sb, i + 1)->flags |= SENT_PIECE;
	sb->n_pieces++;
}

/* --- SACK ------------------------------------------------------------------------------------ */

uint32_t scoreboard_find(struct scoreboard *sb, uint32_t seq, uint32_t from)
{
	uint32_t low = from, high = sb->count;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (seq_leq(scoreboard_at(sb, mid)->end, seq))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The record behind the SACKed run that begins with record i, as far as i knows. */
static uint32_t behind_range(struct scoreboard *sb, uint32_t i)
{
	const struct sent_segment *s = scoreboard_at(sb, i);

	return s->sacked_to == s->end ? i + 1 : scoreboard_find(sb, s->sacked_to, i + 1);
}

/* All from record `first` up to `to` are SACKed: the next walk skips them. */
static void shorten(struct scoreboard *sb, uint32_t first, uint32_t to)
{
	uint32_t i = first;

	while (i < sb->count && seq_lt(scoreboard_at(sb, i)->seq, to)) {
		uint32_t next = behind_range(sb, i);

		scoreboard_at(sb, i)->sacked_to = seq_max(scoreboard_at(sb, i)->sacked_to, to);
		i = next;
	}
}

uint32_t scoreboard_sack(struct scoreboard *sb, uint32_t start, uint32_t end,
			 void (*each)(void *ctx, const struct sent_segment *s), void *ctx)
{
	uint32_t first = scoreboard_find(sb, start, 0);
	uint32_t i = first, to = end, across = SCOREBOARD_NO_RECORD;

	if (first < sb->count && seq_lt(scoreboard_at(sb, first)->seq, start) &&
	    !(scoreboard_at(sb, first)->flags & SENT_SACKED))
		return first;
	while (i < sb->count && seq_lt(scoreboard_at(sb, i)->seq, end)) {
		struct sent_segment *s = scoreboard_at(sb, i);

		if (!(s->flags & SENT_SACKED)) {
			if (seq_gt(s->end, end)) {
				to = s->seq;
				across = i;
				break;
			}
			each(ctx, s);
			unlink_segment(sb, s);
			s->flags |= SENT_SACKED;
			s->sacked_to = s->end;
			sb->sacked += sent_len(s);
			sb->n_sacked++;
		}
		to = s->sacked_to;
		i = behind_range(sb, i);
	}
	shorten(sb, first, to);
	return across;
}

/* --- all at once ----------------------------------------------------------------------------- */

void scoreboard_all_lost(struct scoreboard *sb, bool clear_sacked)
{
	sb->in_flight.first = sb->in_flight.last = SCOREBOARD_NONE;
	sb->lost = sb->in_flight;
	sb->pipe = 0;
	if (clear_sacked)
		sb->sacked = sb->n_sacked = 0;
	for (uint32_t i = 0; i < sb->count; i++) {
		struct sent_segment *s = scoreboard_at(sb, i);

		if ((s->flags & SENT_SACKED) && !clear_sacked)
			continue;
		s->flags = (uint8_t)((s->flags & ~SENT_SACKED) | SENT_LOST);
		list_append(sb, &sb->lost, s);
	}
}

/* Back among what is in flight, each where its time is.  What is lost is in few runs by time, as
 * many as the first holes were retransmitted before the others; each run is one walk. */
void scoreboard_none_lost(struct scoreboard *sb)
{
	uint16_t after = SCOREBOARD_NONE, next;
	struct sent_segment *s;

	while ((s = in_slot(sb, sb->lost.first)) != NULL) {
		unlink_segment(sb, s);
		if (after != SCOREBOARD_NONE && sb->segments[after].sent_ns > s->sent_ns)
			after = SCOREBOARD_NONE;
		next = after == SCOREBOARD_NONE ? sb->in_flight.first : sb->segments[after].next;
		while (next != SCOREBOARD_NONE && sb->segments[next].sent_ns < s->sent_ns) {
			after = next;
			next = sb->segments[next].next;
		}
		list_insert(sb, &sb->in_flight, after, s);
		after = slot_of(sb, s);
		sb->pipe += sent_len(s);
	}
}
