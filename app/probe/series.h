/*
 * SPDX-License-Identifier: MIT
 *
 * A run's checks: count= rounds of them, and how that went.  The habits are httping's: rounds begin
 * interval= seconds apart, or as soon as the one before is done where that took longer; a check that
 * failed does not end the series; at the end there are losses and times for each of them.  In between
 * the machine is up and answers.
 *
 * A round begins with new connections, unless keepalive=yes; within a round one is kept for the next
 * URL of the same host, unless keepalive=never.
 *
 * The verdict is that of the first check that did not pass, else of the last.  timeout= bounds all
 * of it: a series that it cuts short has timed out.
 */
#ifndef APP_PROBE_SERIES_H
#define APP_PROBE_SERIES_H

#include "app/probe/check.h"
#include "app/probe/results.h"
#include "app/probe/tally.h"

struct series {
	struct transfer verdict;
	struct tally tally[CHECKS_MAX];
	struct probe_results results;
	uint64_t begun_ns;
	uint32_t rounds; /* done */
	uint32_t done;   /* checks of all rounds */
	char name[CONFIG_TEXT_MAX];
	struct client client; /* last, see there */
};

/* From here on s->verdict and s->results may be read.  Code that ends the checks from outside sets
 * s->client.is_over then. */
void series_begin(struct series *s, struct app_env *env, const struct probe_settings *settings);
/* All rounds, and a summary of each check where there are several; nothing where there are no checks. */
void series_run(struct series *s);
bool series_failed(const struct series *s);

#endif
