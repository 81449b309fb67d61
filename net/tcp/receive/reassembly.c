/*
 * SPDX-License-Identifier: MIT
 *
 * Out-of-order text: runs of bytes without holes, ascending, in an array that exists only while
 * there is a hole.  Work per segment is bounded by TCP_RUNS_MAX (64), whatever the peer does;
 * memory by the receive buffer.  What does not fit is dropped and counted: the peer sends it again.
 *
 * Where two segments overlap, the bytes that came first stay (nothing that was acknowledged by SACK
 * ever changes).  A segment that spans a whole run takes the run's bytes over into its own memory,
 * and the run's packets go back: both its ends are new, and it stays one packet.  The blocks of RFC
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
 * full segments occupy about 1.6 times their text. */
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
	tcb->rcv.reassembly->n_runs = 0;
	tcb->rcv.reassembly->n_sack_recent = 0;
	return true;
}

static void drop_array(struct stack *stack, struct tcb *tcb)
{
	stack->port->free(stack->port->ctx, tcb->rcv.reassembly, sizeof(*tcb->rcv.reassembly));
	tcb->rcv.reassembly = NULL;
}

static void remove_run(struct tcp_reassembly *r, uint32_t i)
{
	r->n_runs--;
	memmove(&r->runs[i], &r->runs[i + 1], (r->n_runs - i) * sizeof(r->runs[0]));
}

/* The first run that does not end before `seq`; n_runs when all do. */
static uint32_t find_run(const struct tcp_reassembly *r, uint32_t seq)
{
	uint32_t low = 0, high = r->n_runs;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (seq_lt(r->runs[mid].end, seq))
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

/* The bytes of a run that begins inside the segment, over the segment's own: they came first. */
static void overwrite(const struct tcp_segment *seg, const struct tcp_run *run)
{
	uint32_t at = run->start - seg->seq;

	for (const struct pktbuf *pkt = run->first; at < seg->data_len; pkt = pkt->next) {
		uint32_t n = MIN((uint32_t)pktbuf_len(pkt), seg->data_len - at);

		memcpy(seg->pkt->data + at, pkt->data, n);
		at += n;
		if (pkt == run->last)
			break;
	}
}

static void free_packets(struct tcb *tcb, const struct tcp_run *run)
{
	struct pktbuf *pkt = run->first, *next;

	for (; pkt != NULL; pkt = next) {
		next = pkt == run->last ? NULL : pkt->next;
		tcb->rcv.memory -= tcp_packet_memory(pkt);
		pktbuf_free(pkt);
	}
}

/* Takes off the segment what run `i` has already, and the runs behind it: whole ones become part of
 * the segment, and of the last one it keeps off.  False: nothing is left. */
static bool cut_overlap(struct tcb *tcb, uint32_t i, struct tcp_segment *seg)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;
	struct tcp_run *run = &r->runs[i];

	if (i < r->n_runs && seq_leq(run->start, seg->seq)) {
		uint32_t old = run->end - seg->seq; /* may be 0: they touch */

		if (old >= seg->data_len)
			return false;
		tcp_cut_front(seg, old);
		run = &r->runs[++i];
	}
	while (i < r->n_runs && seq_leq(run->end, segment_end(seg))) {
		overwrite(seg, run);
		free_packets(tcb, run);
		remove_run(r, i);
	}
	if (i < r->n_runs && seq_gt(segment_end(seg), run->start)) {
		seg->data_len = run->start - seg->seq;
		pktbuf_trim(seg->pkt, seg->data_len);
	}
	return true;
}

/* Run `i` ends where the segment begins. */
static void extend_run(struct tcb *tcb, uint32_t i, const struct tcp_segment *seg)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;
	struct tcp_run *run = &r->runs[i];

	run->end += seg->data_len;
	if (!tcp_coalesce(tcb, run->last, seg->pkt)) {
		run->last->next = seg->pkt;
		run->last = seg->pkt;
	}
	if (i + 1 < r->n_runs && r->runs[i + 1].start == run->end) { /* the hole is closed */
		run->last->next = run[1].first;
		run->last = run[1].last;
		run->end = run[1].end;
		remove_run(r, i + 1);
	}
}

/* In front of run `i`, with a hole before it. */
static bool insert_before(struct tcp_reassembly *r, uint32_t i, const struct tcp_segment *seg)
{
	struct tcp_run *run = &r->runs[i];
	uint32_t end = segment_end(seg);

	if (i < r->n_runs && run->start == end) {
		seg->pkt->next = run->first;
		run->first = seg->pkt;
		run->start = seg->seq;
		return true;
	}
	if (r->n_runs == TCP_RUNS_MAX)
		return false;
	memmove(run + 1, run, (r->n_runs - i) * sizeof(*run));
	*run = (struct tcp_run){
		.start = seg->seq, .end = end, .first = seg->pkt, .last = seg->pkt,
	};
	r->n_runs++;
	return true;
}

