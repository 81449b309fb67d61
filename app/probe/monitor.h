/*
 * SPDX-License-Identifier: MIT
 *
 * The checks as a server may show them (app/monitor.h).
 */
#ifndef APP_PROBE_MONITOR_H
#define APP_PROBE_MONITOR_H

#include "app/monitor.h"
#include "app/probe/results.h"
#include "app/probe/targets.h"

struct probe_monitor {
	struct monitor monitor; /* first: its functions find the rest by it */
	const struct probe_settings *settings;
	const struct probe_results *results;
	char name[CONFIG_TEXT_MAX], other[CONFIG_TEXT_MAX]; /* scratch */
};

/* The monitor of these checks, for as long as both are there. */
struct monitor *probe_monitor_begin(struct probe_monitor *m, const struct probe_settings *settings,
				    const struct probe_results *results);

/* metrics.c */
void probe_metrics_write(struct monitor *monitor, struct strbuf *sb, uint64_t now_ns);

#endif
