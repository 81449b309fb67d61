/*
 * SPDX-License-Identifier: MIT
 *
 * Events as text: pure functions from one event to one line, no console, no clock.  The catalogue
 * (log/events.def) says how; see docs/log.md for the contract of both forms.
 *
 * What does not fit is never cut silently: a human line that is too long ends in "...[cut]", and
 * a machine line leaves out the field that does not fit, stays valid JSON, and says "cut":true.
 */
#ifndef LOG_FORMAT_H
#define LOG_FORMAT_H

#include "log/event.h"
#include "base/strbuf.h"

/* Room for the longest line: a result with three URLs of CONFIG_TEXT_MAX bytes. */
#define LOG_LINE_MAX 8192
/* The least that log_format_json() can work with: everything but the event's fields. */
#define LOG_LINE_MIN 192

/* The catalogue's row of an event. */
struct event_info {
	const char *name;
	const char *speaker;
	const char *arrow;
	const char *text;
	uint8_t step;
};

struct event_info event_info(enum event_id id);

/* The event's field of that name; NULL: it has none. */
const struct event_field *log_find_field(const struct event *ev, const char *key, size_t len);
/* "[   0.012345] tcp      step  8  stack ~> server    SYN sent ..." without line end. */
void log_format_text(struct strbuf *sb, const struct event *ev, uint64_t t_ns);
/* "@dt {...}" without line end; `seq` counts machine lines from 1.  sb->cap >= LOG_LINE_MIN. */
void log_format_json(struct strbuf *sb, const struct event *ev, uint64_t t_ns, uint64_t seq);

/* A field's value alone; `escaped` writes bytes that may come from outside. */
void log_format_value(struct strbuf *sb, const struct event_field *f,
		      void (*escaped)(struct strbuf *sb, const char *s, size_t len));

#endif
