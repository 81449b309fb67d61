/*
 * SPDX-License-Identifier: MIT
 *
 * A response's status line and fields (RFC 9112 4 and 5, RFC 9110 5 and 8.6).  Few fields matter
 * to a client that counts; of the others only the syntax is looked at.
 */
#include "app/http/http_parse.h"

#include "app/http/text.h"
#include "base/ipv4_text.h"
#include "base/string.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- status line --------------------------------------------------------------------------------- */

static void keep_text(struct http_text *text, const char *at, size_t len)
{
	text->len = len <= HTTP_TEXT_KEPT ? len : 0;
	memcpy(text->at, at, text->len);
}

/* RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ].  The last SP is often left out
 * with an empty reason, and nothing depends on it. */
void http_header_status_line(struct http_parser *p)
{
	const char *text = p->line.text;
	size_t len = p->line.len;
	uint64_t code;

	if (len < 9 || memcmp(text, "HTTP/1.", 7) != 0 || !is_digit(text[7]) || text[8] != ' ') {
		http_parser_fail(p, STATUS_UNSUPPORTED_PROTOCOL, "the answer is not HTTP/1");
		return;
	}
	if (len < 12 || !decimal_parse(text + 9, 3, 999, &code) || code < 100 ||
	    (len > 12 && text[12] != ' ')) {
		http_parser_fail(p, STATUS_WEIRD_REPLY, "the status line has no status code");
		return;
	}
	p->code = (unsigned)code;
	p->minor = (unsigned)(text[7] - '0');
	if (len > 13)
		keep_text(&p->reason, text + 13, len - 13);
}

/* --- fields -------------------------------------------------------------------------------------- */

/* RFC 9110 8.6: decimal digits; the same number repeated, in a list or in two fields, may be
 * accepted as one; anything else makes the message's end a matter of opinion. */
static void take_content_length(struct http_parser *p, struct text_value v)
{
	do {
		struct text_value member = text_next_member(&v);
		uint64_t length;

		if (!decimal_parse(member.at, member.len, HTTP_LENGTH_MAX, &length)) {
			http_parser_fail(p, STATUS_WEIRD_REPLY, "Content-Length is not a length");
			return;
		}
		if (p->has_length && p->length != length) {
			http_parser_fail(p, STATUS_WEIRD_REPLY, "two different Content-Lengths");
			return;
		}
		p->has_length = true;
		p->length = length;
	} while (v.len > 0);
}

/* RFC 9112 6.1 and 7: chunked, once and last; no other coding was asked for. */
static void take_transfer_encoding(struct http_parser *p, struct text_value v)
{
	while (v.len > 0) {
		struct text_value coding = text_next_member(&v);

		/* "identity" is gone from the registry and still sent: it changes nothing. */
		if (coding.len == 0 || text_is_word(coding.at, coding.len, "identity"))
			continue;
		if (p->chunked || !text_is_word(coding.at, coding.len, "chunked")) {
			http_parser_fail(p, STATUS_BAD_CONTENT_ENCODING, "unknown transfer coding");
			return;
		}
		p->chunked = true;
	}
}

/* RFC 9110 7.6.1 */
static void take_connection(struct http_parser *p, struct text_value v)
{
	while (v.len > 0) {
		struct text_value option = text_next_member(&v);

		if (text_is_word(option.at, option.len, "close"))
			p->connection_close = true;
	}
}

/* RFC 9110 10.2.2; the first counts. */
static void take_location(struct http_parser *p, struct text_value v)
{
	if (p->has_location)
		return;
	p->has_location = true;
	p->location_overlong = v.len > sizeof(p->location) || http_line_overlong(&p->line);
	p->location_len = MIN(v.len, sizeof(p->location));
	memcpy(p->location, v.at, p->location_len);
}

/* RFC 9110 10.2.3.  NOT DONE: a date, which would take a clock that tells the time of day. */
static void take_retry_after(struct http_parser *p, struct text_value v)
{
	uint64_t s;

	if (decimal_parse(v.at, v.len, UINT64_MAX, &s))
		p->retry_after_s = MIN(s, (uint64_t)HTTP_RETRY_AFTER_MAX);
}

static void take_field(struct http_parser *p, const char *name, size_t name_len, struct text_value v)
{
	bool is_length = text_is_word(name, name_len, "content-length");
	bool is_coding = text_is_word(name, name_len, "transfer-encoding");

	if ((is_length || is_coding) && http_line_overlong(&p->line))
		http_parser_fail(p, STATUS_HEADER_TOO_LARGE, "a field that matters is too long");
	else if (is_length)
		take_content_length(p, v);
	else if (is_coding)
		take_transfer_encoding(p, v);
	else if (text_is_word(name, name_len, "content-type"))
		keep_text(&p->type, v.at, v.len);
	else if (text_is_word(name, name_len, "connection"))
		take_connection(p, v);
	else if (text_is_word(name, name_len, "location"))
		take_location(p, v);
	else if (text_is_word(name, name_len, "retry-after"))
		take_retry_after(p, v);
}

static void take_or_skip_field(struct http_parser *p, size_t name_len)
{
	const char *name = p->line.text;
	struct text_value v = text_trim(name + name_len + 1, p->line.len - name_len - 1);

	if (p->listener != NULL && p->listener->field != NULL)
		p->listener->field(p->listener, name, name_len, v.at, v.len);
	if (p->phase != HTTP_PHASE_FIELDS)
		return;
	p->num_headers++;
	take_field(p, name, name_len, v);
}

void http_header_field(struct http_parser *p)
{
	const char *text = p->line.text;
	size_t len = p->line.len;
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - text) : 0;

	/* RFC 9112 5.2: folded lines are obsolete; 5.1: no blank before the colon. */
	if (text_is_blank(text[0]))
		http_parser_fail(p, STATUS_WEIRD_REPLY, "a header line begins with a blank");
	else if (colon == NULL)
		http_parser_fail(p, STATUS_WEIRD_REPLY, "a header line has no colon");
	else if (!text_is_token(text, name_len))
		http_parser_fail(p, STATUS_WEIRD_REPLY, "a header field's name is malformed");
	else
		take_or_skip_field(p, name_len);
}
