/*
 * SPDX-License-Identifier: MIT
 *
 * What a server shows of checks that the same machine makes.  The checks' owner fills it in, a server
 * reads it, and neither knows the other: the application puts them together.
 */
#ifndef APP_MONITOR_H
#define APP_MONITOR_H

#include "base/status.h"
#include "base/strbuf.h"

struct monitor_check {
	const char *name;        /* as it may be shown; until the next call */
	uint64_t runs, failures;
	enum status status;      /* of the latest run, where there was one ... */
	uint64_t time_ns;        /* ... and what it took */
};

struct monitor {
	/* False: there are no more. */
	bool (*check)(struct monitor *m, unsigned i, struct monitor_check *check);
	/* In the Prometheus text format (app/metrics_text.h). */
	void (*write_metrics)(struct monitor *m, struct strbuf *sb, uint64_t now_ns);
};

#endif
