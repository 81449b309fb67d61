/*
 * SPDX-License-Identifier: MIT
 *
 * show=: what came back, into the log.  Each field and each line of a body is an event of its own,
 * so that no server can forge a line; a run shows SHOW_BYTES_MAX bytes, and says where it stops.
 */
#ifndef APP_PROBE_SHOW_H
#define APP_PROBE_SHOW_H

#include "base/compiler.h"
#include "log/event.h"

#define SHOW_BYTES_MAX (64u * 1024) /* of all answers of a run */
#define SHOW_LINE_MAX 512u          /* a longer line is shown in parts, a longer field truncated */

struct show {
	struct event_sink *events;
	uint32_t conn;
	uint64_t shown;
	bool cut;
	size_t len;
	char line[SHOW_LINE_MAX];
};

void show_begin(struct show *show, struct event_sink *events);
void show_field(struct show *show, const char *name, size_t name_len, const char *value, size_t len);
void show_body(struct show *show, const uint8_t *data, size_t len);
/* What the body's last line, without an end, has left. */
void show_body_end(struct show *show);

#endif
