/* SPDX-License-Identifier: MIT */
/* The parser's frame: which part reads on, and what a closed stream means.  See response_parse.h. */
#include "app/http/response_parse.h"

#include "app/http/text.h"
#include "base/chars.h"
#include "base/string.h"

#define LINE_TOO_LONG (HTTP_LINE_MAX - 2) /* without its CRLF */

static const char http_name[] = "HTTP/";

void http_parser_init(struct http_parser *p)
{
	memset(p, 0, sizeof(*p));
	p->body_max = HTTP_LENGTH_MAX;
	crc32_init(&p->crc);
	http_line_begin(&p->line);
}

void http_parser_fail(struct http_parser *p, enum status status, const char *problem)
{
	p->phase = HTTP_PHASE_BAD;
	p->status = status;
	p->problem = problem;
}

void http_parser_refuse_body(struct http_parser *p)
{
	http_parser_fail(p, STATUS_BODY_TOO_LARGE, "the body is larger than max-body= allows");
}

bool http_parser_is_length_refused(const struct http_parser *p)
{
	/* RFC 9110 8.6: that of an answer to HEAD is what GET would bring */
	bool counts = p->framing == HTTP_FRAMING_LENGTH ||
		      (p->no_body && p->has_length && !p->chunked && p->unknown_coding.len == 0 &&
		       p->code != 204 && p->code != 304);

	return p->header_complete && counts && p->length > p->body_max;
}

const char *http_framing_name(enum http_framing framing)
{
	switch (framing) {
	case HTTP_FRAMING_NONE: return "none";
	case HTTP_FRAMING_LENGTH: return "content-length";
	case HTTP_FRAMING_CHUNKED: return "chunked";
	case HTTP_FRAMING_CLOSE: return "until close";
	}
	return "?";
}

/* A line that is wrong stays, for the message. */
void http_parser_next_line(struct http_parser *p)
{
	if (p->phase != HTTP_PHASE_BAD)
		http_line_begin(&p->line);
}

/* Something that is not HTTP may never send a line end: its first bytes tell. */
static bool is_not_http(const struct http_parser *p)
{
	size_t name_len = sizeof(http_name) - 1;
	size_t n = MIN(p->line.len, name_len);

	if (p->phase != HTTP_PHASE_STATUS_LINE)
		return false;
	if (memcmp(p->line.text, http_name, n) != 0)
		return true;
	return p->line.state != HTTP_LINE_OPEN && n < name_len; /* its end, or NUL, in the name's place */
}

/* RFC 9110 15.2: interim responses come before the answer and are skipped. */
static void clear_interim_response(struct http_parser *p)
{
	p->code = 0;
	p->has_length = p->chunked = p->connection_close = p->has_location = false;
	p->has_last_modified = false;
	p->retry_after_s = 0;
	p->reason.len = p->type.len = p->unknown_coding.len = 0;
	p->spoke_http = true;
	p->num_headers = 0;
	p->phase = HTTP_PHASE_STATUS_LINE;
}

static void end_of_fields(struct http_parser *p)
{
	if (p->code == 101) {
		http_parser_fail(p, STATUS_WEIRD_REPLY, "switched protocols without being asked");
	} else if (p->code < 200) {
		clear_interim_response(p);
	} else {
		p->header_complete = true;
		http_body_begin(p);
	}
}

/* RFC 9112 2.2 and 5: a field's line ends where the next one does not begin with whitespace. */
static bool may_go_on(const struct http_parser *p)
{
	return p->phase != HTTP_PHASE_STATUS_LINE && p->line.total > 0;
}

static void accept_header_line(struct http_parser *p)
{
	if (p->phase == HTTP_PHASE_STATUS_LINE) {
		http_header_status_line(p);
		if (p->phase != HTTP_PHASE_BAD)
			p->phase = HTTP_PHASE_FIELDS;
	} else if (p->line.total > 0) {
		http_header_field(p);
	} else {
		p->odd = p->odd || p->line.odd;
		if (p->phase == HTTP_PHASE_TRAILERS)
			p->phase = HTTP_PHASE_DONE;
		else
			end_of_fields(p);
	}
	http_parser_next_line(p);
}

