/*
 * SPDX-License-Identifier: MIT
 *
 * The human line: "[   0.012345] tcp      step  8  stack ~> server    SYN sent ...".  The sentence
 * comes from the catalogue's template, whose small grammar log/events.def explains.
 */
#include "base/string.h"
#include "log/format.h"

#define SPEAKER_WIDTH 9
#define ARROW_WIDTH 19

const struct event_field *log_find_field(const struct event *ev, const char *key, size_t len)
{
	for (unsigned i = 0; i < ev->n_fields; i++) {
		const struct event_field *f = &ev->fields[i];

		if (f->tagged_key != NULL && f->tagged_key[1] == key[0] &&
		    strncmp(event_field_key(f), key, len) == 0 && event_field_key(f)[len] == '\0')
			return f;
	}
	return NULL;
}

/* --- one {placeholder} ------------------------------------------------------------------------ */

enum placeholder_kind { PLACEHOLDER_VALUE, PLACEHOLDER_MS, PLACEHOLDER_S, PLACEHOLDER_TEST };

struct placeholder {
	enum placeholder_kind kind;
	const struct event_field *field; /* NULL: the event has none of that name */
	const char *after;               /* behind the closing brace */
};

/* `at` is behind the opening brace. */
static struct placeholder read_placeholder(const struct event *ev, const char *at)
{
	struct placeholder p = {.kind = PLACEHOLDER_VALUE};
	size_t len = 0;

	if (*at == '?') {
		p.kind = PLACEHOLDER_TEST;
		at++;
	}
	while (at[len] != '}' && at[len] != ':' && at[len] != '\0')
		len++;
	p.field = log_find_field(ev, at, len);
	at += len;
	if (*at == ':')
		p.kind = at[1] == 's' ? PLACEHOLDER_S : PLACEHOLDER_MS;
	while (*at != '}' && *at != '\0')
		at++;
	p.after = *at == '}' ? at + 1 : at;
	return p;
}

/* With one decimal. */
static void append_time_in(struct strbuf *sb, uint64_t ns, uint64_t unit_ns)
{
	uint64_t tenths = (ns + unit_ns / 20) / (unit_ns / 10);

	strbuf_u64(sb, tenths / 10);
	strbuf_char(sb, '.');
	strbuf_u64(sb, tenths % 10);
}

static const char *append_placeholder(struct strbuf *sb, const struct event *ev, const char *at)
{
	struct placeholder p = read_placeholder(ev, at);

	if (p.kind == PLACEHOLDER_TEST)
		return p.after;
	if (p.field == NULL)
		strbuf_char(sb, '?');
	else if (p.kind == PLACEHOLDER_MS)
		append_time_in(sb, p.field->u, NS_PER_MS);
	else if (p.kind == PLACEHOLDER_S)
		append_time_in(sb, p.field->u, NS_PER_S);
	else
		log_format_value(sb, p.field, strbuf_escaped_text);
	return p.after;
}

/* --- groups ----------------------------------------------------------------------------------- */

/* What {?key} asks: neither false, 0 nor empty. */
static bool has_content(const struct event_field *f)
{
	switch (event_field_type(f)) {
	case EVENT_FIELD_ABSENT: return false;
	case EVENT_FIELD_U64:
	case EVENT_FIELD_I64:
	case EVENT_FIELD_SECONDS:
	case EVENT_FIELD_HUNDREDTHS: return f->u != 0;
	case EVENT_FIELD_BOOL: return f->b;
	case EVENT_FIELD_TEXT:
	case EVENT_FIELD_HEX: return f->bytes->len != 0;
	case EVENT_FIELD_STR: return f->str[0] != '\0';
	default: return true;
	}
}

/* Is the group that begins at `at` (behind its bracket) to be printed?  *end: its closing one. */
static bool group_applies(const struct event *ev, const char *at, const char **end)
{
	bool applies = true;

	while (*at != ']' && *at != '\0') {
		if (*at != '{') {
			at++;
			continue;
		}
		struct placeholder p = read_placeholder(ev, at + 1);
		at = p.after;
		if (p.field == NULL || (event_field_type(p.field) == EVENT_FIELD_BOOL && !p.field->b) ||
		    (p.kind == PLACEHOLDER_TEST && !has_content(p.field)))
			applies = false;
	}
	*end = at;
	return applies;
}

/* Bytes up to the next character that means something in a template. */
static size_t literal_len(const char *at)
{
	size_t len = 0;

	while (at[len] != '\0' && at[len] != '{' && at[len] != '[' && at[len] != ']')
		len++;
	return len;
}

static void append_sentence(struct strbuf *sb, const struct event *ev, const char *at)
{
	while (*at != '\0') {
		size_t literal = literal_len(at);

		strbuf_mem(sb, at, literal);
		at += literal;
		if (*at == '{') {
			at = append_placeholder(sb, ev, at + 1);
		} else if (*at == '[') {
			const char *end;

			at++;
			if (!group_applies(ev, at, &end))
				at = *end == ']' ? end + 1 : end;
		} else if (*at == ']') {
			at++;
		}
	}
}

/* --- the line --------------------------------------------------------------------------------- */

static void append_time(struct strbuf *sb, uint64_t t_ns)
{
	strbuf_char(sb, '[');
	strbuf_u64_width(sb, t_ns / NS_PER_S, 4, ' ');
	strbuf_char(sb, '.');
	strbuf_u64_width(sb, t_ns % NS_PER_S / NS_PER_US, 6, '0');
	strbuf_mem(sb, "] ", 2);
}

static void append_speaker_and_step(struct strbuf *sb, const struct event_info *info)
{
	size_t start = sb->len;

	strbuf_str(sb, info->speaker);
	strbuf_pad_to(sb, start + SPEAKER_WIDTH);
	if (info->step == 0)
		return;
	strbuf_mem(sb, "step ", 5);
	strbuf_u64_width(sb, info->step, 2, ' ');
	strbuf_mem(sb, "  ", 2);
	start = sb->len;
	strbuf_str(sb, info->arrow);
	strbuf_pad_to(sb, start + ARROW_WIDTH);
}

static void mark_cut(struct strbuf *sb)
{
	static const char note[] = "...[cut]";

	if (strbuf_truncated(sb) && sb->cap >= sizeof(note))
		memcpy(sb->buf + sb->cap - sizeof(note), note, sizeof(note));
}

void log_format_text(struct strbuf *sb, const struct event *ev, uint64_t t_ns)
{
	struct event_info info = event_info(ev->id);

	append_time(sb, t_ns);
	append_speaker_and_step(sb, &info);
	append_sentence(sb, ev, info.text);
	if (info.step == 0 && ev->at_step != 0) {
		strbuf_mem(sb, " (at step ", 10);
		strbuf_u64(sb, ev->at_step);
		strbuf_char(sb, ')');
	}
	mark_cut(sb);
}
