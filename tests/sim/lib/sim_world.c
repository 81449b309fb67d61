/*
 * SPDX-License-Identifier: MIT
 *
 * Worlds drawn at random; see tests/sim/lib/sim_world.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/lib/sim_dgram.h"
#include "tests/sim/lib/sim_talk.h"
#include "tests/sim/lib/sim_world.h"

#define TALKS_MAX 8
#define PATIENCE (3000 * NS_PER_S) /* a slow world, and no end by then: it hangs */

struct world {
	struct sim sim;
	struct sim_talk talks[TALKS_MAX];
	unsigned n_talks;
	struct sim_dgram datagrams;
	bool has_datagrams;
	bool breaks; /* something in it may end a conversation badly */
};

static uint32_t draw(struct sim *sim, uint32_t from, uint32_t to)
{
	return from + (uint32_t)(sim_random(sim) % (to - from + 1));
}

static bool one_in(struct sim *sim, uint32_t n)
{
	return draw(sim, 1, n) == 1;
}

/* --- hosts and links -------------------------------------------------------------------------- */

static void add_host(struct sim *sim)
{
	static const uint32_t features[] = {0, NETIF_TX_SG, NETIF_TX_SG | NETIF_TX_CSUM};
	bool tiny = one_in(sim, 6);
	struct sim_host_options options = {
		.net = {.sndbuf = draw(sim, 2048, 100000),
			.rcvbuf = tiny ? draw(sim, 2048, 4000) : draw(sim, 4000, 150000),
			.congestion = (uint8_t)draw(sim, 0, NET_CONGESTION_COUNT - 1),
			.ecn = (uint8_t)draw(sim, NET_ECN_ACCEPT, NET_ECN_ACCURATE)},
		.features = features[draw(sim, 0, 2)],
		.mtu = one_in(sim, 3) ? (uint16_t)draw(sim, 576, 1500) : 1500,
		.tx_ring = draw(sim, 4, 64),
	};

	sim_host(sim, &options);
}

static void draw_impairment(struct sim *sim, struct sim_link *link)
{
	if (one_in(sim, 2))
		link->loss_ppm = draw(sim, 0, 40000);
	if (one_in(sim, 4)) {
		link->bad_begin_ppm = draw(sim, 500, 10000);
		link->bad_end_ppm = draw(sim, 50000, 500000);
		link->bad_loss_ppm = draw(sim, 300000, 1000000);
		link->bad_max_ns = draw(sim, 100, 2000) * NS_PER_MS;
	}
	if (one_in(sim, 4))
		link->duplicate_ppm = draw(sim, 0, 50000);
	if (one_in(sim, 4)) {
		link->reorder_ppm = draw(sim, 0, 100000);
		link->reorder_ns = draw(sim, 1, 20000) * NS_PER_US;
	}
	if (one_in(sim, 4))
		link->corrupt_ppm = draw(sim, 0, 30000);
}

/* Cuts are shorter than any patience; a stall makes time-outs of what only waits. */
static void draw_spans(struct sim *sim, struct sim_link *link)
{
	if (one_in(sim, 6)) {
		link->truncated_span.from_ns = sim->now_ns + draw(sim, 1, 3000) * NS_PER_MS;
		link->truncated_span.until_ns = link->truncated_span.from_ns + draw(sim, 10, 8000) * NS_PER_MS;
	}
	if (one_in(sim, 6)) {
		link->stall_span.from_ns = sim->now_ns + draw(sim, 1, 3000) * NS_PER_MS;
		link->stall_span.until_ns =
			link->stall_span.from_ns + draw(sim, 50, 4000) * NS_PER_MS;
	}
}

static void draw_link(struct sim *sim, struct sim_link *link, bool clean)
{
	link->delay_ns = draw(sim, 0, 60000) * NS_PER_US;
	if (!one_in(sim, 4))
		link->rate_bps = draw(sim, 1, 200) * UINT64_C(1000000);
	if (one_in(sim, 2))
		link->queue_bytes = draw(sim, 10, 200) * 1000;
	if (one_in(sim, 4))
		link->mark_bytes = draw(sim, 3, 50) * 1000;
	if (one_in(sim, 6))
		link->mtu = (uint16_t)draw(sim, 300, 1400);
	if (clean)
		return;
	draw_impairment(sim, link);
	draw_spans(sim, link);
}

static void draw_network(struct world *w)
{
	struct sim *sim = &w->sim;
	unsigned n = draw(sim, 2, 5);
	bool clean = one_in(sim, 8);

	for (unsigned i = 0; i < n; i++) {
		add_host(sim);
		draw_link(sim, &sim->hosts[i]->out, clean);
		draw_link(sim, &sim->hosts[i]->in, clean);
	}
	if (one_in(sim, 10)) { /* a host vanishes */
		struct sim_host *host = sim->hosts[draw(sim, 0, n - 1)];
		struct sim_span never = {sim->now_ns + draw(sim, 1, 4000) * NS_PER_MS, TIME_NEVER};

		host->out.truncated_span = host->in.truncated_span = never;
		w->breaks = true;
	}
}

