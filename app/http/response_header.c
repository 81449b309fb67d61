/*
 * SPDX-License-Identifier: MIT
 *
 * A response's status line and fields (RFC 9112 4 and 5, RFC 9110 5 and 8.6).  Few fields matter
 * to a client that counts; of the others only the syntax is checked.  A line with another syntax is
 * accepted or ignored as curl does, and the connection is closed behind that answer.
 */
#include "app/http/response_parse.h"

#include "app/http/http_date.h"
#include "app/http/text.h"
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/string.h"

/* --- status line --------------------------------------------------------------------------------- */

static void keep_text(struct http_text *text, const char *at, size_t len)
{
	text->len = len <= HTTP_TEXT_KEPT ? len : 0;
	memcpy(text->at, at, text->len);
}

/* What stands behind the code: SP and the reason, or - outside the grammar - the reason glued to it,
 * or nothing at all. */
static void parse_reason(struct http_parser *p, const char *at, size_t len)
{
	bool apart = len > 0 && char_is_whitespace(at[0]);

	if (p->line.odd || len == 0 || at[0] != ' ')
		p->odd = true;
	if (apart)
		keep_text(&p->reason, at + 1, len - 1);
	else
		keep_text(&p->reason, at, len);
}

/* RFC 9112 4: HTTP-version SP status-code SP [ reason-phrase ].  RFC 9110 2.5: a minor version that is
 * not known is read as the highest that is. */
void http_header_status_line(struct http_parser *p)
{
	const char *text = p->line.text;
	size_t len = p->line.len;
	uint64_t code;

	if (len < 9 || memcmp(text, "HTTP/1.", 7) != 0 || !char_is_digit(text[7]) || !char_is_whitespace(text[8])) {
		http_parser_fail(p, STATUS_UNSUPPORTED_PROTOCOL, "the answer is not HTTP/1");
		return;
	}
	if (len < 12 || !decimal_parse(text + 9, 3, 999, &code) || code < 100 ||
	    (len > 12 && char_is_digit(text[12]))) {
		http_parser_fail(p, STATUS_UNSUPPORTED_PROTOCOL, "the status line has no status code");
		return;
	}
	p->code = (unsigned)code;
	p->minor = (unsigned)(text[7] - '0');
	p->odd = p->odd || text[8] != ' ';
	parse_reason(p, text + 12, len - 12);
}

/* --- fields -------------------------------------------------------------------------------------- */

/* A number beyond all measure is still one that max-body= does not allow. */
static void refuse_length(struct http_parser *p, struct span v)
{
	size_t digits = 0;

	while (digits < v.len && char_is_digit(v.at[digits]))
		digits++;
	if (digits > 0 && digits == v.len && p->body_max < HTTP_LENGTH_MAX)
		http_parser_refuse_body(p);
	else
		http_parser_fail(p, STATUS_WEIRD_REPLY, "Content-Length is not a length");
}

/* RFC 9110 8.6: decimal digits; the same number repeated, in a list or in two fields, may be
 * accepted as one; anything else makes the message's end a matter of opinion. */
