/*
 * SPDX-License-Identifier: MIT
 *
 * Out-of-order payload: ranges of bytes without holes, ascending, in an array that exists only while
 * there is a hole.  Work per segment is bounded by TCP_RANGES_MAX (64), whatever the peer does;
 * memory by the receive buffer.  What does not fit is dropped and counted: the peer sends it again.
 *
 * Where two segments overlap, the bytes that came first stay (nothing that was acknowledged by SACK
 * ever changes).  A segment that spans a whole run takes the range's bytes over into its own memory,
 * and the range's packets go back: both its ends are new, and it stays one packet.  The blocks of RFC
 * 2018 are read off the runs.
 */
#include "net/tcp/conn/options.h"
#include "net/tcp/conn/steps.h"
#include "net/tcp/receive/receive.h"
#include "net/tcp/segment.h"
#include "net/tcp/seq.h"
#include "net/tcp/tcb.h"

#include "base/string.h"

/* All that may be held for one connection, in bytes of memory, when something is out of order:
 * full segments occupy about 1.6 times their payload. */
static bool memory_allows(const struct tcb *tcb, const struct pktbuf *pkt)
{
	return tcb->rcv.memory + tcp_packet_memory(pkt) <= 2 * tcb->rcv.buf_size + 2 * 4096;
}

static bool ready(struct stack *stack, struct tcb *tcb)
{
	if (tcb->rcv.reassembly != NULL)
		return true;
	tcb->rcv.reassembly = stack->port->alloc(stack->port->ctx, sizeof(*tcb->rcv.reassembly));
	if (tcb->rcv.reassembly == NULL) {
		stack->counters.tcp_no_memory++;
		return false;
	}
	tcb->rcv.reassembly->n_ranges = 0;
	tcb->rcv.reassembly->n_sack_recent = 0;
	return true;
}

static void drop_array(struct stack *stack, struct tcb *tcb)
{
	stack->port->free(stack->port->ctx, tcb->rcv.reassembly, sizeof(*tcb->rcv.reassembly));
	tcb->rcv.reassembly = NULL;
}

static void remove_range(struct tcp_reassembly *r, uint32_t i)
{
	r->n_ranges--;
	memmove(&r->ranges[i], &r->ranges[i + 1], (r->n_ranges - i) * sizeof(r->ranges[0]));
}

/* The first run that does not end before `seq`; n_ranges when all do. */
static uint32_t find_range(const struct tcp_reassembly *r, uint32_t seq)
{
	uint32_t low = 0, high = r->n_ranges;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (seq_lt(r->ranges[mid].end, seq))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static uint32_t segment_end(const struct tcp_segment *seg)
{
	return seg->seq + seg->data_len;
}

/* The bytes of a range that begins inside the segment, over the segment's own: they came first. */
static void overwrite(const struct tcp_segment *seg, const struct tcp_range *range)
{
	uint32_t at = range->start - seg->seq;

	for (const struct pktbuf *pkt = range->first; at < seg->data_len; pkt = pkt->next) {
		uint32_t n = MIN((uint32_t)pktbuf_len(pkt), seg->data_len - at);

		memcpy(seg->pkt->data + at, pkt->data, n);
		at += n;
		if (pkt == range->last)
			break;
	}
}

static void free_packets(struct tcb *tcb, const struct tcp_range *range)
{
	struct pktbuf *pkt = range->first, *next;

	for (; pkt != NULL; pkt = next) {
		next = pkt == range->last ? NULL : pkt->next;
		tcb->rcv.memory -= tcp_packet_memory(pkt);
		pktbuf_free(pkt);
	}
}

/* Takes off the segment what run `i` has already, and the runs behind it: whole ones become part of
 * the segment, and of the last one it keeps off.  False: nothing is left. */
static bool trim_overlap(struct tcb *tcb, uint32_t i, struct tcp_segment *seg)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;
	struct tcp_range *range = &r->ranges[i];

	if (i < r->n_ranges && seq_leq(range->start, seg->seq)) {
		uint32_t old = range->end - seg->seq; /* may be 0: they touch */

		if (old >= seg->data_len)
			return false;
		tcp_trim_front(seg, old);
		range = &r->ranges[++i];
	}
	while (i < r->n_ranges && seq_leq(range->end, segment_end(seg))) {
		overwrite(seg, range);
		free_packets(tcb, range);
		remove_range(r, i);
	}
	if (i < r->n_ranges && seq_gt(segment_end(seg), range->start)) {
		seg->data_len = range->start - seg->seq;
		pktbuf_trim(seg->pkt, seg->data_len);
	}
	return true;
}

