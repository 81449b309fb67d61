/*
 * SPDX-License-Identifier: MIT
 *
 * Lines of a text protocol out of a stream that comes in parts of any size (RFC 9112 2.2).  A
 * line is kept up to a cap and counted beyond; a line that is longer is still skipped correctly.
 */
#ifndef APP_HTTP_LINE_H
#define APP_HTTP_LINE_H

#include "base/compiler.h"

#define HTTP_LINE_KEPT 2304u /* a Location of 2047 bytes, and its name */

enum http_line_state {
	HTTP_LINE_OPEN, /* needs more bytes */
	HTTP_LINE_DONE, /* text[0..len) is the line, without its end */
	HTTP_LINE_BAD,  /* NUL, or CR that no LF follows (`cr`) */
};

struct http_line {
	enum http_line_state state;
	bool cr;      /* the last byte was CR */
	bool colon;   /* there is one, be it among the bytes that are not kept */
	bool odd;     /* outside the grammar: a control character, or an end of LF alone */
	bool skips;   /* the whitespace at the start of a folded line */
	size_t len;   /* bytes kept */
	size_t total; /* bytes in all, line end excluded */
	char text[HTTP_LINE_KEPT];
};

/* An empty line. */
void http_line_begin(struct http_line *line);
/* Takes bytes up to the line's end at most; how many.  The state tells why it stopped. */
size_t http_line_feed(struct http_line *line, const uint8_t *data, size_t len) MUST_CHECK;
/* A whole line goes on: what comes next is the line that it was folded into (obs-fold, RFC 9112 5.2).
 * The fold, with the whitespace around it, becomes one space. */
void http_line_unfold(struct http_line *line);
/* True when bytes of the line were counted but not kept. */
bool http_line_overlong(const struct http_line *line);

#endif
