/*
 * SPDX-License-Identifier: MIT
 *
 * Networks drawn at random: delay, rate, queue, loss, duplication, reordering, small buffers, small
 * device rings, short MTUs, readers that dawdle, every order of closing.  Whatever the draw, the
 * bytes arrive and nothing is left.  SEED=n repeats one.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_talk.h"

#define SEEDS 1000
#define LATEST (3000 * NS_PER_S)

static uint32_t draw(struct sim *sim, uint32_t from, uint32_t to)
{
	return from + (uint32_t)(sim_random(sim) % (to - from + 1));
}

static bool one_in(struct sim *sim, uint32_t n)
{
	return draw(sim, 1, n) == 1;
}

static struct sim_host_options draw_host(struct sim *sim)
{
	static const uint32_t features[] = {0, NETIF_TX_SG, NETIF_TX_SG | NETIF_TX_CSUM};

	return (struct sim_host_options){
		.net = {.sndbuf = draw(sim, 2048, 100000), .rcvbuf = draw(sim, 2048, 100000)},
		.features = features[draw(sim, 0, 2)],
		.mtu = one_in(sim, 3) ? (uint16_t)draw(sim, 576, 1500) : 1500,
		.tx_ring = draw(sim, 4, 64),
	};
}

static void draw_link(struct sim *sim, struct sim_link *link)
{
	link->delay_ns = draw(sim, 0, 100000) * NS_PER_US;
	if (!one_in(sim, 4))
		link->rate_bps = draw(sim, 1, 200) * UINT64_C(1000000);
	if (one_in(sim, 2))
		link->queue_bytes = draw(sim, 10, 200) * 1000;
	if (one_in(sim, 2))
		link->loss_ppm = draw(sim, 0, 50000);
	if (one_in(sim, 3))
		link->duplicate_ppm = draw(sim, 0, 50000);
	if (one_in(sim, 3)) {
		link->reorder_ppm = draw(sim, 0, 100000);
		link->reorder_ns = draw(sim, 1, 20000) * NS_PER_US;
	}
}

static void draw_side(struct sim *sim, struct sim_side *side)
{
	side->to_send = one_in(sim, 4) ? 0 : draw(sim, 1, 150000);
	side->chunk = one_in(sim, 3) ? draw(sim, 1, 300) : draw(sim, 1000, 65536);
	if (one_in(sim, 5)) { /* dawdles, but would be through in a few seconds */
		side->read_pause_ns = draw(sim, 1, 30) * NS_PER_MS;
		side->chunk = draw(sim, 1000, 65536);
	}
	side->half_close = one_in(sim, 2);
	side->close_first = one_in(sim, 2);
}

static void play(uint64_t seed)
{
	struct sim *sim = test_calloc(1, sizeof(*sim));
	struct sim_talk *talk = test_calloc(1, sizeof(*talk));
	struct sim_host_options options[2];
	struct sim_host *hosts[2];

	sim_open(sim, "random", seed);
	for (unsigned i = 0; i < 2; i++) {
		options[i] = draw_host(sim);
		hosts[i] = sim_host(sim, &options[i]);
		draw_link(sim, &hosts[i]->out);
	}
	draw_side(sim, &talk->client);
	draw_side(sim, &talk->server);
	if (!talk->client.close_first && !talk->server.close_first)
		talk->client.close_first = true; /* somebody must */
	talk->simultaneous = one_in(sim, 8);
	sim_talk_start(talk, sim, hosts[0], hosts[1]);
	talk->may_be_unreachable = true;
	if (sim_talk_finish(talk, LATEST))
		sim_talk_expect_nothing_left(talk);
	sim_close(sim);
	test_free(talk);
	test_free(sim);
}

TEST(whatever_the_network_does)
{
	struct sim_seeds seeds = sim_seeds(SEEDS);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed))
		play(seed);
}
