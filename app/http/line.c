/* SPDX-License-Identifier: MIT */
/* Lines out of a stream; see app/http/line.h. */
#include "app/http/line.h"

#include "base/chars.h"

void http_line_begin(struct http_line *line)
{
	line->state = HTTP_LINE_OPEN;
	line->cr = line->colon = line->odd = line->skips = false;
	line->len = 0;
	line->total = 0;
}

bool http_line_overlong(const struct http_line *line)
{
	return line->total > line->len;
}

void http_line_unfold(struct http_line *line)
{
	line->state = HTTP_LINE_OPEN;
	line->cr = false;
	line->skips = line->odd = true;
	while (!http_line_overlong(line) && line->len > 0 && char_is_whitespace(line->text[line->len - 1]))
		line->total = --line->len;
	if (line->len < HTTP_LINE_KEPT)
		line->text[line->len++] = ' ';
	line->total++;
}

/* RFC 9110 5.5 and 5.6.2, RFC 9112 4: no name, no value and no reason holds one. */
static bool is_control(char c)
{
	return ((uint8_t)c < 0x20 && c != '\t') || c == 0x7f;
}

static void keep(struct http_line *line, char c)
{
	if (line->skips && char_is_whitespace(c))
		return;
	line->skips = false;
	line->colon = line->colon || c == ':';
	line->odd = line->odd || is_control(c);
	if (line->len < HTTP_LINE_KEPT)
		line->text[line->len++] = c;
	line->total++;
}

static void consume_byte(struct http_line *line, char c)
{
	if (c == '\n') {
		/* RFC 9112 2.2: a lone LF may be taken as a line's end. */
		line->state = HTTP_LINE_DONE;
		line->odd = line->odd || !line->cr;
	} else if (c == '\0' || line->cr) {
		/* RFC 9110 5.5: NUL is invalid and dangerous; RFC 9112 2.2: so is a lone CR. */
		line->state = HTTP_LINE_BAD;
	} else if (c == '\r') {
		line->cr = true;
	} else {
		keep(line, c);
	}
}

size_t http_line_feed(struct http_line *line, const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && line->state == HTTP_LINE_OPEN)
		consume_byte(line, (char)data[n++]);
	return n;
}