/* The byte `seq` has come.  Of one run a single note is kept, or a run that grows would push out what
 * is to be repeated of the others. */
static void note_recent(struct tcb *tcb, uint32_t seq)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;
	uint32_t notes[ARRAY_LEN(r->sack_recent)] = {seq};
	uint32_t i = find_run(r, seq + 1);
	uint8_t n = 1;

	if (i == r->n_runs || seq_gt(r->runs[i].start, seq))
		return; /* it was not kept */
	for (uint8_t j = 0; j < r->n_sack_recent && n < ARRAY_LEN(notes); j++) {
		uint32_t other = r->sack_recent[j];

		if (seq_lt(other, r->runs[i].start) || seq_geq(other, r->runs[i].end))
			notes[n++] = other;
	}
	memcpy(r->sack_recent, notes, sizeof(notes));
	r->n_sack_recent = n;
}

/* RFC 2883 4.1, 4.2: of [seq, end) run `i` had a part already, or the run behind it. */
static void note_duplicate(struct tcb *tcb, const struct tcp_reassembly *r, uint32_t i, uint32_t seq,
			   uint32_t end)
{
	for (; i < r->n_runs && seq_lt(r->runs[i].start, end); i++) {
		uint32_t from = seq_max(seq, r->runs[i].start), to = seq_min(end, r->runs[i].end);

		if (seq_lt(from, to)) {
			tcp_duplicate_text(tcb, from, to);
			return;
		}
	}
}

/* Takes the packet when it returns true.  Room for one more run is certain where others have become
 * part of the segment. */
static bool keep(struct tcb *tcb, uint32_t i, struct tcp_segment *seg)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;

	if (!cut_overlap(tcb, i, seg))
		return false;
	seg->pkt->next = NULL;
	tcb->rcv.memory += tcp_packet_memory(seg->pkt);
	if (i < r->n_runs && r->runs[i].end == seg->seq) {
		extend_run(tcb, i, seg);
		return true;
	}
	if (insert_before(r, i, seg))
		return true;
	tcb->rcv.memory -= tcp_packet_memory(seg->pkt);
	return false;
}

static bool insert(struct tcb *tcb, struct tcp_segment *seg)
{
	uint32_t i = find_run(tcb->rcv.reassembly, seg->seq);
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
	if (tcb->rcv.reassembly->n_runs == 0)
		drop_array(stack, tcb);
}

void tcp_reassembly_meets(struct tcb *tcb, const struct tcp_segment *seg)
{
	const struct tcp_reassembly *r = tcb->rcv.reassembly;

	/* RFC 2883 4.2.2: the first duplicate part; old bytes before this text were such a one */
	if (tcb->rcv.dsack.start == tcb->rcv.dsack.end || tcb->rcv.dsack.end != seg->seq)
		note_duplicate(tcb, r, 0, seg->seq, segment_end(seg));
	for (uint32_t i = 0; i < r->n_runs && seq_lt(r->runs[i].start, segment_end(seg)); i++)
		overwrite(seg, &r->runs[i]);
}

struct pktbuf *tcp_reassembly_take(struct stack *stack, struct tcb *tcb, struct tcp_run *run)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;

	if (r == NULL || seq_gt(r->runs[0].start, tcb->rcv.nxt))
		return NULL;
	*run = r->runs[0];
	remove_run(r, 0);
	if (r->n_runs == 0)
		drop_array(stack, tcb);
	return run->first;
}

void tcp_reassembly_free(struct stack *stack, struct tcb *tcb)
{
	struct tcp_reassembly *r = tcb->rcv.reassembly;

	if (r == NULL)
		return;
	for (uint32_t i = 0; i < r->n_runs; i++)
		free_packets(tcb, &r->runs[i]);
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
		uint32_t at = find_run(r, seq + 1);

		if (at == r->n_runs || seq_gt(r->runs[at].start, seq) ||
		    already_listed(blocks + dsack, n - dsack, r->runs[at].start))
			continue;
		blocks[n++] = (struct tcp_sack_block){r->runs[at].start, r->runs[at].end};
	}
	return n;
}

/* RFC 2883 4: "a D-SACK block is only used to report a duplicate contiguous sequence of data
 * received by the receiver in the most recent packet". */
void tcp_duplicate_text(struct tcb *tcb, uint32_t start, uint32_t end)
{
	tcb->rcv.dsack = (struct tcp_sack_block){start, end};
}
