/*
 * SPDX-License-Identifier: MIT
 *
 * Small worlds drawn at random: two to five hosts, up to eight conversations between them at once,
 * datagrams beside; clients and servers, both opening, half closes, aborts in the middle, silences,
 * crowds before a small backlog, readers with tiny windows, links that lose in bursts, alter, stall
 * and are cut, and hosts that vanish.  Every conversation ends in success or in an error with a name,
 * and then nothing is left.
 */
#ifndef TESTS_SIM_SIM_WORLD_H
#define TESTS_SIM_SIM_WORLD_H

#include <stdint.h>

/* The world of that seed, from its beginning to its end; fails as the simulator does. */
void sim_world_play(uint64_t seed);

#endif
