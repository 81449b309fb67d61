/*
 * SPDX-License-Identifier: MIT
 *
 * Links: a frame waits in the queue before the wire, takes its time on it, may be lost, doubled,
 * altered or late, and arrives.  What is between two links stands in sim_router.c.
 */
#include "tests/sim/lib/sim.h"

#include "net/checksum.h"

#include <stdlib.h>

/* --- frames in flight: a binary heap by (at_ns, order) --------------------------------------- */

static bool earlier(const struct sim_frame *a, const struct sim_frame *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_push(struct sim *sim, struct sim_frame *frame)
{
	unsigned i = sim->n_heap++;

	if (sim->n_heap > sim->cap_heap) {
		sim->cap_heap = MAX(64u, 2 * sim->cap_heap);
		sim->heap = realloc(sim->heap, sim->cap_heap * sizeof(*sim->heap));
	}
	frame->order = sim->order++;
	for (; i > 0 && earlier(frame, sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
		sim->heap[i] = sim->heap[(i - 1) / 2];
	sim->heap[i] = frame;
}

static struct sim_frame *heap_pop(struct sim *sim)
{
	struct sim_frame *top = sim->heap[0], *last = sim->heap[--sim->n_heap];
	unsigned i = 0;

	for (;;) {
		unsigned child = 2 * i + 1;

		if (child + 1 < sim->n_heap && earlier(sim->heap[child + 1], sim->heap[child]))
			child++;
		if (child >= sim->n_heap || !earlier(sim->heap[child], last))
			break;
		sim->heap[i] = sim->heap[child];
		i = child;
	}
	sim->heap[i] = last;
	return top;
}

uint64_t sim_link_next(const struct sim *sim)
{
	return sim->n_heap > 0 ? sim->heap[0]->at_ns : TIME_NEVER;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* What a person wants to know of it; nothing, of a later fragment. */
static void decode(struct sim_frame *f)
{
	const uint8_t *l3 = f->bytes + ETH_HEADER_LEN, *l4;
	struct eth_header eth;

	if (!eth_header_read(f->bytes, f->len, &eth) || eth.type != ETH_TYPE_IPV4 ||
	    !ipv4_header_read(l3, f->len - ETH_HEADER_LEN, &f->ip) ||
	    f->ip.protocol != IP_PROTO_TCP || (f->ip.fragment & IPV4_FRAGMENT_OFFSET) != 0)
		return;
	l4 = l3 + f->ip.header_len;
	f->is_tcp = tcp_header_read(l4, f->ip.total_len - f->ip.header_len, &f->tcp);
	if (f->is_tcp)
		f->payload_len = (uint32_t)(f->ip.total_len - f->ip.header_len - f->tcp.header_len);
}

struct sim_frame *sim_frame_make(struct sim_host *from, const uint8_t *bytes, size_t len)
{
	struct sim_frame *f = calloc(1, sizeof(*f) + len);

	f->from = from;
	f->len = len;
	memcpy(f->bytes, bytes, len);
	decode(f);
	return f;
}

struct sim_frame *sim_frame_copy(const struct sim_frame *f)
{
	struct sim_frame *copy = malloc(sizeof(*f) + f->len);

	memcpy(copy, f, sizeof(*f) + f->len);
	return copy;
}

/* --- what a link does to frames --------------------------------------------------------------- */

static bool chance(struct sim *sim, uint32_t ppm)
{
	return ppm != 0 && sim_random(sim) % 1000000 < ppm;
}

static bool is_within(const struct sim_span *span, uint64_t t_ns)
{
	return t_ns >= span->from_ns && t_ns < span->until_ns;
}

static bool is_lost_by_chance(struct sim *sim, struct sim_link *link)
{
	bool was_bad = link->is_bad;

	if (chance(sim, was_bad ? link->bad_end_ppm : link->bad_begin_ppm))
		link->is_bad = !was_bad;
	if (!was_bad)
		link->bad_since_ns = sim->now_ns;
	else if (link->bad_max_ns != 0 && sim->now_ns - link->bad_since_ns >= link->bad_max_ns)
		link->is_bad = false;
	return chance(sim, link->is_bad ? link->bad_loss_ppm : link->loss_ppm);
}

static bool is_lost(struct sim *sim, struct sim_link *link, const struct sim_frame *f)
{
	if (is_lost_by_chance(sim, link) || link->cut || is_within(&link->truncated_span, sim->now_ns))
		return true;
	if (link->drop_match == NULL || !link->drop_match(f))
		return false;
	return ++link->matched == link->drop_nth || link->drop_nth == 0;
}

/* Turns up to fifteen bits of one 16-bit word behind the Ethernet header: the Internet checksum
 * finds every such change, so nothing of it may ever reach a user.  ARP has no checksum, and a real
 * wire has a CRC: its packets stay whole. */
static void corrupt(struct sim *sim, struct sim_link *link, struct sim_frame *f)
{
	uint32_t words = (uint32_t)(f->len - ETH_HEADER_LEN) / 2;
	uint8_t *word = f->bytes + ETH_HEADER_LEN + 2 * (sim_random(sim) % words);
	uint16_t turned = (uint16_t)(1 + sim_random(sim) % 0x7fff);

	if (load_be16(f->bytes + ETH_OFF_TYPE) != ETH_TYPE_IPV4)
		return;
	if (word + 2 > f->bytes + ETH_HEADER_LEN + f->ip.total_len)
		return; /* padding */
	store_be16(word, load_be16(word) ^ turned);
	f->is_corrupt = true;
	link->corrupted++;
}

/* --- the link --------------------------------------------------------------------------------- */

/* Bytes that wait before the wire now. */
static uint64_t backlog(const struct sim *sim, const struct sim_link *link)
{
	if (link->rate_bps == 0 || link->busy_until_ns <= sim->now_ns)
		return 0;
	return (link->busy_until_ns - sim->now_ns) * link->rate_bps / 8 / NS_PER_S;
}

/* RFC 3168 5: CE where the packet says that its sender will understand. */
static void mark(struct sim_link *link, struct sim_frame *f)
{
	uint8_t *ip = f->bytes + ETH_HEADER_LEN;

	if (!f->is_tcp || f->is_corrupt || (f->ip.tos & IP_ECN_MASK) == 0)
		return;
	link->marked++;
	f->ip.tos |= IP_ECN_CE;
	ip[IPV4_OFF_TOS] = f->ip.tos;
	store_be16(ip + IPV4_OFF_CHECKSUM, 0);
	store_be16(ip + IPV4_OFF_CHECKSUM, checksum_finish(checksum_sum(ip, f->ip.header_len)));
}

/* When a frame whose last bit is on the wire at `sent_ns` arrives. */
static uint64_t arrival(struct sim *sim, struct sim_link *link, uint64_t sent_ns)
{
	uint64_t at_ns = sent_ns + link->delay_ns;

	if (is_within(&link->stall_span, sent_ns)) {
		link->stalled++;
		return link->stall_span.until_ns + link->delay_ns;
	}
	if (chance(sim, link->reorder_ppm)) {
		link->reordered++;
		at_ns += link->reorder_ns;
	}
	return at_ns;
}

uint64_t sim_link_enter(struct sim *sim, struct sim_link *link, struct sim_frame *f)
{
	uint64_t wire_ns = link->rate_bps ? f->len * 8 * NS_PER_S / link->rate_bps : 0;
	uint64_t sent_ns;

	if (link->queue_bytes != 0 && backlog(sim, link) + f->len > link->queue_bytes) {
		link->dropped_full++;
		free(f);
		return sim->now_ns;
	}
	if (link->mark_bytes != 0 && backlog(sim, link) >= link->mark_bytes)
		mark(link, f);
	sent_ns = link->busy_until_ns = MAX(link->busy_until_ns, sim->now_ns) + wire_ns;
	link->frames++;
	link->bytes += f->len;
	if (is_lost(sim, link, f)) {
		link->lost++;
		free(f);
		return sent_ns;
	}
	f->at_ns = arrival(sim, link, sent_ns);
	if (chance(sim, link->duplicate_ppm)) {
		link->duplicated++;
		heap_push(sim, sim_frame_copy(f));
	}
	if (chance(sim, link->corrupt_ppm))
		corrupt(sim, link, f);
	heap_push(sim, f);
	return sent_ns;
}

void sim_link_event(struct sim *sim)
{
	struct sim_frame *f = heap_pop(sim);

	if (f->on_in_link)
		sim_device_deliver(f->to, f);
	else
		sim_router_forward(sim, f);
}

void sim_links_close(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_heap; i++)
		free(sim->heap[i]);
	free(sim->heap);
}
