/*
 * SPDX-License-Identifier: MIT
 *
 * Lines that wait.  Until the configuration has said what log= is to be, both forms of each event
 * are kept here, in order; then those that were asked for are printed and the rest is dropped.
 * Bounded: when it is full, the caller waits no longer.
 */
#ifndef LOG_HOLD_H
#define LOG_HOLD_H

#include "base/compiler.h"

/* Both lines of as many faults of noise as are named: with less, they would be printed before timeout=
 * and log= are known. */
#define LOG_HOLD_BYTES (128u * 1024)

struct log_hold {
	size_t used;
	char bytes[LOG_HOLD_BYTES];
};

/* `kind` is the caller's own mark and comes back by log_hold_next().  False: it does not fit. */
bool log_hold_add(struct log_hold *hold, uint8_t kind, const char *line, size_t len) MUST_CHECK;

struct log_hold_line {
	uint8_t kind;
	const char *text;
	size_t len;
};

/* Walks the lines in the order they came: *at begins at 0.  False past the last. */
bool log_hold_next(const struct log_hold *hold, size_t *at, struct log_hold_line *line);

#endif
