/*
 * SPDX-License-Identifier: MIT
 *
 * Two stacks talk over good and bad networks: every byte arrives once, in order and unaltered,
 * nothing is left afterwards.  SEED=n repeats one seed.
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

static struct scene *scene_open(const char *name, uint64_t seed,
				const struct sim_host_options *options)
{
	struct scene *s = test_calloc(1, sizeof(*s));

	sim_open(&s->sim, name, seed);
	s->client = sim_host(&s->sim, options);
	s->server = sim_host(&s->sim, options);
	return s;
}

static void scene_close(struct scene *s)
{
	sim_talk_expect_nothing_left(&s->talk);
	sim_close(&s->sim);
	test_free(s);
}

/* 100 Mbit/s and 10 ms there and back. */
static void usual_network(struct scene *s)
{
	s->client->out.rate_bps = s->server->out.rate_bps = 100 * 1000 * 1000;
	sim_set_delay(s->client, 5 * NS_PER_MS);
	sim_set_delay(s->server, 5 * NS_PER_MS);
}

/* --- good networks --------------------------------------------------------------------------- */

TEST(a_request_and_its_answer)
{
	struct scene *s = scene_open("request", 1, NULL);

	usual_network(s);
	s->talk.client.to_send = 100;
	s->talk.server.to_send = 5000;
	s->talk.server.close_first = true;
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	sim_talk_finish(&s->talk, LATEST);
	assert_int_equal(sim_counter(s->client, "tcp_retransmits"), 0);
	assert_int_equal(sim_counter(s->server, "tcp_retransmits"), 0);
	scene_close(s);
}

TEST(a_mebibyte_each_way)
{
	struct scene *s = scene_open("both-ways", 1, NULL);

	usual_network(s);
	s->talk.client.to_send = s->talk.server.to_send = MIB;
	s->talk.client.close_first = true;
	s->talk.client.half_close = true;
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	sim_talk_finish(&s->talk, LATEST);
	assert_int_equal(sim_counter(s->client, "tcp_retransmits"), 0);
	scene_close(s);
}

/* --- bad networks ---------------------------------------------------------------------------- */

/* One mebibyte one way over links that lose `ppm` of a million frames each way. */
static void transfer_with_loss(const char *name, uint64_t seed, uint32_t ppm, bool upload)
{
	static const struct sim_host_options devices[] = {
		{.features = 0},
		{.features = NETIF_TX_SG},
		{.features = NETIF_TX_SG | NETIF_TX_CSUM},
	};
	struct scene *s = scene_open(name, seed, &devices[seed % ARRAY_LEN(devices)]);
	struct sim_side *sender = upload ? &s->talk.client : &s->talk.server;

	usual_network(s);
	s->client->out.loss_ppm = s->server->out.loss_ppm = ppm;
	sender->to_send = MIB;
	sender->close_first = true;
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	sim_talk_finish(&s->talk, LATEST);
	scene_close(s);
}

static void over_seeds(const char *name, uint64_t count, uint32_t ppm, bool upload)
{
	struct sim_seeds seeds = sim_seeds(count);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed))
		transfer_with_loss(name, seed, ppm, upload);
}

TEST(download_without_loss)
{
	over_seeds("download-0", 6, 0, false);
}

TEST(upload_without_loss)
{
	over_seeds("upload-0", 6, 0, true);
}

TEST(download_with_1_percent_lost)
{
	over_seeds("download-1", 40, 10000, false);
}

TEST(upload_with_1_percent_lost)
{
	over_seeds("upload-1", 40, 10000, true);
}

TEST(download_with_5_percent_lost)
{
	over_seeds("download-5", 40, 50000, false);
}

TEST(upload_with_5_percent_lost)
{
	over_seeds("upload-5", 40, 50000, true);
}
