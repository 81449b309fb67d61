/*
 * SPDX-License-Identifier: MIT
 *
 * Small worlds drawn at random: two to five hosts, up to eight conversations between them at once,
 * datagrams beside; clients and servers, both opening, half closes, aborts in the middle, silences,
 * crowds before a small backlog, readers with tiny windows, links that lose in bursts, alter, stall
 * and are cut, and hosts that vanish.  Every conversation ends in success or in an error with a name,
 * and then nothing is left.  SEED=n repeats one.
 */
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim.h"
#include "tests/sim/lib/sim_world.h"

TAKES_LONG;

#define SEEDS 1500

TEST(whatever_a_world_does)
{
	struct sim_seeds seeds = sim_seeds(SEEDS);
	uint64_t seed;

	while (sim_next_seed(&seeds, &seed))
		sim_world_play(seed);
}
