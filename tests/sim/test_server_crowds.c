/*
 * SPDX-License-Identifier: MIT
 *
 * The server when very many come at once: who gets a place, and who loses it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_flood.h"
#include "tests/sim/lib/sim_server.h"

TAKES_LONG;

/* --- many of them ------------------------------------------------------------------------------------- */

/* So many at once, behind a first one for whom ARP asks. */
static void crowd(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		scene_visitor()->comes_ns = i == 0 ? 0 : 100 * NS_PER_MS;
}

/* A hundred silent ones fill the table and the queue; whoever asks is served in seconds, not minutes. */
TEST(silent_ones_give_way)
{
	scene_open("silent");
	crowd(100);
	for (unsigned i = 0; i < 20; i++)
		*scene_visitor() = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/healthz")}}};
	assert_int_equal(scene_serve("mode=server", 8), STATUS_OK);
	assert_int_equal(scene_answered(100, 120), 20);
	scene_close();
}

/* Busy ones, too: while others wait, an answer is the last one of its connection. */
TEST(kept_connections_give_way)
{
	scene_open("kept");
	crowd(100);
	for (unsigned i = 0; i < 100; i++) {
		struct visitor *v = &scene.visitors[i];

		for (unsigned n = 0; n < ARRAY_LEN(v->deeds); n++)
			v->deeds[n] = (struct deed){n * NS_PER_MS * 300 + NS_PER_MS * 10, SAY, GET("/healthz")};
	}
	assert_int_equal(scene_serve("mode=server", 3), STATUS_OK);
	assert_int_equal(scene_answered(0, 100), 100);
	assert_true(visitor_answers(&scene.visitors[99]) > 1); /* and is kept once nobody waits */
	scene_close();
}

/* A place that becomes free is given away at once, though nothing else happens then. */
TEST(who_waits_is_let_in_at_once)
{
	struct visitor *v;

	scene_open("let-in");
	crowd(64);
	for (unsigned i = 1; i < 64; i++)
		scene.visitors[i].deeds[0] = (struct deed){NS_PER_MS * 800, SAY, "GET / HTTP/1.1\r\n"};
	v = scene_visitor();
	*v = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(scene_serve("mode=server", 8), STATUS_OK);
	assert_int_equal(visitor_answers(v), 1);
	assert_in_range(v->end_ns, 0, 50 * NS_PER_MS);
	scene_close();
}

/* Those who do not read what they have asked for. */
TEST(who_does_not_read_gives_way)
{
	struct visitor *v;

	scene_open("deaf-ones");
	crowd(64);
	for (unsigned i = 0; i < 64; i++) {
		struct visitor *deaf = &scene.visitors[i];

		deaf->is_deaf = true;
		deaf->rcvbuf = 2048;
		deaf->deeds[0] = (struct deed){0, SAY, GET("/metrics") GET("/metrics") GET("/metrics")};
	}
	v = scene_visitor();
	*v = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/healthz")}}};
	assert_int_equal(scene_serve("mode=server", 8), STATUS_OK);
	assert_int_equal(visitor_answers(v), 1);
	scene_close();
}

/* Two thousand short ones, one after the other: nothing of them is left but what TIME-WAIT is given. */
TEST(two_thousand_connections)
{
	size_t after_500 = 0;

	for (unsigned round = 0; round < 2; round++) {
		scene_open("two-thousand");
		for (unsigned i = 0; i < (round == 0 ? 50 : SCENE_VISITORS_MAX); i++)
			*scene_visitor() = (struct visitor){.comes_ns = i * NS_PER_MS * 20,
						      .deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
		assert_int_equal(scene_serve("mode=server", 10), STATUS_OK);
		assert_int_equal(scene_answered(0, scene.n_visitors), scene.n_visitors);
		if (round == 0)
			after_500 = scene.host->kp.live_bytes;
		else
			assert_in_range(scene.host->kp.live_bytes, 0, after_500 + 64 * 1024);
		scene_close();
	}
}

/* --- patient strangers ------------------------------------------------------------------------------ */

#define MIB (UINT64_C(1) << 20)
#define STRANGERS 600
#define GUESTS 20

static int by_time(const void *a, const void *b)
{
	const struct visitor *const *x = a, *const *y = b;

	return ((*x)->end_ns > (*y)->end_ns) - ((*x)->end_ns < (*y)->end_ns);
}

/* The median of what twenty GETs took, one each half second; all of them are answered. */
static uint64_t median_of_guests(const char *name, const struct sim_stranger *kind, uint64_t memory)
{
	struct visitor *sorted[GUESTS];
	uint64_t median_ns;

	scene_open(name);
	scene.memory = memory;
	for (unsigned i = 0; i < GUESTS; i++) {
		sorted[i] = scene_visitor();
		*sorted[i] = (struct visitor){.comes_ns = S(4) + i * NS_PER_MS * 500, .deeds = {
			{0, SAY, "GET / HTTP/1.0\r\n\r\n"}}};
	}
	if (kind != NULL) {
		static const struct sim_host_options many = {.net = {.max_sockets = STRANGERS + 8},
							    .tx_ring = 1024};
		struct sim_host *flood = sim_host(&scene.sim, &many);

		sim_set_delay(flood, NS_PER_MS);
		sim_flood_start(flood, scene.host->ip, kind, STRANGERS);
	}
	assert_int_equal(scene_serve("mode=server log.connections=5", 15), STATUS_OK);
	if (kind != NULL)
		(void)sim_flood_stop();
	for (unsigned i = 0; i < GUESTS; i++) {
		if (visitor_answers(sorted[i]) != 1 || sorted[i]->end != 0)
			fail_msg("%s: guest %u has %u answers, and ended with %d", name, i,
				 visitor_answers(sorted[i]), sorted[i]->end);
	}
	qsort(sorted, GUESTS, sizeof(sorted[0]), by_time);
	median_ns = sorted[GUESTS / 2]->end_ns;
	return median_ns;
}

/* 600 of one address, of each kind, and places for 256: whoever else comes is served as if they were not
 * there. */
TEST(strangers_keep_no_client_out)
{
	uint64_t alone_ns;

	alone_ns = median_of_guests("alone", NULL, 15 * MIB);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_SRV_CROWDED), 0);
	scene_close();
	for (unsigned i = 0; i < sim_n_strangers; i++) {
		const struct sim_stranger *kind = &sim_strangers[i];
		uint64_t ns = median_of_guests(kind->name, kind, 15 * MIB);

		if (ns > 5 * alone_ns)
			fail_msg("%s: %lu us, alone %lu us", kind->name, (unsigned long)(ns / 1000),
				 (unsigned long)(alone_ns / 1000));
		/* A line a second, not one for each of them. */
		assert_in_range(kit_event_count(&scene.host->kp, EVENT_SRV_CROWDED), 10, 16);
		assert_string_equal(scene_said(EVENT_SRV_CROWDED, "ip"), "10.0.0.3");
		scene_close();
	}
}

/* Where there is memory there are places for all of them, and nobody loses one. */
TEST(a_thousand_places_with_64_mib)
{
	(void)median_of_guests("64 MiB", &sim_strangers[0], 62 * MIB);
	assert_string_equal(scene_said(EVENT_SRV_LISTENING, "connections"), "1024");
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_SRV_CROWDED), 0);
	scene_close();
}
