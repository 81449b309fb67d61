/*
 * SPDX-License-Identifier: MIT
 *
 * Neighbours that are claimed, that move, and that change without a word, under a connection that is
 * busy: it goes on, and what it costs is bounded.  Where the fault falls is drawn from the seed.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_talk.h"

TAKES_LONG;

#define MIB (1024u * 1024)
#define SEEDS 20
#define LATEST (300 * NS_PER_S)
/* Four MiB over 20 Mbit/s, and what a slow start takes. */
#define UNDISTURBED_NS (2500 * NS_PER_MS)

struct scene {
	struct sim sim;
	struct sim_host *client, *server;
	struct sim_talk talk;
	uint64_t began_ns;
};

static struct scene *scene_open(const char *name, uint64_t seed, bool upload)
{
	struct scene *s = test_calloc(1, sizeof(*s));

	sim_open(&s->sim, name, seed);
	s->client = sim_host(&s->sim, NULL);
	s->server = sim_host(&s->sim, NULL);
	s->client->out.rate_bps = s->server->out.rate_bps = 20 * 1000 * 1000;
	sim_set_delay(s->client, 5 * NS_PER_MS);
	sim_set_delay(s->server, 5 * NS_PER_MS);
	s->talk.client.to_send = upload ? 4 * MIB : 200;
	s->talk.server.to_send = upload ? 200 : 4 * MIB;
	s->talk.client.close_first = upload;
	s->talk.server.close_first = !upload;
	s->began_ns = s->sim.now_ns;
	sim_talk_start(&s->talk, &s->sim, s->client, s->server);
	return s;
}

/* Some time in the first two seconds, when the transfer is under way. */
static void run_into_it(struct scene *s)
{
	uint64_t at_ns = s->began_ns + (200 + sim_random(&s->sim) % 1600) * NS_PER_MS;

	if (sim_run(&s->sim, at_ns, sim_talk_is_over, &s->talk))
		sim_fail(&s->sim, "over before anything happened");
}

static void scene_finish(struct scene *s, uint64_t within_ns)
{
	sim_talk_finish(&s->talk, LATEST);
	if (s->talk.finished_ns - s->began_ns > UNDISTURBED_NS + within_ns)
		sim_fail(&s->sim, "it took %llu ms",
			 (unsigned long long)((s->talk.finished_ns - s->began_ns) / NS_PER_MS));
	sim_talk_expect_nothing_left(&s->talk);
	sim_close(&s->sim);
	test_free(s);
}

static void random_mac(struct sim *sim, uint8_t mac[6])
{
	mac[0] = 0x02;
	for (unsigned i = 1; i < 6; i++)
		mac[i] = (uint8_t)sim_random(sim);
}

/* "`ip` is at `mac`" reaches `to`, in one of the ways to say so. */
static void tell(struct scene *s, struct sim_host *to, uint32_t ip, const uint8_t *mac)
{
	bool request = sim_random(&s->sim) & 1, to_all = sim_random(&s->sim) & 1;
	struct kit_frame f;
	struct sim_frame *frame;

	kit_build_arp(&f, &(struct kit_arp){
		.eth_dst = to_all ? KIT_BROADCAST_MAC : to->mac, .eth_src = mac, .sha = mac,
		.op = request ? ARP_OP_REQUEST : ARP_OP_REPLY, .spa = ip,
		.tpa = to_all ? ip : to->ip});
	frame = sim_frame_make(NULL, f.bytes, f.len);
	frame->to = to;
	frame->on_in_link = true;
	sim_link_enter(&s->sim, &to->in, frame);
}

static bool is_arp_request(const struct sim_frame *f)
{
	return load_be16(f->bytes + ETH_OFF_TYPE) == ETH_TYPE_ARP &&
	       load_be16(f->bytes + ETH_HEADER_LEN + ARP_OFF_OP) == ARP_OP_REQUEST;
}

/* Its own stack would doubt as well, and by asking say where it is now. */
static void asks_no_host(struct sim_host *host)
{
	host->out.drop_match = is_arp_request;
}

/* The host's interface is replaced; the switch knows at once. */
static void move(struct sim *sim, struct sim_host *host)
{
	random_mac(sim, host->mac);
	memcpy(host->netif.mac, host->mac, 6);
}

/* --- forged ------------------------------------------------------------------------------------- */

/* Ten frames a second to either end, each from other hardware. */
TEST(a_poisoned_neighbour)
{
	struct sim_seeds seeds = sim_seeds(SEEDS);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("poisoned", seed, seed & 1);

		run_into_it(s);
		do {
			uint8_t mac[6];

			random_mac(&s->sim, mac);
			tell(s, s->client, s->server->ip, mac);
			random_mac(&s->sim, mac);
			tell(s, s->server, s->client->ip, mac);
		} while (!sim_run(&s->sim, s->sim.now_ns + 100 * NS_PER_MS, sim_talk_is_over,
				  &s->talk));
		assert_int_equal(sim_counter(s->client, "tcp_timeouts"), 0);
		assert_int_equal(sim_counter(s->server, "tcp_timeouts"), 0);
		assert_int_equal(sim_counter(s->client, "arp_moved"), 0);
		assert_true(sim_counter(s->client, "arp_claims_refuted") > 0);
		scene_finish(s, 0);
	}
}

/* --- moved -------------------------------------------------------------------------------------- */

/* It costs the check, and what TCP makes of so much silence. */
TEST(a_neighbour_that_moves_and_reports_it)
{
	struct sim_seeds seeds = sim_seeds(SEEDS);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("moved", seed, seed & 1);

		run_into_it(s);
		move(&s->sim, s->server);
		tell(s, s->client, s->server->ip, s->server->mac);
		sim_run(&s->sim, s->sim.now_ns + 280 * NS_PER_MS, sim_talk_is_over, &s->talk);
		assert_int_equal(sim_counter(s->client, "arp_moved"), 1);
		scene_finish(s, 2 * NS_PER_S);
	}
}

/* Found by duplicates or by silence, long before the entry grows old. */
TEST(a_neighbour_that_changes_without_a_word)
{
	struct sim_seeds seeds = sim_seeds(SEEDS);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("changed", seed, seed & 1);

		run_into_it(s);
		move(&s->sim, s->server);
		asks_no_host(s->server);
		scene_finish(s, 12 * NS_PER_S);
	}
}

/* The other way round: the server believes that the client is elsewhere, so nothing comes any more.
 * What we send does arrive; our own request puts the server's cache right. */
TEST(the_neighbour_is_the_one_who_was_deceived)
{
	struct sim_seeds seeds = sim_seeds(SEEDS);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("deceived", seed, false);
		const struct net_addr client = net_addr_ipv4(s->client->ip);
		struct neigh *n;

		run_into_it(s);
		n = (struct neigh *)neigh_find(s->server->stack, &s->server->netif, &client);
		random_mac(&s->sim, n->mac);
		asks_no_host(s->server);
		scene_finish(s, 12 * NS_PER_S);
	}
}
