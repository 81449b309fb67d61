/* SPDX-License-Identifier: MIT */
/* The latest results; see app/probe/results.h. */
#include "app/probe/results.h"

void probes_note(struct probe_results *results, unsigned check, const struct transfer *t)
{
	struct probe_result *p = &results->of[check];

	p->runs++;
	p->failures += t->report.exitcode != STATUS_OK;
	p->at_ns = transfer_now(t);
	p->report = t->report;
	/* Its texts are the next transfer's, too. */
	p->report.url = p->report.url_effective = p->report.redirect_url = p->report.errormsg = NULL;
	p->report.content_type = (struct event_bytes){0};
}

const struct probe_result *probes_result(const struct probe_results *results, unsigned check)
{
	return results->of[check].runs > 0 ? &results->of[check] : NULL;
}
