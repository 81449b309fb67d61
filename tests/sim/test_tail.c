/*
 * SPDX-License-Identifier: MIT
 *
 * Losses and what they cost in round trips: the tail of a transfer, a lost retransmission, and
 * steady random loss.  Each run is compared with the same run without the loss.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_talk.h"

#define LATEST (1000 * NS_PER_S)
#define RTT (50 * NS_PER_MS)
#define RATE_BPS (10 * 1000 * 1000)
#define TEXT 1448u

/* --- which frames are lost ------------------------------------------------------------------- */

/* Data frames are counted from 1, retransmissions included; [from, to) are lost. */
static unsigned seen, lose_from, lose_to;

static bool is_unlucky(const struct sim_frame *f)
{
	if (!f->is_tcp || f->payload_len == 0)
		return false;
	seen++;
	return seen >= lose_from && seen < lose_to;
}

/* --- one download ---------------------------------------------------------------------------- */

struct run {
	uint64_t ns;
	uint64_t timeouts, probes;
};

struct net {
	uint64_t seed, bytes;
	uint32_t loss_ppm, queue_bytes;
};

static struct run play(const struct net *net)
{
	struct sim *sim = test_calloc(1, sizeof(*sim));
	struct sim_talk *talk = test_calloc(1, sizeof(*talk));
	struct sim_host *client, *server;
	struct run run;

	sim_open(sim, "tail", net->seed);
	client = sim_host(sim, NULL);
	server = sim_host(sim, NULL);
	client->out.rate_bps = server->out.rate_bps = RATE_BPS;
	client->out.delay_ns = server->out.delay_ns = RTT / 2;
	server->out.queue_bytes = net->queue_bytes;
	server->out.loss_ppm = net->loss_ppm;
	server->out.drop_match = is_unlucky;
	seen = 0;
	talk->client.to_send = 100;
	talk->server.to_send = net->bytes;
	talk->server.close_first = true;
	sim_talk_start(talk, sim, client, server);
	sim_talk_finish(talk, LATEST);
	run = (struct run){
		.ns = talk->finished_ns - talk->connected_ns,
		.timeouts = sim_counter(server, "tcp_timeouts"),
		.probes = sim_counter(server, "tcp_tail_probes"),
	};
	sim_talk_expect_nothing_left(talk);
	sim_close(sim);
	test_free(talk);
	test_free(sim);
	return run;
}

/* `n` segments, of which [from, to) are lost at first; what that costs. */
static uint64_t cost(unsigned n, unsigned from, unsigned to, struct run *run)
{
	const struct net net = {.seed = 1, .bytes = n * TEXT};
	uint64_t without_ns;

	lose_from = lose_to = 0;
	without_ns = play(&net).ns;
	lose_from = from;
	lose_to = to;
	*run = play(&net);
	return run->ns - without_ns;
}

/* No time-out, one probe, and so many tenths of a round trip. */
static void expect_cost(unsigned n, unsigned from, unsigned to, unsigned least, unsigned most)
{
	struct run run;
	uint64_t tenths = cost(n, from, to, &run) * 10 / RTT;

	print_message("segments %u to %u of %u lost: %u.%u round trips\n", from, to - 1, n,
		      (unsigned)tenths / 10, (unsigned)tenths % 10);
	assert_int_equal(run.timeouts, 0);
	assert_int_equal(run.probes, 1);
	assert_in_range(tenths, least, most);
}

/* All that is in flight is lost: two round trips until the probe, and one until its SACK has shown
 * the other segment. */
TEST(a_flight_of_two)
{
	expect_cost(2, 1, 3, 20, 32);
}

/* The last one, behind others that arrive (and with the FIN behind it): two round trips after the
 * last ACK, which is one after it was sent. */
TEST(the_last_segment)
{
	expect_cost(8, 8, 9, 20, 32);
}

/* The last two: one more for the SACK of the probe. */
TEST(the_last_two_segments)
{
	expect_cost(8, 7, 9, 30, 42);
}

/* The SACK of the probe sends one segment, the ACK of that one the rest (RFC 9937). */
TEST(the_last_four_segments)
{
	expect_cost(12, 9, 13, 30, 55);
}

/* In the middle of a stream one is lost, and its retransmission too: no time-out, and a few round
 * trips.  Before the client's window is full: what is sent behind the retransmission tells of it. */
static bool is_twice_unlucky(const struct sim_frame *f)
{
	static uint32_t unlucky;

	if (!f->is_tcp || f->payload_len == 0)
		return false;
	seen++;
	if (seen == 30) {
		unlucky = f->tcp.seq;
		lose_to = 2;
	}
	return seen >= 30 && f->tcp.seq == unlucky && lose_to-- > 0;
}

TEST(a_lost_retransmission)
{
	struct sim *sim = test_calloc(1, sizeof(*sim));
	struct sim_talk *talk = test_calloc(1, sizeof(*talk));
	struct sim_host *client, *server;

	sim_open(sim, "twice", 1);
	client = sim_host(sim, NULL);
	server = sim_host(sim, NULL);
	client->out.rate_bps = server->out.rate_bps = RATE_BPS;
	client->out.delay_ns = server->out.delay_ns = RTT / 2;
	server->out.drop_match = is_twice_unlucky;
	seen = 0;
	lose_to = 0;
	talk->server.to_send = 400 * 1000;
	talk->client.to_send = 100;
	talk->server.close_first = true;
	sim_talk_start(talk, sim, client, server);
	sim_talk_finish(talk, LATEST);
	assert_int_equal(server->out.lost, 2);
	assert_int_equal(sim_counter(server, "tcp_retransmits"), 2);
	assert_int_equal(sim_counter(server, "tcp_timeouts"), 0);
	sim_talk_expect_nothing_left(talk);
	sim_close(sim);
	test_free(talk);
	test_free(sim);
}

/* 3 % of all frames, at random: the mean over the seeds stays near MSS/RTT * 1.22/sqrt(p), here
 * 1.63 Mbit/s, and time-outs are the exception. */
TEST(three_percent)
{
	struct sim_seeds seeds = sim_seeds(10);
	uint64_t seed, total_ns = 0, timeouts = 0, bytes = 0, bps;

	lose_from = lose_to = 0;
	while (sim_next_seed(&seeds, &seed)) {
		const struct net net = {
			.seed = seed, .bytes = 500 * 1000, .loss_ppm = 30000, .queue_bytes = 62500,
		};
		struct run run = play(&net);

		bytes += net.bytes;
		total_ns += run.ns;
		timeouts += run.timeouts;
	}
	bps = bytes * 8 * 1000 / (total_ns / NS_PER_MS);
	print_message("3 %% loss: %llu kbit/s, %llu time-outs in %llu kB\n",
		      (unsigned long long)bps / 1000, (unsigned long long)timeouts,
		      (unsigned long long)bytes / 1000);
	assert_true(bps > 1000 * 1000);
	assert_true(timeouts * 100 < bytes / TEXT); /* of segments, one in a hundred at most */
}
