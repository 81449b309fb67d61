/*
 * SPDX-License-Identifier: MIT
 *
 * The latest result of each check that this machine makes, for the pages that show them.  Written by
 * the code that carries the checks out, between two of them; read while the next one waits.
 */
#ifndef APP_PROBE_RESULTS_H
#define APP_PROBE_RESULTS_H

#include "app/http/transfer.h"
#include "app/probe/targets.h"

struct probe_result {
	uint64_t runs, failures;
	uint64_t at_ns;       /* when the latest ended */
	struct report report; /* of it, without its texts but `check` */
};

/* Of all checks; zeroes: none has been made. */
struct probe_results {
	struct probe_result of[CHECKS_MAX];
};

void probes_note(struct probe_results *results, unsigned check, const struct transfer *t);
/* NULL: it has not been made yet. */
const struct probe_result *probes_result(const struct probe_results *results, unsigned check);

#endif
