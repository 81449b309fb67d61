/*
 * SPDX-License-Identifier: MIT
 *
 * DHCP in bad weather: clients, a server with few addresses, networks that lose, double and reorder,
 * links that go and come, a server that sleeps or says no, and others who have an address already.
 * At all times no frame leaves from an address that the server has not leased to its sender; and when
 * the weather is good again everybody has an address of his own.
 */
#include <stdlib.h>

#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_dhcp.h"

TAKES_LONG;

#define DAY_NS (UINT64_C(86400) * NS_PER_S)
#define CLIENTS_MAX 8u
#define POOL UINT32_C(0x0a000065) /* 10.0.0.101 */

struct scene {
	struct sim sim;
	struct sim_dhcp_server server;
	struct sim_dhcp_client clients[CLIENTS_MAX];
	struct sim_dhcp_watch watch;
	unsigned n;
	bool good_weather;
	uint64_t next_ns; /* the weather changes then */
};

static struct scene *scene_open(const char *name, uint64_t seed, unsigned clients, unsigned pool)
{
	static const struct sim_host_options bare = {.no_address = true};
	struct scene *s = test_calloc(1, sizeof(*s));

	sim_open(&s->sim, name, seed);
	s->server.lease_min_s = 60;
	s->server.lease_max_s = 7200;
	sim_dhcp_serve(&s->server, sim_host(&s->sim, NULL), POOL, pool);
	s->n = clients;
	s->watch = (struct sim_dhcp_watch){&s->server, s->clients, clients};
	sim_dhcp_watch(&s->sim, &s->watch);
	for (unsigned i = 0; i < clients; i++) {
		struct sim_host *host = sim_host(&s->sim, &bare);

		sim_set_delay(host, sim_random(&s->sim) % (200 * NS_PER_MS));
		sim_dhcp_ask(&s->clients[i], host, &s->server);
	}
	return s;
}

static const struct net_lease *lease_of(const struct sim_dhcp_client *c)
{
	return net_dhcp_lease(c->host->stack, &c->host->netif);
}

static void scene_close(struct scene *s)
{
	for (unsigned i = 0; i < s->n; i++)
		sim_dhcp_stop(&s->clients[i], i % 2 == 0);
	sim_dhcp_close(&s->server);
	sim_settle(&s->sim);
	sim_close(&s->sim);
	test_free(s);
}

/* No two have the same address; how many have one. */
static unsigned count_bound(struct scene *s)
{
	unsigned bound = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct net_lease *lease = lease_of(&s->clients[i]);

		for (unsigned j = 0; lease != NULL && j < i; j++) {
			const struct net_lease *other = lease_of(&s->clients[j]);

			if (other != NULL && other->address == lease->address)
				sim_fail(&s->sim, "clients %u and %u both have %08x", j + 1, i + 1,
					 lease->address);
		}
		bound += lease != NULL;
	}
	return bound;
}

static bool never(void *ctx)
{
	(void)count_bound(ctx);
	return false;
}

static bool all_bound(void *ctx)
{
	struct scene *s = ctx;

	return count_bound(s) == s->n;
}

static void run_for(struct scene *s, uint64_t ns)
{
	(void)sim_run(&s->sim, s->sim.now_ns + ns, never, s);
}

static void expect_all_bound(struct scene *s, uint64_t within_ns)
{
	if (sim_run(&s->sim, s->sim.now_ns + within_ns, all_bound, s))
		return;
	for (unsigned i = 0; i < s->n; i++) {
		char text[300];

		(void)net_dhcp_describe(s->clients[i].host->stack, &s->clients[i].host->netif, text,
					sizeof(text), s->sim.now_ns);
		print_message("client %u: %s\n", i + 1, text);
	}
	sim_fail(&s->sim, "not everybody has an address");
}

/* --- weather ------------------------------------------------------------------------------------- */

static void set_weather(struct scene *s, struct sim_host *host)
{
	bool bad = !s->good_weather;

	sim_set_loss(host, bad ? (uint32_t)(sim_random(&s->sim) % 500000) : 0);
	host->in.duplicate_ppm = host->out.duplicate_ppm = bad ? 100000 : 0;
	host->in.reorder_ppm = host->out.reorder_ppm = bad ? 200000 : 0;
	host->in.reorder_ns = host->out.reorder_ns = sim_random(&s->sim) % (3 * NS_PER_S);
	host->netif.link_up = s->good_weather || sim_random(&s->sim) % 4 != 0;
}

/* A program on the server's host, which has nothing else to do. */
static void weather(struct sim_host *host, void *ctx)
{
	struct scene *s = ctx;

	if (s->sim.now_ns >= s->next_ns) {
		for (unsigned i = 0; i < s->n; i++)
			set_weather(s, s->clients[i].host);
		s->server.asleep = !s->good_weather && sim_random(&s->sim) % 4 == 0;
		s->server.nak_ppm = s->good_weather ? 0 : 50000;
		s->next_ns = s->sim.now_ns + sim_random(&s->sim) % (1800 * NS_PER_S);
	}
	sim_wake(host, s->next_ns);
}

