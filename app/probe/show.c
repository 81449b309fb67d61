/* SPDX-License-Identifier: MIT */
/* Answers as events; see app/probe/show.h. */
#include "app/probe/show.h"

#include "base/string.h"

void show_begin(struct show *show, struct event_sink *events)
{
	*show = (struct show){.events = events};
}

/* How many of `len` bytes may still be shown; says so once when that is not all. */
static size_t allow(struct show *show, size_t len)
{
	size_t n = MIN(len, SHOW_BYTES_MAX - show->shown);

	show->shown += n;
	return n;
}

static void log_truncated(struct show *show)
{
	if (show->cut)
		return;
	show->cut = true;
	event_emit(show->events, EVENT_HTTP_SHOW_CUT, show->conn, 0, EV_U64("bytes", SHOW_BYTES_MAX));
}

void show_field(struct show *show, const char *name, size_t name_len, const char *value, size_t len)
{
	if (show->cut || name_len + len > SHOW_BYTES_MAX - show->shown) {
		log_truncated(show);
		return;
	}
	(void)allow(show, name_len + len);
	event_emit(show->events, EVENT_HTTP_HEADER, show->conn, 0, EV_TEXT("name", name, name_len),
		   EV_TEXT("value", value, MIN(len, SHOW_LINE_MAX)),
		   EV_IF(len > SHOW_LINE_MAX, EV_U64("of", len)));
}

static void flush(struct show *show)
{
	event_emit(show->events, EVENT_HTTP_DATA, show->conn, 0, EV_TEXT("text", show->line, show->len));
	show->len = 0;
}

static void end_line(struct show *show)
{
	if (show->len > 0 && show->line[show->len - 1] == '\r')
		show->len--;
	flush(show);
}

void show_body(struct show *show, const uint8_t *data, size_t len)
{
	size_t n;

	if (show->cut)
		return;
	n = allow(show, len);
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			end_line(show);
			continue;
		}
		if (show->len == SHOW_LINE_MAX)
			flush(show);
		show->line[show->len++] = (char)data[i];
	}
	if (n < len) {
		show_body_end(show);
		log_truncated(show);
	}
}

void show_body_end(struct show *show)
{
	if (show->len > 0)
		flush(show);
}