/* Run `i` ends where the segment begins. */
static void extend_range(struct tcb *tcb, uint32_t i, const struct tcp_segment *seg)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;
	struct tcp_range *range = &r->ranges[i];

	range->end += seg->data_len;
	if (!tcp_coalesce(tcb, range->last, seg->pkt)) {
		range->last->next = seg->pkt;
		range->last = seg->pkt;
	}
	if (i + 1 < r->n_ranges && r->ranges[i + 1].start == range->end) { /* the hole is closed */
		range->last->next = range[1].first;
		range->last = range[1].last;
		range->end = range[1].end;
		remove_range(r, i + 1);
	}
}

/* In front of run `i`, with a hole before it. */
static bool insert_before(struct tcp_reassembly *r, uint32_t i, const struct tcp_segment *seg)
{
	struct tcp_range *range = &r->ranges[i];
	uint32_t end = segment_end(seg);

	if (i < r->n_ranges && range->start == end) {
		seg->pkt->next = range->first;
		range->first = seg->pkt;
		range->start = seg->seq;
		return true;
	}
	if (r->n_ranges == TCP_RANGES_MAX)
		return false;
	memmove(range + 1, range, (r->n_ranges - i) * sizeof(*range));
	*range = (struct tcp_range){
		.start = seg->seq, .end = end, .first = seg->pkt, .last = seg->pkt,
	};
	r->n_ranges++;
	return true;
}

/* The byte `seq` has come.  Of one run a single note is kept, or a range that grows would push out what
 * is to be repeated of the others. */
static void note_recent(struct tcb *tcb, uint32_t seq)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;
	uint32_t notes[ARRAY_LEN(r->sack_recent)] = {seq};
	uint32_t i = find_range(r, seq + 1);
	uint8_t n = 1;

	if (i == r->n_ranges || seq_gt(r->ranges[i].start, seq))
		return; /* it was not kept */
	for (uint8_t j = 0; j < r->n_sack_recent && n < ARRAY_LEN(notes); j++) {
		uint32_t other = r->sack_recent[j];

		if (seq_lt(other, r->ranges[i].start) || seq_geq(other, r->ranges[i].end))
			notes[n++] = other;
	}
	memcpy(r->sack_recent, notes, sizeof(notes));
	r->n_sack_recent = n;
}

/* RFC 2883 4.1, 4.2: of [seq, end) run `i` had a part already, or the range behind it. */
static void note_duplicate(struct tcb *tcb, const struct tcp_reassembly *r, uint32_t i, uint32_t seq,
			   uint32_t end)
{
	for (; i < r->n_ranges && seq_lt(r->ranges[i].start, end); i++) {
		uint32_t from = seq_max(seq, r->ranges[i].start), to = seq_min(end, r->ranges[i].end);

		if (seq_lt(from, to)) {
			tcp_duplicate_payload(tcb, from, to);
			return;
		}
	}
}

/* Takes the packet when it returns true.  Room for one more run is certain where others have become
 * part of the segment. */
static bool keep(struct tcb *tcb, uint32_t i, struct tcp_segment *seg)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;

	if (!trim_overlap(tcb, i, seg))
		return false;
	seg->pkt->next = NULL;
	tcb->rcv.memory += tcp_packet_memory(seg->pkt);
	if (i < r->n_ranges && r->ranges[i].end == seg->seq) {
		extend_range(tcb, i, seg);
		return true;
	}
	if (insert_before(r, i, seg))
		return true;
	tcb->rcv.memory -= tcp_packet_memory(seg->pkt);
	return false;
}