/* --- who talks -------------------------------------------------------------------------------- */

static void draw_side(struct sim *sim, struct sim_side *side)
{
	side->to_send = one_in(sim, 4) ? 0 : draw(sim, 1, 60000);
	side->chunk = one_in(sim, 4) ? draw(sim, 20, 300) : draw(sim, 1000, 65536);
	side->nodelay = one_in(sim, 3);
	side->keepalive = one_in(sim, 4);
	if (one_in(sim, 6)) {
		side->read_pause_ns = draw(sim, 1, 200) * NS_PER_MS;
		side->chunk = draw(sim, 2000, 65536);
	}
	if (one_in(sim, 6)) {
		side->idle_at = draw(sim, 0, (uint32_t)side->to_send);
		side->idle_ns = draw(sim, 1, 30000) * NS_PER_MS;
	}
	side->half_close = one_in(sim, 2);
	side->close_first = one_in(sim, 2);
}

static void draw_talk(struct world *w, struct sim_talk *talk)
{
	struct sim *sim = &w->sim;

	draw_side(sim, &talk->client);
	draw_side(sim, &talk->server);
	if (!talk->client.close_first && !talk->server.close_first)
		talk->client.close_first = true; /* somebody must */
	talk->start_ns = one_in(sim, 2) ? 0 : sim->now_ns + draw(sim, 0, 3000) * NS_PER_MS;
	talk->simultaneous = one_in(sim, 10);
	talk->port = (uint16_t)(80 + w->n_talks);
	if (one_in(sim, 12)) {
		struct sim_side *side = one_in(sim, 2) ? &talk->client : &talk->server;

		side->abort_at = draw(sim, 1, 50000);
		talk->may_end_badly = true;
	}
	talk->may_end_badly |= w->breaks;
	talk->may_be_unreachable = true;
}

static void start_talk(struct world *w, struct sim_host *client, struct sim_host *server,
		       struct sim_talk *shared, unsigned backlog)
{
	struct sim_talk *talk = &w->talks[w->n_talks];

	draw_talk(w, talk);
	talk->shared = shared;
	talk->backlog = backlog;
	if (backlog != 0) {
		talk->simultaneous = false;
		talk->accept_pause_ns = draw(&w->sim, 0, 300) * NS_PER_MS;
	}
	w->n_talks++;
	sim_talk_start(talk, &w->sim, client, server);
}

/* A crowd before one listener with a small backlog, or each pair for itself. */
static void start_talks(struct world *w)
{
	struct sim *sim = &w->sim;
	unsigned n = draw(sim, 1, TALKS_MAX);
	unsigned backlog = n > 2 && one_in(sim, 6) ? draw(sim, 1, 3) : 0;
	unsigned server = draw(sim, 0, sim->n_hosts - 1);

	for (unsigned i = 0; i < n; i++) {
		unsigned client = draw(sim, 0, sim->n_hosts - 2);
		struct sim_talk *shared = backlog != 0 && i > 0 ? &w->talks[0] : NULL;

		if (client >= server)
			client++;
		start_talk(w, sim->hosts[client], sim->hosts[server], shared, backlog);
		if (backlog == 0)
			server = draw(sim, 0, sim->n_hosts - 1);
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

static bool all_over(void *ctx)
{
	struct world *w = ctx;

	for (unsigned i = 0; i < w->n_talks; i++)
		if (!sim_talk_is_over(&w->talks[i]))
			return false;
	return true;
}

/* What was sent again needs a reason: something that a link did, a stall, a queue that grew faster
 * than an estimate, an opening that a full backlog turned away. */
static void judge_repetition(struct world *w)
{
	uint64_t again, text = sim_watch_text(&w->sim, &again);
	uint64_t allowed = 6000 * (sim_impairment(&w->sim) + 4 * w->n_talks);

	if (again > allowed)
		sim_fail(&w->sim, "of %llu bytes %llu were sent again; %llu at most had a reason",
			 (unsigned long long)text, (unsigned long long)again,
			 (unsigned long long)allowed);
}

void sim_world_play(uint64_t seed)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct sim *sim = &w->sim;

	sim_open(sim, "world", seed);
	draw_network(w);
	start_talks(w);
	w->has_datagrams = one_in(sim, 3);
	if (w->has_datagrams) {
		uint32_t len = draw(sim, 1, 1400); /* apart: compilers differ in which argument comes first */

		sim_dgram_start(&w->datagrams, sim->hosts[0], sim->hosts[1], draw(sim, 1, 50), len);
	}
	(void)sim_run(sim, sim->now_ns + PATIENCE, all_over, w);
	for (unsigned i = 0; i < w->n_talks; i++)
		sim_talk_judge(&w->talks[i]);
	for (unsigned i = 0; i < w->n_talks; i++)
		sim_talk_abandon(&w->talks[i]);
	judge_repetition(w);
	if (w->has_datagrams)
		sim_dgram_stop(&w->datagrams);
	sim_settle(sim);
	sim_close(sim);
	test_free(w);
}