/* The first byte behind a field's line, `next`, tells whether that was all of it. */
static void go_on_or_take(struct http_parser *p, uint8_t next)
{
	if (char_is_whitespace((char)next))
		http_header_unfold(p);
	else
		accept_header_line(p);
}

static void refuse_line(struct http_parser *p)
{
	/* RFC 9112 7.1.2: trailers are the chunked coding's. */
	enum status status = p->phase == HTTP_PHASE_TRAILERS ? STATUS_RECEIVE_FAILED : STATUS_WEIRD_REPLY;

	http_parser_fail(p, status, "the header holds NUL or a lone CR");
}

static void refuse_as_no_http(struct http_parser *p)
{
	if (p->spoke_http)
		http_parser_fail(p, STATUS_WEIRD_REPLY, "what follows an answer is not HTTP");
	else
		http_parser_fail(p, STATUS_UNSUPPORTED_PROTOCOL, "the answer is not HTTP");
}

/* What has come of a line, and how many bytes of header are still allowed. */
static void check_line(struct http_parser *p, size_t room)
{
	_Static_assert(HTTP_HEADER_MAX == 307200 && HTTP_LINE_MAX == 102400, "the messages say so");
	if (is_not_http(p))
		refuse_as_no_http(p);
	else if (p->line.state == HTTP_LINE_BAD)
		refuse_line(p);
	else if (p->line.total == LINE_TOO_LONG)
		http_parser_fail(p, STATUS_HEADER_TOO_LARGE, "a header line is longer than 102400 bytes");
	else if (p->line.state == HTTP_LINE_DONE && !may_go_on(p))
		accept_header_line(p);
	else if (room == 0)
		http_parser_fail(p, STATUS_RECEIVE_FAILED, "the header is longer than 307200 bytes");
}

/* Status line, fields and trailers: lines, and all of them together have one cap. */
static size_t feed_header(struct http_parser *p, const uint8_t *data, size_t len)
{
	size_t room = HTTP_HEADER_MAX - p->size_header, n;

	if (p->line.state == HTTP_LINE_DONE && room > 0) {
		go_on_or_take(p, data[0]);
		if (p->phase == HTTP_PHASE_BAD)
			return 0;
	}
	n = http_line_feed(&p->line, data, MIN(MIN(len, room), LINE_TOO_LONG - p->line.total));
	p->size_header += n;
	check_line(p, room - n);
	return n;
}

static bool reads_header(enum http_phase phase)
{
	return phase == HTTP_PHASE_STATUS_LINE || phase == HTTP_PHASE_FIELDS ||
	       phase == HTTP_PHASE_TRAILERS;
}

size_t http_parser_feed(struct http_parser *p, const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t used = 0;

	while (used < len && p->phase < HTTP_PHASE_DONE) {
		if (reads_header(p->phase))
			used += feed_header(p, at + used, len - used);
		else
			used += http_body_feed(p, at + used, len - used);
	}
	return used;
}

void http_parser_close(struct http_parser *p)
{
	switch (p->phase) {
	case HTTP_PHASE_STATUS_LINE:
		http_parser_fail(p, STATUS_EMPTY_REPLY,
				 p->line.total == 0 ? "the server closed without an answer"
						    : "the server closed inside the status line");
		break;
	case HTTP_PHASE_FIELDS:
		http_parser_fail(p, STATUS_PARTIAL_BODY, "the server closed inside the header");
		break;
	case HTTP_PHASE_BODY_UNTIL_CLOSE:
		p->phase = HTTP_PHASE_DONE; /* RFC 9112 6.3, rule 8 */
		break;
	case HTTP_PHASE_BODY_LENGTH:
		http_parser_fail(p, STATUS_PARTIAL_BODY, "the body is shorter than its Content-Length");
		break;
	case HTTP_PHASE_CHUNK_SIZE:
	case HTTP_PHASE_CHUNK_DATA:
	case HTTP_PHASE_CHUNK_END:
	case HTTP_PHASE_TRAILERS:
		/* RFC 9112 8: a chunked body without its last chunk is incomplete. */
		http_parser_fail(p, STATUS_PARTIAL_BODY, "the body ended before its last chunk");
		break;
	case HTTP_PHASE_DONE:
	case HTTP_PHASE_BAD:
		break;
	}
}
