/*
 * Links and the switch: a frame waits in the queue before the wire, takes its time on it, may be
 * lost, doubled or late, and arrives.  The switch knows every MAC address and floods groups.
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

static void decode(struct sim_frame *f)
{
	const uint8_t *l3 = f->bytes + ETH_HEADER_LEN, *l4;
	struct eth_header eth;

	if (!eth_header_read(f->bytes, f->len, &eth) || eth.type != ETH_TYPE_IPV4 ||
	    !ipv4_header_read(l3, f->len - ETH_HEADER_LEN, &f->ip) || f->ip.protocol != 6)
		return;
	l4 = l3 + f->ip.header_len;
	f->is_tcp = tcp_header_read(l4, f->ip.total_len - f->ip.header_len, &f->tcp);
	if (f->is_tcp)
		f->payload_len = (uint32_t)(f->ip.total_len - f->ip.header_len - f->tcp.header_len);
}

static struct sim_frame *make_frame(struct sim_host *from, const uint8_t *bytes, size_t len)
{
	struct sim_frame *f = calloc(1, sizeof(*f) + len);

	f->from = from;
	f->len = len;
	memcpy(f->bytes, bytes, len);
	decode(f);
	return f;
}

static struct sim_frame *copy_frame(const struct sim_frame *f)
{
	struct sim_frame *copy = malloc(sizeof(*f) + f->len);

	memcpy(copy, f, sizeof(*f) + f->len);
	return copy;
}

/* --- links ----------------------------------------------------------------------------------- */

static bool chance(struct sim *sim, uint32_t ppm)
{
	return ppm != 0 && sim_random(sim) % 1000000 < ppm;
}

static bool is_lost(struct sim *sim, struct sim_link *link, const struct sim_frame *f)
{
	if (link->cut || chance(sim, link->loss_ppm))
		return true;
	if (link->drop_match == NULL || !link->drop_match(f))
		return false;
	return ++link->matched == link->drop_nth || link->drop_nth == 0;
}

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

	if (!f->is_tcp || (f->ip.tos & IPV4_ECN_MASK) == 0)
		return;
	link->marked++;
	f->ip.tos |= IPV4_ECN_CE;
	ip[IPV4_OFF_TOS] = f->ip.tos;
	store_be16(ip + IPV4_OFF_CHECKSUM, 0);
	store_be16(ip + IPV4_OFF_CHECKSUM, checksum_finish(checksum_sum(ip, f->ip.header_len)));
}

/* Puts the frame on the link; it is gone when it was lost.  Returns when its last bit is on it. */
static uint64_t enter_link(struct sim *sim, struct sim_link *link, struct sim_frame *f)
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
	f->at_ns = sent_ns + link->delay_ns;
	if (chance(sim, link->reorder_ppm))
		f->at_ns += link->reorder_ns;
	if (chance(sim, link->duplicate_ppm)) {
		link->duplicated++;
		heap_push(sim, copy_frame(f));
	}
	heap_push(sim, f);
	return sent_ns;
}

uint64_t sim_link_send(struct sim *sim, struct sim_host *from, const uint8_t *bytes, size_t len)
{
	struct sim_frame *f = make_frame(from, bytes, len);

	sim_watch_sent(sim, f);
	return enter_link(sim, &from->out, f);
}

/* --- the switch ------------------------------------------------------------------------------ */

static void forward(struct sim *sim, struct sim_frame *f)
{
	bool group = f->bytes[0] & 1;

	for (unsigned i = 0; i < sim->n_hosts; i++) {
		struct sim_host *host = sim->hosts[i];
		struct sim_frame *copy;

		if (host == f->from || !(group || memcmp(f->bytes, host->mac, 6) == 0))
			continue;
		copy = copy_frame(f);
		copy->to = host;
		copy->on_in_link = true;
		enter_link(sim, &host->in, copy);
	}
}

void sim_link_event(struct sim *sim)
{
	struct sim_frame *f = heap_pop(sim);

	if (f->on_in_link) {
		sim_watch_delivered(sim, f);
		sim_device_deliver(f->to, f);
	} else {
		forward(sim, f);
	}
	free(f);
}

void sim_links_close(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_heap; i++)
		free(sim->heap[i]);
	free(sim->heap);
}
