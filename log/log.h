/*
 * SPDX-License-Identifier: MIT
 *
 * The log: turns events into lines (docs/log.md) and hands them to its output.  One event, one
 * human line or one machine line or both; every line is written whole.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "base/compiler.h"
#include "log/event.h"

enum log_mode {
	LOG_TEXT = 1 << 0,
	LOG_JSON = 1 << 1,
	LOG_BOTH = LOG_TEXT | LOG_JSON,
	LOG_KTAP = 1 << 2, /* a KTAP report, the human lines as its diagnostic ones */
};

enum log_port { LOG_FIRST, LOG_SECOND };
#define LOG_PORTS 2u

/* What the log needs of the machine it runs on; kernel/console/log_output.c is dialtone's. */
struct log_output {
	/* Time since the machine's entry. */
	uint64_t (*now_ns)(void);
	bool (*has_port)(enum log_port port);
	/* Writes one whole line, without its end.  Never waits for long. */
	void (*write_line)(enum log_port port, const char *line, size_t len);
	/* Lines that write_line() dropped since this was last called. */
	uint32_t (*consume_lost)(enum log_port port);
};

/* Until this call events are dropped.  The struct is borrowed for ever. */
void log_open(const struct log_output *output);

/* Lines before log_set_mode() are kept back until the configuration has said which to print.  A
 * PANIC or RESULT that comes earlier lets them out as text, so no verdict is ever lost; more lines
 * than can be kept let all out in both forms. */
void log_set_mode(enum log_mode mode);
/* Of the connections that peers open the first `burst` are logged, and one more each second; the
 * others are suppressed (log/mute.c).  Without this call all are logged. */
void log_limit_connections(uint32_t burst);
bool log_is_muted(uint32_t conn);
uint64_t log_muted_connections(void);
/* The sink that everything in this machine emits to. */
struct event_sink *log_sink(void);

#endif
