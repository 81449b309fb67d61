/*
 * SPDX-License-Identifier: MIT
 *
 * Paths with a link in the middle that is narrower than the hosts': a router there drops what has DF
 * and is too long, and says so (RFC 1191), or does not (RFC 2923).  Every byte arrives all the
 * same.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_talk.h"

#define MIB (1024u * 1024)
#define LATEST (1000 * NS_PER_S)

struct scene {
	struct sim sim;
	struct sim_host *client, *server;
	struct sim_talk talk;
};

/* 20 Mbit/s, 20 ms there and back; both directions of the path are `mtu` wide. */
static struct scene *scene_open(const char *name, uint64_t seed, uint16_t mtu, bool silent)
{
	struct scene *s = test_calloc(1, sizeof(*s));

	sim_open(&s->sim, name, seed);
	s->client = sim_host(&s->sim, NULL);
	s->server = sim_host(&s->sim, NULL);
	s->client->out.rate_bps = s->server->out.rate_bps = 20 * 1000 * 1000;
	sim_set_delay(s->client, 10 * NS_PER_MS);
	sim_set_delay(s->server, 10 * NS_PER_MS);
	s->client->in.mtu = s->server->in.mtu = mtu;
	s->client->in.mtu_silent = s->server->in.mtu_silent = silent;
	s->talk.client.to_send = s->talk.server.to_send = MIB;
	s->talk.client.close_first = true;
	s->talk.client.half_close = true;
	return s;
}

static void finish(struct scene *s)
{
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	sim_talk_finish(&s->talk, LATEST);
}

static void scene_close(struct scene *s)
{
	sim_talk_expect_nothing_left(&s->talk);
	sim_close(&s->sim);
	test_free(s);
}

/* It costs what was on its way when the first report came, and no time-out. */
TEST(a_router_that_reports_it)
{
	static const uint16_t mtus[] = {1499, 1400, 1280, 1006, 576, 552};

	for (unsigned i = 0; i < ARRAY_LEN(mtus); i++) {
		struct scene *s = scene_open("pmtu-told", i, mtus[i], false);

		finish(s);
		for (unsigned h = 0; h < 2; h++) {
			const struct sim_host *host = h == 0 ? s->client : s->server;

			assert_int_equal(sim_counter(host, "tcp_timeouts"), 0);
			assert_int_equal(sim_counter(host, "ip_pmtu_lowered"), 1);
			assert_int_equal(sim_counter(host, "ip_fragments_in"), 0);
			assert_true(sim_counter(host, "tcp_retransmits") <= 10 * 3);
		}
		scene_close(s);
	}
}

/* Narrower than what segments are ever cut to: the router cuts, the receiver puts together. */
TEST(a_very_narrow_path_is_fragmented)
{
	struct scene *s = scene_open("pmtu-narrow", 1, 296, false);

	finish(s);
	assert_true(sim_counter(s->client, "ip_reassembled") > 1000);
	assert_true(sim_counter(s->server, "ip_reassembled") > 1000);
	assert_int_equal(sim_counter(s->client, "ip_pmtu_lowered"), 1);
	scene_close(s);
}

TEST(a_black_hole)
{
	static const uint16_t mtus[] = {1400, 1100, 700, 576, 400};

	for (unsigned i = 0; i < ARRAY_LEN(mtus); i++) {
		struct scene *s = scene_open("black-hole", i, mtus[i], true);

		finish(s);
		assert_int_equal(sim_counter(s->client, "tcp_black_holes"), i < 2 ? 1 : i < 4 ? 2 : 3);
		assert_true(s->talk.finished_ns < 60 * NS_PER_S);
		scene_close(s);
	}
}

/* The path becomes narrow while they talk: what was proven before must not stand in the way. */
static void narrow_in_the_middle(struct sim_host *host, void *ctx)
{
	struct scene *s = ctx;

	if (s->talk.client.received > 100000)
		host->in.mtu = 1200;
}

TEST(a_path_that_becomes_narrow)
{
	struct sim_seeds seeds = sim_seeds(10);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("pmtu-change", seed, 0, seed % 2 == 0);

		sim_add_app(s->client, narrow_in_the_middle, s);
		finish(s);
		assert_true(s->talk.finished_ns < 60 * NS_PER_S);
		scene_close(s);
	}
}

TEST(any_path)
{
	struct sim_seeds seeds = sim_seeds(100);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("pmtu-any", seed, 0, false);

		s->talk.client.to_send = s->talk.server.to_send = 100000;
		s->client->in.mtu = (uint16_t)(100 + sim_random(&s->sim) % 1500);
		s->server->in.mtu = (uint16_t)(100 + sim_random(&s->sim) % 1500);
		s->client->in.mtu_silent = sim_random(&s->sim) % 2;
		s->server->in.mtu_silent = sim_random(&s->sim) % 2;
		s->client->out.loss_ppm = s->server->out.loss_ppm =
			(uint32_t)(sim_random(&s->sim) % 3 * 5000);
		finish(s);
		scene_close(s);
	}
}
