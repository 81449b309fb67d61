/* SPDX-License-Identifier: MIT */
/* The checks as a server may show them; see app/probe/monitor.h. */
#include "app/probe/monitor.h"

static bool monitor_check(struct monitor *monitor, unsigned i, struct monitor_check *check)
{
	struct probe_monitor *m = CONTAINER_OF(monitor, struct probe_monitor, monitor);
	const struct probe_result *p;

	if (i >= check_count(m->settings))
		return false;
	p = &m->results->of[i];
	*check = (struct monitor_check){
		.name = check_name(m->settings, i, m->name, sizeof(m->name)),
		.runs = p->runs,
		.failures = p->failures,
		.status = p->report.exitcode,
		.time_ns = p->report.time_redirect_ns + p->report.time_total_ns,
	};
	return true;
}

struct monitor *probe_monitor_begin(struct probe_monitor *m, const struct probe_settings *settings,
				    const struct probe_results *results)
{
	m->monitor = (struct monitor){.check = monitor_check, .write_metrics = probe_metrics_write};
	m->settings = settings;
	m->results = results;
	return &m->monitor;
}
