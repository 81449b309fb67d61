/*
 * SPDX-License-Identifier: MIT
 *
 * Very many connections of one host to one server, all of them patient strangers of one kind.  Who is
 * thrown out comes again.
 */
#ifndef TESTS_SIM_SIM_FLOOD_H
#define TESTS_SIM_SIM_FLOOD_H

#include "tests/sim/lib/sim.h"

/* A kind: what it says first, what it says again and again, and how it reads. */
struct sim_stranger {
	const char *name;
	const char *first;      /* "": nothing */
	unsigned first_times;   /* 0: once */
	const char *then;       /* one byte of it each second, in a circle; "": nothing */
	enum { STRANGER_READS_ALL, STRANGER_READS_BYTES, STRANGER_READS_NOTHING } reads;
};

extern const struct sim_stranger sim_strangers[];
extern const unsigned sim_n_strangers;

struct sim_flood; /* one at a time */

/* `n` of them come to `server` (port 80) from `host`, from now on. */
void sim_flood_start(struct sim_host *host, uint32_t server, const struct sim_stranger *kind, unsigned n);
/* They leave, with RSTs; how often one had to come again. */
unsigned sim_flood_stop(void);

#endif