static void parse_content_length(struct http_parser *p, struct span v)
{
	if (v.len > 0 && v.at[v.len - 1] == ',') {
		refuse_length(p, v);
		return;
	}
	do {
		struct span member = text_next_member(&v);
		uint64_t length;

		if (!decimal_parse(member.at, member.len, HTTP_LENGTH_MAX, &length)) {
			refuse_length(p, member);
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

/* A coding that is not known is a fault of the body alone: it does not matter where that is not read. */
static void parse_coding(struct http_parser *p, struct span coding)
{
	bool is_chunked = text_is_word(coding.at, coding.len, "chunked");
	bool is_identity = text_is_word(coding.at, coding.len, "identity");

	/* Sent a second time, as curl ignores it; "identity" is gone from the registry, is still sent,
	 * and changes nothing unless chunked is not the last then. */
	if (is_identity || (is_chunked && p->chunked))
		p->odd = true;
	if (is_chunked)
		p->chunked = true;
	else if ((!is_identity || p->chunked) && p->unknown_coding.len == 0)
		keep_text(&p->unknown_coding, coding.at, MIN(coding.len, (size_t)HTTP_TEXT_KEPT));
}

/* RFC 9112 6.1 and 7: chunked, once and last; no other coding was asked for. */
static void parse_transfer_encoding(struct http_parser *p, struct span v)
{
	if (v.len == 0)
		p->odd = true;
	while (v.len > 0) {
		struct span coding = text_next_member(&v);

		if (coding.len > 0)
			parse_coding(p, coding);
	}
}

/* RFC 9110 7.6.1 */
static void parse_connection(struct http_parser *p, struct span v)
{
	while (v.len > 0) {
		struct span option = text_next_member(&v);

		if (text_is_word(option.at, option.len, "close"))
			p->connection_close = true;
	}
}

static bool is_another_location(const struct http_parser *p, struct span v)
{
	size_t len = MIN(v.len, sizeof(p->location));

	return len != p->location_len || memcmp(v.at, p->location, len) != 0;
}

/* RFC 9110 10.2.2: there is one.  An empty one leads nowhere; where a redirect has two that differ,
 * a proxy on the way has added one, and neither is followed. */
static void parse_location(struct http_parser *p, struct span v)
{
	bool is_redirect = p->code >= 300 && p->code <= 399;

	if (v.len == 0)
		return;
	if (p->has_location) {
		if (is_redirect && is_another_location(p, v))
			http_parser_fail(p, STATUS_WEIRD_REPLY, "two different Locations");
		return;
	}
	p->has_location = true;
	p->location_overlong = v.len > sizeof(p->location) || http_line_overlong(&p->line);
	p->location_len = MIN(v.len, sizeof(p->location));
	memcpy(p->location, v.at, p->location_len);
}

/* RFC 9110 10.2.3.  NOT DONE: a date, which would take a clock that tells the time of day. */
static void parse_retry_after(struct http_parser *p, struct span v)
{
	uint64_t s;

	if (decimal_parse(v.at, v.len, UINT64_MAX, &s))
		p->retry_after_s = MIN(s, (uint64_t)HTTP_RETRY_AFTER_MAX);
}

/* RFC 9110 8.8.2; the first that is a date. */
static void parse_last_modified(struct http_parser *p, struct span v)
{
	if (!p->has_last_modified)
		p->has_last_modified = http_date_parse(v.at, v.len, &p->last_modified_s);
}

static void parse_field(struct http_parser *p, const char *name, size_t name_len, struct span v)
{
	bool is_length = text_is_word(name, name_len, "content-length");
	bool is_coding = text_is_word(name, name_len, "transfer-encoding");

	if ((is_length || is_coding) && http_line_overlong(&p->line))
		http_parser_fail(p, STATUS_HEADER_TOO_LARGE, "a field that matters is too long");
	else if (is_length)
		parse_content_length(p, v);
	else if (is_coding)
		parse_transfer_encoding(p, v);
	else if (text_is_word(name, name_len, "content-type"))
		keep_text(&p->type, v.at, v.len);
	else if (text_is_word(name, name_len, "connection"))
		parse_connection(p, v);
	else if (text_is_word(name, name_len, "location"))
		parse_location(p, v);
	else if (text_is_word(name, name_len, "last-modified"))
		parse_last_modified(p, v);
	else if (text_is_word(name, name_len, "retry-after"))
		parse_retry_after(p, v);
}

/* --- names ----------------------------------------------------------------------------------------- */

#define NOT_ALIKE SIZE_MAX

/* How many bytes of `word` the name is, whitespace and control characters left out. */
static size_t alike(const char *name, size_t len, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = char_lower(name[i]);

		if ((uint8_t)c <= ' ' || c == 0x7f)
			continue;
		if (word[n] != c)
			return NOT_ALIKE;
		n++;
	}
	return n;
}

/* `open`: the name goes on behind what was kept of it. */
static bool may_be_word(const char *name, size_t len, bool open, const char *word)
{
	size_t n = alike(name, len, word), word_len = strlen(word);

	return n == word_len || (open && n < word_len);
}

/* Two fields say where a body ends.  A name that only some readers take for one of them would make the
 * end depend on the reader. */
static bool may_be_framing(const char *name, size_t len, bool open)
{
	return may_be_word(name, len, open, "content-length") ||
	       may_be_word(name, len, open, "transfer-encoding");
}

/* Of a field's line: up to the colon, or all that was kept. */
static size_t name_length(const struct http_line *line)
{
	const char *colon = memchr(line->text, ':', line->len);

	return colon != NULL ? (size_t)(colon - line->text) : line->len;
}

void http_header_unfold(struct http_parser *p)
{
	size_t name_len = name_length(&p->line);

	if (p->phase == HTTP_PHASE_FIELDS && may_be_framing(p->line.text, name_len, false))
		http_parser_fail(p, STATUS_WEIRD_REPLY, "a field that frames the body is folded");
	else
		http_line_unfold(&p->line);
}

/* --- a field ---------------------------------------------------------------------------------------- */

static void parse_or_skip_field(struct http_parser *p, size_t name_len)
{
	const char *name = p->line.text;
	size_t value_at = MIN(name_len + 1, p->line.len);
	struct span v = span_trim((struct span){name + value_at, p->line.len - value_at});

	if (p->listener != NULL && p->listener->field != NULL)
		p->listener->field(p->listener, name, name_len, v.at, v.len);
	if (p->phase != HTTP_PHASE_FIELDS)
		return;
	p->num_headers++;
	parse_field(p, name, name_len, v);
}

void http_header_field(struct http_parser *p)
{
	const char *text = p->line.text;
	size_t name_len = name_length(&p->line);
	bool open = name_len == p->line.len && http_line_overlong(&p->line);
	bool is_token = text_is_token(text, name_len);

	if (p->line.odd || !is_token)
		p->odd = true;
	if (!p->line.colon)
		http_parser_fail(p, STATUS_WEIRD_REPLY, "a header line has no colon");
	else if (p->phase == HTTP_PHASE_FIELDS && (!is_token || open) && may_be_framing(text, name_len, open))
		http_parser_fail(p, STATUS_WEIRD_REPLY, "a field that frames the body is misspelt");
	else if (char_is_whitespace(text[0]))
		return; /* RFC 9112 2.2: the first line behind the status line; it is to be ignored */
	else
		parse_or_skip_field(p, name_len);
}
