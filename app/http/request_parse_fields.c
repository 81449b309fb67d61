/*
 * SPDX-License-Identifier: MIT
 *
 * A request's fields (RFC 9110 5, RFC 9112 5 and 6).  Few matter to a server of three small pages; of
 * the others only the syntax is checked.  What decides where a request ends is taken strictly: two
 * readers of one stream that disagree about that are how requests are smuggled.
 */
#include "app/http/text.h"
#include "app/http/request_parse.h"
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/string.h"

bool request_is_host(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!char_is_letter(at[i]) && !char_is_digit(at[i]) &&
		    (at[i] == '\0' || memchr("-._~%!$&'()*+,;=:[]", at[i], 19) == NULL))
			return false;
	}
	return true;
}

/* RFC 9112 3.2 */
static void parse_host(struct request *r, struct span v)
{
	if (r->has_host)
		request_fail(r, 400, "more than one Host");
	else if (!request_is_host(v.at, v.len))
		request_fail(r, 400, "a Host with bytes that it may not have");
	r->has_host = true;
}

/* RFC 9110 8.6.  It would be allowed to take the same number twice; no honest client sends it. */
static void parse_length(struct request *r, struct span v)
{
	if (r->has_length)
		request_fail(r, 400, "more than one Content-Length");
	else if (!decimal_parse(v.at, v.len, INT64_MAX, &r->length))
		request_fail(r, 400, "a Content-Length that is no length");
	r->has_length = true;
}

static void parse_coding(struct request *r, struct span v)
{
	if (r->has_coding)
		request_fail(r, 400, "more than one Transfer-Encoding");
	r->has_coding = true;
	r->is_chunked = text_is_word(v.at, v.len, "chunked");
}

/* RFC 9110 7.6.1 */
static void parse_connection(struct request *r, struct span v)
{
	while (v.len > 0) {
		struct span option = text_next_member(&v);

		if (text_is_word(option.at, option.len, "close"))
			r->wants_close = true;
		if (text_is_word(option.at, option.len, "keep-alive"))
			r->wants_keep_alive = true;
	}
}

/* RFC 9110 10.1.1 */
static void parse_expect(struct request *r, struct span v)
{
	r->has_expectation = true;
	if (!text_is_word(v.at, v.len, "100-continue"))
		r->is_strange_expectation = true;
}

static const struct {
	const char *name;
	void (*take)(struct request *r, struct span v);
} fields_that_matter[] = {
	{"host", parse_host},
	{"content-length", parse_length},
	{"transfer-encoding", parse_coding},
	{"connection", parse_connection},
	{"expect", parse_expect},
};

static void parse_value(struct request *r, size_t name_len, struct span v)
{
	for (size_t i = 0; i < ARRAY_LEN(fields_that_matter); i++) {
		if (!text_is_word(r->line.text, name_len, fields_that_matter[i].name))
			continue;
		if (http_line_overlong(&r->line))
			request_fail(r, 431, "a field that matters is too long");
		else
			fields_that_matter[i].take(r, v);
		return;
	}
}

void request_read_field(struct request *r)
{
	const char *text = r->line.text;
	size_t len = r->line.len;
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - text) : 0;

	/* RFC 9112 5.2: no folded lines; 5.1: no whitespace before the colon, which is no token's byte. */
	if (char_is_whitespace(text[0]))
		request_fail(r, 400, "a header line begins with a blank");
	else if (colon == NULL)
		request_fail(r, 400, "a header line has no colon");
	else if (!text_is_token(text, name_len))
		request_fail(r, 400, "a header field's name is malformed");
	else if (++r->n_fields > REQUEST_FIELDS_MAX)
		request_fail(r, 431, "more than 100 header fields");
	else
		parse_value(r, name_len, span_trim((struct span){text + name_len + 1, len - name_len - 1}));
	_Static_assert(REQUEST_FIELDS_MAX == 100, "the message above says so");
}

/* --- all of them -------------------------------------------------------------------------------- */

/* What is wrong with the fields together, the worst first; 0: nothing.  RFC 9112 6.1 and 6.3. */
static unsigned find_fault(const struct request *r, const char **problem)
{
	if (r->has_coding && r->has_length)
		return *problem = "both Content-Length and Transfer-Encoding", 400;
	if (r->has_coding && r->minor == 0)
		return *problem = "Transfer-Encoding in HTTP/1.0", 400;
	if (r->minor > 0 && !r->has_host)
		return *problem = "no Host", 400; /* RFC 9112 3.2 */
	if (r->has_coding && !r->is_chunked)
		return *problem = "a transfer coding that is not known", 501;
	if (r->has_coding)
		return *problem = "a body whose length is not said", 411;
	if (r->length > REQUEST_BODY_MAX)
		return *problem = "a body longer than 65536 bytes", 413;
	if (r->is_strange_expectation && r->minor > 0)
		return *problem = "an expectation that is not known", 417;
	_Static_assert(REQUEST_BODY_MAX == 65536, "the message above says so");
	return 0;
}

/* RFC 9112 9.3 */
static bool is_last(const struct request *r)
{
	return r->wants_close || (r->minor == 0 && !r->wants_keep_alive);
}

void request_end_fields(struct request *r)
{
	const char *problem;
	unsigned code = find_fault(r, &problem);
	bool waits = r->has_expectation && r->minor > 0 && r->length > 0;

	if (code != 0) {
		request_fail(r, code, problem);
		return;
	}
	r->last = is_last(r);
	r->remaining = r->length;
	r->phase = r->length > 0 ? REQUEST_BODY : REQUEST_DONE;
	if (!waits)
		return;
	if (r->method == REQUEST_GET || r->method == REQUEST_HEAD) {
		r->wants_continue = true;
	} else {
		/* RFC 9110 10.1.1: the answer is known without the body, which then may never come. */
		r->phase = REQUEST_DONE;
		r->last = true;
	}
}