static bool insert(struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t i = find_range(tcb->rcv.reassembly, seg->seq);
	uint32_t seq = seg->seq;
	bool kept;

	note_duplicate(tcb, tcb->rcv.reassembly, i, seq, segment_end(seg));
	kept = keep(tcb, i, seg);
	note_recent(tcb, seq); /* RFC 2018 4: a duplicate too */
	return kept;
}

void tcp_reassembly_insert(struct stack *stack, struct tcb *tcb, struct tcp_segment *seg)
{
	if (!memory_allows(tcb, seg->pkt) || !ready(stack, tcb)) {
		stack->counters.tcp_reassembly_dropped++;
		return;
	}
	if (insert(tcb, seg))
		seg->pkt = NULL;
	else
		stack->counters.tcp_reassembly_dropped++;
	if (tcb->rcv.reassembly->n_ranges == 0)
		drop_array(stack, tcb);
}

void tcp_reassembly_meets(struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_reassembly *r = tcb->rcv.reassembly;

	/* RFC 2883 4.2.2: the first duplicate part; old bytes before this payload were such a one */
	if (tcb->rcv.dsack.start == tcb->rcv.dsack.end || tcb->rcv.dsack.end != seg->seq)
		note_duplicate(tcb, r, 0, seg->seq, segment_end(seg));
	for (uint32_t i = 0; i < r->n_ranges && seq_lt(r->ranges[i].start, segment_end(seg)); i++)
		overwrite(seg, &r->ranges[i]);
}

struct pktbuf *tcp_reassembly_remove_first(struct stack *stack, struct tcb *tcb, struct tcp_range *range)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;

	if (r == NULL || seq_gt(r->ranges[0].start, tcb->rcv.nxt))
		return NULL;
	*range = r->ranges[0];
	remove_range(r, 0);
	if (r->n_ranges == 0)
		drop_array(stack, tcb);
	return range->first;
}

void tcp_reassembly_free(struct stack *stack, struct tcb *tcb)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;

	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->n_ranges; i++)
		free_packets(tcb, &r->ranges[i]);
	drop_array(stack, tcb);
}

/* --- RFC 2018 -------------------------------------------------------------------------------- */

static bool already_listed(const struct tcp_sack_block *blocks, uint8_t n, uint32_t start)
{
	for (uint8_t i = 0; i < n; i++)
		if (blocks[i].start == start)
			return true;
	return false;
}

/* RFC 2883 4: where something came twice, that is the first block, once.  RFC 2018 4: the next one
 * holds the segment that came last, the others repeat what was reported most recently. */
uint8_t tcp_reassembly_sack(struct tcb *tcb, struct tcp_sack_block *blocks, uint8_t max)
{
	const struct tcp_reassembly *r = tcb->rcv.reassembly;
	uint8_t dsack = 0, n;

	if (tcb->rcv.dsack.start != tcb->rcv.dsack.end)
		blocks[dsack++] = tcb->rcv.dsack;
	tcb->rcv.dsack.end = tcb->rcv.dsack.start;
	n = dsack;
	for (uint8_t i = 0; r != NULL && i < r->n_sack_recent && n < max; i++) {
		uint32_t seq = r->sack_recent[i];
		uint32_t at = find_range(r, seq + 1);

		if (at == r->n_ranges || seq_gt(r->ranges[at].start, seq) ||
		    already_listed(blocks + dsack, n - dsack, r->ranges[at].start))
			continue;
		blocks[n++] = (struct tcp_sack_block){r->ranges[at].start, r->ranges[at].end};
	}
	return n;
}

/* RFC 2883 4: "a D-SACK block is only used to report a duplicate contiguous sequence of data
 * received by the receiver in the most recent packet". */
void tcp_duplicate_payload(struct tcb *tcb, uint32_t start, uint32_t end)
{
	tcb->rcv.dsack = (struct tcp_sack_block){start, end};
}