/* --- scenarios ----------------------------------------------------------------------------------- */

TEST(all_have_one_in_the_end)
{
	struct sim_seeds seeds = sim_seeds(25);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed)) {
		struct scene *s = scene_open("dhcp-weather", seed, 2 + (unsigned)(seed % 6), 7);

		sim_add_app(s->server.host, weather, s);
		run_for(s, DAY_NS / 2);
		s->good_weather = true;
		s->next_ns = 0;
		sim_wake(s->server.host, s->sim.now_ns);
		/* A pause of at most 65 s, a decline's ten, some round trips. */
		expect_all_bound(s, 200 * NS_PER_S);
		run_for(s, DAY_NS / 8);
		assert_int_equal(count_bound(s), s->n); /* and keeps it */
		scene_close(s);
	}
}

/* Days of renewals: never without an address, always the same, and not more messages than that takes. */
TEST(renewals_over_days)
{
	struct scene *s = scene_open("dhcp-days", 1, 4, 4);
	uint32_t had[4];
	unsigned acks;

	s->server.lease_min_s = s->server.lease_max_s = 3600;
	expect_all_bound(s, 5 * NS_PER_S);
	for (unsigned i = 0; i < s->n; i++)
		had[i] = lease_of(&s->clients[i])->address;
	acks = s->server.acks;
	run_for(s, 5 * DAY_NS);
	for (unsigned i = 0; i < s->n; i++) {
		assert_non_null(lease_of(&s->clients[i]));
		assert_int_equal(lease_of(&s->clients[i])->address, had[i]);
		assert_int_equal(sim_counter(s->clients[i].host, "dhcp_naks"), 0);
		assert_true(s->clients[i].sent > 5 * 800);
	}
	/* Each half hour less up to a sixteenth. */
	assert_in_range(s->server.acks - acks, 4 * 5 * 48, 4 * 5 * 48 * 17 / 16 + 4);
	assert_int_equal(s->server.offers, 4);
	scene_close(s);
}

/* Fewer addresses than clients: whoever has none knows why, and gets one when another leaves. */
TEST(more_clients_than_addresses)
{
	struct scene *s = scene_open("dhcp-few", 3, 6, 4);
	unsigned without = 0;

	run_for(s, 600 * NS_PER_S);
	assert_int_equal(count_bound(s), 4);
	for (unsigned i = 0; i < s->n; i++) {
		struct sim_host *host = s->clients[i].host;

		if (lease_of(&s->clients[i]) != NULL)
			continue;
		without++;
		assert_int_equal(net_dhcp_reached(host->stack, &host->netif), NET_DHCP_NO_OFFER);
	}
	assert_int_equal(without, 2);
	for (unsigned i = 0, gone = 0; i < s->n && gone < 2; i++) {
		if (lease_of(&s->clients[i]) == NULL)
			continue;
		net_dhcp_stop(s->clients[i].host->stack, &s->clients[i].host->netif, true,
			      s->sim.now_ns);
		gone++;
	}
	run_for(s, 100 * NS_PER_S);
	assert_int_equal(s->server.releases, 2);
	assert_int_equal(count_bound(s), 4);
	scene_close(s);
}

/* Somebody sits on addresses that the server gives away: each is declined, and another one taken. */
TEST(addresses_that_another_host_has)
{
	struct scene *s = scene_open("dhcp-squatters", 4, 3, 6);

	for (unsigned i = 0; i < 3; i++) {
		struct sim_host *squatter = sim_host(&s->sim, NULL);

		assert_int_equal(net_set_ipv4(squatter->stack, &squatter->netif, POOL + i,
					      UINT32_C(0xffffff00)), ERR_OK);
	}
	run_for(s, 120 * NS_PER_S);
	assert_int_equal(count_bound(s), 3);
	assert_int_equal(s->server.declines, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(lease_of(&s->clients[i])->address >= POOL + 3);
	scene_close(s);
}

/* Machines that get power together do not ask together for long. */
TEST(they_do_not_ask_in_step)
{
	struct scene *s = scene_open("dhcp-power", 5, CLIENTS_MAX, 8);
	uint64_t first, last;

	s->server.asleep = true;
	run_for(s, 240 * NS_PER_S);
	s->server.asleep = false;
	first = s->sim.now_ns;
	while (count_bound(s) == 0)
		run_for(s, NS_PER_S / 10);
	first = s->sim.now_ns;
	expect_all_bound(s, 100 * NS_PER_S);
	last = s->sim.now_ns;
	assert_true(last - first > 500 * NS_PER_MS);
	scene_close(s);
}
