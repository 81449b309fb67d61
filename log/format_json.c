/*
 * SPDX-License-Identifier: MIT
 *
 * The machine line: one event as one JSON object behind "@dt " (docs/log.md).  Fields stand in the
 * order in which the event was emitted; a field that does not apply is left out.
 */
#include "base/assert.h"
#include "log/format.h"

/* Kept free for what closes a line that was cut. */
static const char truncated_mark[] = ",\"cut\":true}";

static void append_literal(struct strbuf *sb, const char *literal, size_t len)
{
	strbuf_mem(sb, literal, len);
}
#define APPEND(sb, literal) append_literal(sb, literal, sizeof(literal) - 1)

static void append_key(struct strbuf *sb, const char *key)
{
	APPEND(sb, ",\"");
	strbuf_str(sb, key);
	APPEND(sb, "\":");
}

/* JSON has numbers and booleans; all else is a string. */
static bool is_string(enum event_field_type type)
{
	return type != EVENT_FIELD_U64 && type != EVENT_FIELD_I64 && type != EVENT_FIELD_BOOL &&
	       type != EVENT_FIELD_SECONDS && type != EVENT_FIELD_HUNDREDTHS;
}

static void append_value(struct strbuf *sb, const struct event_field *f)
{
	bool quoted = is_string(event_field_type(f));

	if (quoted)
		strbuf_char(sb, '"');
	log_format_value(sb, f, strbuf_escaped_json);
	if (quoted)
		strbuf_char(sb, '"');
}

/* Adds the field, or takes it back and returns false where it does not fit. */
static bool append_field(struct strbuf *sb, const struct event_field *f)
{
	size_t before = sb->len;

	append_key(sb, event_field_key(f));
	append_value(sb, f);
	if (sb->len + sizeof(truncated_mark) <= sb->cap)
		return true;
	sb->len = before;
	sb->buf[before] = '\0';
	return false;
}

static void append_head(struct strbuf *sb, const struct event *ev, uint64_t t_ns, uint64_t seq)
{
	struct event_info info = event_info(ev->id);

	APPEND(sb, "@dt {\"v\":1,\"seq\":");
	strbuf_u64(sb, seq);
	APPEND(sb, ",\"t_us\":");
	strbuf_u64(sb, t_ns / NS_PER_US);
	APPEND(sb, ",\"ev\":\"");
	strbuf_str(sb, info.name);
	strbuf_char(sb, '"');
	if (ev->conn != 0) {
		APPEND(sb, ",\"conn\":");
		strbuf_u64(sb, ev->conn);
	}
	if (info.step != 0) {
		APPEND(sb, ",\"step\":");
		strbuf_u64(sb, info.step);
	} else if (ev->at_step != 0) {
		APPEND(sb, ",\"at_step\":");
		strbuf_u64(sb, ev->at_step);
	}
}

void log_format_json(struct strbuf *sb, const struct event *ev, uint64_t t_ns, uint64_t seq)
{
	bool complete = true;

	ASSERT(sb->cap >= LOG_LINE_MIN && sb->len == 0);
	append_head(sb, ev, t_ns, seq);
	for (unsigned i = 0; i < ev->n_fields; i++) {
		if (ev->fields[i].tagged_key != NULL)
			complete &= append_field(sb, &ev->fields[i]);
	}
	if (complete)
		strbuf_char(sb, '}');
	else
		append_literal(sb, truncated_mark, sizeof(truncated_mark) - 1);
}
