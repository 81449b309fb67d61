/*
 * SPDX-License-Identifier: MIT
 *
 * Goldens: what a seeded run puts on the wire, says and counts, as a text, compared with the one in
 * tests/golden/ (docs/testing.md).  A line for each frame that a host hands to its device, the
 * machine lines of each host, its counters that are not 0.  Times are those of the virtual clock, and
 * so are part of it.
 *
 * GOLDEN_UPDATE=1 in the environment writes the files anew instead.
 */
#ifndef TESTS_SIM_SIM_GOLDEN_H
#define TESTS_SIM_SIM_GOLDEN_H

#include "tests/sim/lib/sim.h"

/* All that simulations do from now on is written down; one at a time.  The machine lines of the first
 * `listed` hosts stand in the listing, of the others' there is a hash. */
void golden_begin(unsigned listed);
/* It was that scenario: a mismatch prints the first line that differs, and fails the test. */
void golden_compare(const char *scenario);
/* Of a scenario whose listing would be too long: one line of how much there was, and its hash, which
 * stays valid until the next call.  With GOLDEN_DUMP=dir in the environment the listing itself is
 * dir/scenario, so that those of two versions can be compared. */
const char *golden_digest(const char *scenario);
/* The same comparison of any text. */
void golden_compare_text(const char *scenario, const char *text);

#endif
