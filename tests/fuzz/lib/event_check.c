/*
 * SPDX-License-Identifier: MIT
 *
 * The properties of a log line (docs/log.md), judged without the code that writes it: every byte is
 * printable ASCII, and a machine line is "@dt " and one flat JSON object (RFC 8259).
 */
#include "tests/fuzz/lib/fuzz.h"

#include <string.h>

#include "log/format.h"

void fuzz_check_printable(const char *line, size_t len)
{
	FUZZ_CHECK(strnlen(line, len + 1) == len, "a NUL inside the line, or no NUL behind it");
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(line[i] >= 0x20 && line[i] <= 0x7e, "byte %02x at %zu of a line: %s",
			   (unsigned char)line[i], i, line);
}

/* --- JSON --------------------------------------------------------------------------------------- */

/* Each reads one thing and says what is behind it; the NUL behind the line ends everything. */

static const char *expect(const char *at, const char *text)
{
	FUZZ_CHECK(strncmp(at, text, strlen(text)) == 0, "\"%s\" expected at: %s", text, at);
	return at + strlen(text);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static const char *escape(const char *at)
{
	if (at[1] == '"' || at[1] == '\\')
		return at + 2;
	FUZZ_CHECK(at[1] == 'u' && at[2] == '0' && at[3] == '0' && is_hex(at[4]) && is_hex(at[5]),
		   "a bad escape: %s", at);
	return at + 6;
}

static const char *string(const char *at)
{
	at = expect(at, "\"");
	while (*at != '"') {
		FUZZ_CHECK(*at != '\0', "a string that does not end");
		at = *at == '\\' ? escape(at) : at + 1;
	}
	return at + 1;
}

static const char *digits(const char *at)
{
	FUZZ_CHECK(*at >= '0' && *at <= '9', "no digit: %s", at);
	while (*at >= '0' && *at <= '9')
		at++;
	return at;
}

static const char *number(const char *at)
{
	at += *at == '-';
	FUZZ_CHECK(at[0] != '0' || at[1] < '0' || at[1] > '9', "a leading 0: %s", at);
	at = digits(at);
	return *at == '.' ? digits(at + 1) : at;
}

static const char *value(const char *at)
{
	switch (*at) {
	case '"': return string(at);
	case 't': return expect(at, "true");
	case 'f': return expect(at, "false");
	default: return number(at);
	}
}

void fuzz_check_json(const char *line, size_t len)
{
	const char *at = expect(line, "@dt {");

	for (;;) {
		at = value(expect(string(at), ":"));
		if (*at != ',')
			break;
		at++;
	}
	at = expect(at, "}");
	FUZZ_CHECK(at == line + len, "something behind the object: %s", at);
}

/* --- the sink ------------------------------------------------------------------------------------- */

static void check(struct event_sink *sink, const struct event *ev)
{
	struct fuzz_sink *fs = CONTAINER_OF(sink, struct fuzz_sink, sink);
	char line[LOG_LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	fs->events[ev->id]++;
	log_format_text(&sb, ev, 12345678);
	fuzz_check_printable(line, strbuf_stored(&sb));
	sb = strbuf_on(line, sizeof(line));
	log_format_json(&sb, ev, 12345678, 1);
	fuzz_check_printable(line, strbuf_stored(&sb));
	fuzz_check_json(line, strbuf_stored(&sb));
}

void fuzz_sink_open(struct fuzz_sink *fs)
{
	memset(fs, 0, sizeof(*fs));
	fs->sink.emit = check;
}
