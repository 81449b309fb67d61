/* SPDX-License-Identifier: MIT */
/* The request parser's frame: which part reads on.  See app/http/request_parse.h. */
#include "app/http/request_parse.h"

#include "base/chars.h"
#include "base/string.h"

void request_begin(struct request *r)
{
	/* All but the line's text, which is written before it is read. */
	memset(r, 0, offsetof(struct request, line));
	http_line_begin(&r->line);
}

void request_fail(struct request *r, unsigned code, const char *problem)
{
	r->phase = REQUEST_BAD;
	r->code = code;
	r->problem = problem;
	r->last = true;
}

bool request_is_fresh(const struct request *r)
{
	return r->phase == REQUEST_LINE && r->line.total == 0;
}

/* RFC 9112 2.2: empty lines before a request line are skipped, for clients that end a body so. */
static void accept_header_line(struct request *r)
{
	bool is_empty = r->line.total == 0;

	if (r->phase == REQUEST_LINE && !is_empty)
		request_read_line(r);
	else if (r->phase == REQUEST_FIELDS && !is_empty)
		request_read_field(r);
	else if (r->phase == REQUEST_FIELDS)
		request_end_fields(r);
}

static void fail_too_large(struct request *r)
{
	if (r->phase == REQUEST_LINE)
		request_fail(r, 414, "the request line is too long");
	else
		request_fail(r, 431, "the header is longer than 16384 bytes");
	_Static_assert(REQUEST_HEADER_MAX == 16384, "the message above says so");
}

/* What is no HTTP at all may never send a line's end: its first byte tells (a TLS ClientHello). */
static bool cannot_be_a_method(const struct request *r)
{
	char c = r->line.text[0];

	return r->phase == REQUEST_LINE && r->line.len > 0 &&
	       !char_is_letter(c) && (c < '!' || c > '~');
}

/* A request line is known to be too long with its first byte that is too many, whatever comes behind
 * it, so that what is said about it does not depend on the pieces it comes in. */
static size_t most_at_once(const struct request *r, size_t len)
{
	return r->phase == REQUEST_LINE ? MIN(len, HTTP_LINE_KEPT + 1 - r->line.total) : len;
}

static size_t feed_header(struct request *r, const uint8_t *data, size_t len)
{
	size_t room = REQUEST_HEADER_MAX - r->size_header;
	size_t n = http_line_feed(&r->line, data, MIN(most_at_once(r, len), room));

	r->size_header += n;
	if (r->line.state == HTTP_LINE_BAD || cannot_be_a_method(r)) {
		request_fail(r, 400, "not HTTP: NUL, a lone CR, or a first byte that no method has");
	} else if (r->phase == REQUEST_LINE && http_line_overlong(&r->line)) {
		fail_too_large(r);
	} else if (r->line.state == HTTP_LINE_DONE) {
		accept_header_line(r);
		if (r->phase < REQUEST_BODY)
			http_line_begin(&r->line);
	} else if (n == room) {
		fail_too_large(r);
	}
	return n;
}

static size_t feed_body(struct request *r, size_t len)
{
	size_t n = (size_t)MIN((uint64_t)len, r->remaining);

	r->remaining -= n;
	r->size_body += n;
	if (r->remaining == 0)
		r->phase = REQUEST_DONE;
	return n;
}

size_t request_feed(struct request *r, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t used = 0;

	while (used < len && r->phase < REQUEST_DONE) {
		if (r->phase == REQUEST_BODY)
			used += feed_body(r, len - used);
		else
			used += feed_header(r, at + used, len - used);
	}
	return used;
}
