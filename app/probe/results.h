/*
 * SPDX-License-Identifier: MIT
 *
 * The latest result of each check that this machine makes, for the pages that show them.  Written by
 * who carries the checks out, between two of them; read while the next one waits.
 */
#ifndef APP_PROBE_RESULTS_H
#define APP_PROBE_RESULTS_H

#include "app/http/transfer.h"

struct probe_result {
	uint64_t runs, failures;
	uint64_t at_ns;       /* when the latest ended */
	struct report report; /* of it, without its texts but `check` */
};

void probes_reset(void);
void probes_note(unsigned check, const struct transfer *t);
/* NULL: it has not been made yet. */
const struct probe_result *probes_result(unsigned check);

#endif
