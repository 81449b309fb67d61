/*
 * Events as text: pure functions from one event to one line, no console, no clock.  The catalogue
 * (base/events.def) says how; see docs/log.md for the contract of both forms.
 */
#ifndef KERNEL_LOG_FORMAT_H
#define KERNEL_LOG_FORMAT_H

#include "base/event.h"
#include "base/strbuf.h"

/* The catalogue's row of an event. */
struct event_info {
	const char *name;
	const char *speaker;
	const char *arrow;
	const char *text;
	uint8_t step;
};

const struct event_info *event_info(enum event_id id);

/* "[   0.012345] tcp      step  8  stack ~> server    SYN sent ..." without line end. */
void log_format_text(struct strbuf *sb, const struct event *ev, uint64_t t_ns);
/* "@dt {...}" without line end; `seq` counts machine lines from 1. */
void log_format_json(struct strbuf *sb, const struct event *ev, uint64_t t_ns, uint64_t seq);

#endif
