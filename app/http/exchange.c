/*
 * SPDX-License-Identifier: MIT
 *
 * Sends a request and receives its answer; see app/http/exchange.h.  A sentence about time says
 * what was waited for.
 */
#include "app/http/exchange.h"

#include "base/string.h"

#define BAD_TEXT_SHOWN 80u
/* What is cheap to read for a connection's sake: a new one costs a round trip or two. */
#define LEFT_BODY_MAX (64u * 1024)
#define LEFT_BODY_NS NS_PER_S

static void exchange_begin(struct http_exchange *x, struct transfer *t, const struct http_request *rq,
			   struct http_reader *reader)
{
	x->t = t;
	x->request = rq;
	x->reader = reader;
	x->received = 0;
	x->announced = x->peer_closed = x->unasked = false;
	http_parser_init(&x->parser);
	x->parser.body_max = rq->body_max;
	x->parser.no_body = rq->method == HTTP_HEAD;
	x->parser.spoke_http = t->reused;
	x->parser.listener = &reader->listener;
	reader->begin(reader, t->conn);
}

/* --- send ----------------------------------------------------------------------------------------- */

static void announce_request(struct http_exchange *x)
{
	struct strbuf sb = strbuf_on(x->target, sizeof(x->target));

	request_put_target(&sb, x->request->url);
	event_emit(x->t->events, EVENT_HTTP_REQUEST, x->t->conn, 0,
		   EV_STR("method", http_method_name(x->request->method)),
		   EV_TEXT("target", x->target, strbuf_stored(&sb)),
		   EV_U64("size_request", x->t->report.size_request));
}

static bool is_reset(int err)
{
	return err == ERR_CONNRESET || err == ERR_PIPE || err == ERR_CONNABORTED;
}

static const char reset_at_once[] = "the server reset the connection without an answer";
static const char taking_the_request[] = "waiting for the server to take the request";

static void describe_send(const void *ctx, struct progress_line *line)
{
	const struct http_exchange *x = ctx;

	line->what = taking_the_request;
	line->conn = x->t->conn;
	line->has_bytes = line->has_of = true;
	line->bytes = x->sent;
	line->of = x->request_len;
}

static void explain_send_error(struct transfer *t, int err)
{
	struct strbuf sb;

	if (err == ERR_TIMEDOUT) {
		sb = transfer_fail_timed_out(t);
		strbuf_str(&sb, taking_the_request);
		connection_explain_awaited(t, &sb);
	} else if (is_reset(err)) {
		transfer_fail(t, STATUS_RECEIVE_FAILED, reset_at_once);
	} else {
		sb = transfer_fail(t, STATUS_SEND_FAILED, "could not send the request: ");
		strbuf_str(&sb, err_text(err));
		connection_explain_awaited(t, &sb);
	}
}

/* As curl counts: size_request is all of it. */
static void count_sent(struct http_exchange *x)
{
	size_t head_len = x->request_len - request_body_len(x->request);

	x->t->report.size_request = x->sent;
	x->t->report.size_upload = x->sent > head_len ? x->sent - head_len : 0;
}

static bool send_request(struct http_exchange *x)
{
	struct strbuf sb = strbuf_on(x->request_text, sizeof(x->request_text));
	struct transfer *t = x->t;
	int err;

	request_put(&sb, x->request);
	t->report.time_pretransfer_ns = transfer_elapsed(t);
	x->sent = 0;
	x->request_len = strbuf_stored(&sb);
	transfer_begin_wait(t, describe_send, x, t->deadline_ns);
	err = connection_send(t, x->request_text, x->request_len, &x->sent);
	transfer_end_wait(t);
	count_sent(x);
	if (err != ERR_OK) {
		explain_send_error(t, err);
		return false;
	}
	announce_request(x);
	return true;
}

/* --- receive -------------------------------------------------------------------------------------- */

static void announce_response(struct http_exchange *x)
{
	const struct http_parser *p = &x->parser;
	bool has_length = p->framing == HTTP_FRAMING_LENGTH;

	event_emit(x->t->events, EVENT_HTTP_RESPONSE, x->t->conn, 0, EV_U64("http_code", p->code),
		   EV_IF(p->reason.len > 0, EV_TEXT("reason", p->reason.at, p->reason.len)),
		   EV_U64("size_header", p->size_header),
		   EV_STR("framing", http_framing_name(p->framing)),
		   EV_IF(has_length, EV_U64("content_length", p->length)),
		   EV_IF(p->type.len > 0, EV_TEXT("content_type", p->type.at, p->type.len)));
	x->announced = true;
}

static void announce_body(struct http_exchange *x)
{
	const uint8_t *sha256 = x->reader->sha256;
	char digits[9];
	struct strbuf sb = strbuf_on(digits, sizeof(digits));

	strbuf_hex(&sb, crc32_value(&x->parser.crc), 8);
	event_emit(x->t->events, EVENT_HTTP_BODY, x->t->conn, 0,
		   EV_U64("size_download", x->parser.size_download), EV_STR("crc32", digits),
		   EV_IF(sha256 != NULL, EV_HEX("sha256", sha256, 32)));
}

/* " (5 of 9 bytes)", or " (5 bytes)" where the length is unknown. */
static void append_progress(struct strbuf *sb, const struct http_parser *p)
{
	strbuf_str(sb, " (");
	strbuf_u64(sb, p->size_download);
	if (p->framing == HTTP_FRAMING_LENGTH) {
		strbuf_str(sb, " of ");
		strbuf_u64(sb, p->length);
	}
	strbuf_str(sb, " bytes)");
}

static const char *awaited(const struct http_exchange *x)
{
	if (x->received == 0)
		return "waiting for the first byte of the answer";
	if (!x->parser.header_complete)
		return "waiting for the rest of the header";
	return "waiting for the rest of the body";
}

static void describe_receive(const void *ctx, struct progress_line *line)
{
	const struct http_exchange *x = ctx;

	line->what = awaited(x);
	line->conn = x->t->conn;
	line->has_bytes = x->parser.header_complete;
	line->bytes = x->parser.size_download;
	line->has_of = line->has_bytes && x->parser.framing == HTTP_FRAMING_LENGTH;
	line->of = x->parser.length;
}

static void explain_receive_timeout(struct http_exchange *x)
{
	struct strbuf sb = transfer_fail_timed_out(x->t);

	strbuf_str(&sb, awaited(x));
	if (x->parser.header_complete)
		append_progress(&sb, &x->parser);
	connection_explain_awaited(x->t, &sb);
}

static void explain_receive_error(struct http_exchange *x, int err)
{
	struct strbuf sb;

	if (err == ERR_TIMEDOUT) {
		explain_receive_timeout(x);
	} else if (is_reset(err) && x->received == 0) {
		transfer_fail(x->t, STATUS_RECEIVE_FAILED, reset_at_once);
	} else if (is_reset(err)) {
		sb = transfer_fail(x->t, STATUS_RECEIVE_FAILED, "the server reset the connection");
		append_progress(&sb, &x->parser);
	} else {
		sb = transfer_fail(x->t, STATUS_RECEIVE_FAILED, "could not receive: ");
		strbuf_str(&sb, err_text(err));
		connection_explain_awaited(x->t, &sb);
	}
}

static void explain_bad_answer(struct http_exchange *x)
{
	const struct http_parser *p = &x->parser;
	size_t shown = MIN(p->line.len, BAD_TEXT_SHOWN);
	struct strbuf sb = transfer_fail(x->t, p->status, p->problem);

	if (p->status == STATUS_PARTIAL_BODY)
		append_progress(&sb, p);
	event_emit(x->t->events, EVENT_HTTP_BAD, x->t->conn, 0, EV_STR("problem", p->problem),
		   EV_IF(shown > 0, EV_TEXT("text", p->line.text, shown)));
}

/* One piece of the stream into the parser; below 0: an error instead. */
static int receive_piece(struct http_exchange *x, uint64_t deadline_ns)
{
	struct transfer *t = x->t;
	int n = connection_receive(t, x->buf, sizeof(x->buf), deadline_ns);

	if (n < 0)
		return n;
	if (n == 0) {
		x->peer_closed = true;
		http_parser_close(&x->parser);
		return 0;
	}
	if (x->received == 0)
		t->report.time_starttransfer_ns = transfer_elapsed(t);
	x->received += (uint64_t)n;
	x->unasked = http_parser_feed(&x->parser, x->buf, (size_t)n) < (size_t)n;
	if (x->parser.header_complete && !x->announced)
		announce_response(x);
	return n;
}

static void adopt_answer(struct http_exchange *x)
{
	struct report *report = &x->t->report;
	const struct http_parser *p = &x->parser;

	report->http_code = p->code;
	report->version_minor = p->minor;
	report->num_headers = p->num_headers;
	report->has_content_length = p->has_length && !p->chunked; /* RFC 9112 6.3 */
	report->content_length = p->length;
	report->has_last_modified = p->has_last_modified;
	report->last_modified_s = p->last_modified_s;
	report->size_header = p->size_header;
	report->size_download = p->size_download;
	memcpy(x->t->content_type, p->type.at, p->type.len);
	report->content_type = (struct event_bytes){x->t->content_type, p->type.len};
	x->t->retry_after_s = p->retry_after_s;
}

/* No more of it is received. */
static void end_receiving(struct http_exchange *x)
{
	transfer_end_wait(x->t);
	adopt_answer(x);
	x->reader->end(x->reader);
}

/* Pieces until `is_enough`; false: an error or an answer that cannot be read, and it is said which. */
static bool receive(struct http_exchange *x, bool (*is_enough)(const struct http_parser *p))
{
	int err = ERR_OK;

	while (err >= 0 && !is_enough(&x->parser) && x->parser.phase < HTTP_PHASE_DONE)
		err = receive_piece(x, x->t->deadline_ns);
	if (err < 0) {
		explain_receive_error(x, err);
		return false;
	}
	if (!is_enough(&x->parser)) {
		explain_bad_answer(x);
		return false;
	}
	return true;
}

static bool has_header(const struct http_parser *p)
{
	return p->header_complete;
}

static bool is_whole(const struct http_parser *p)
{
	return p->phase == HTTP_PHASE_DONE;
}

/* The wait goes on with the body. */
static bool receive_header(struct http_exchange *x)
{
	transfer_begin_wait(x->t, describe_receive, x, x->t->deadline_ns);
	if (receive(x, has_header))
		return true;
	end_receiving(x);
	return false;
}

/* --- a body that decides nothing ------------------------------------------------------------------- */

/* RFC 9112 9.3: persistent unless HTTP/1.0, a `close`, or a body that only the end can end; nor where
 * anything is strange about the answer. */
static bool answer_may_keep(const struct http_exchange *x)
{
	const struct http_parser *p = &x->parser;

	return !x->peer_closed && !x->unasked && !x->request->last && p->minor > 0 &&
	       !p->connection_close && !p->odd && p->framing != HTTP_FRAMING_CLOSE &&
	       !(p->chunked && p->has_length); /* RFC 9112 6.1: it is to be closed */
}

/* How far to read: `bytes` of body, until `deadline_ns`, or until `silence_ns` without any. */
struct rest_limits {
	uint64_t bytes, deadline_ns, silence_ns;
};

static struct rest_limits rest_limits_of(const struct http_exchange *x, bool wanted)
{
	const struct http_parser *p = &x->parser;
	uint64_t now_ns = transfer_now(x->t), until_ns = now_ns + LEFT_BODY_NS;
	bool is_cheap = p->framing != HTTP_FRAMING_LENGTH || p->length <= LEFT_BODY_MAX;

	if (x->reader->wants_rest(x->reader))
		return (struct rest_limits){UINT64_MAX, x->t->deadline_ns, LEFT_BODY_NS};
	if (wanted && is_cheap && answer_may_keep(x))
		return (struct rest_limits){LEFT_BODY_MAX, MIN(until_ns, x->t->deadline_ns), LEFT_BODY_NS};
	return (struct rest_limits){0, now_ns, 0};
}

static int read_left_body(struct http_exchange *x, const struct rest_limits *rest_limits)
{
	const struct http_parser *p = &x->parser;
	int err = ERR_OK;

	while (err >= 0 && p->phase < HTTP_PHASE_DONE && p->size_download < rest_limits->bytes &&
	       !(rest_limits->bytes == UINT64_MAX && !x->reader->wants_rest(x->reader))) {
		uint64_t silent_ns = transfer_now(x->t) + rest_limits->silence_ns;

		err = receive_piece(x, MIN(silent_ns, rest_limits->deadline_ns));
	}
	return MIN(err, ERR_OK);
}

static void announce_left_body(struct http_exchange *x, int err)
{
	const struct http_parser *p = &x->parser;
	const char *problem = p->phase == HTTP_PHASE_BAD ? p->problem : err != ERR_OK ? err_text(err) : NULL;

	event_emit(x->t->events, EVENT_HTTP_BODY_LEFT, x->t->conn, 0,
		   EV_U64("size_download", p->size_download),
		   EV_IF(problem != NULL, EV_STR("problem", problem)));
}

/* --- the exchange --------------------------------------------------------------------------------- */

/* RFC 9112 9.3.1: a server may close a connection at any time, also while a request is on its way;
 * what it has not answered with a single byte it is asked again, over a new one. */
static bool was_lost_while_kept(const struct http_exchange *x)
{
	const struct transfer *t = x->t;

	switch (t->report.exitcode) {
	case STATUS_EMPTY_REPLY:
	case STATUS_SEND_FAILED:
	case STATUS_RECEIVE_FAILED: return t->reused && x->received == 0;
	default: return false;
	}
}

static struct http_answer answer_of(const struct http_exchange *x)
{
	bool is_done = x->parser.phase == HTTP_PHASE_DONE;

	return (struct http_answer){
		.parser = &x->parser,
		.may_keep = is_done && answer_may_keep(x),
		.in_order = x->peer_closed || is_done,
	};
}

bool http_exchange(struct http_exchange *x, struct transfer *t, const struct http_request *rq,
		   struct http_reader *reader, struct http_answer *answer)
{
	bool good;

	for (;;) {
		good = connection_open(t, rq->url->host, rq->url->port);
		exchange_begin(x, t, rq, reader);
		good = good && send_request(x) && receive_header(x);
		if (good || !was_lost_while_kept(x))
			break;
		event_emit(t->events, EVENT_HTTP_KEPT_LOST, t->conn, 0,
			   EV_ENDPOINT("dst", t->report.remote));
		connection_abort(t);
		transfer_clear_failure(t);
	}
	*answer = answer_of(x);
	return good;
}

bool http_consume_body(struct http_exchange *x, struct http_answer *answer)
{
	bool good = receive(x, is_whole);

	end_receiving(x);
	*answer = answer_of(x);
	if (!good)
		return false;
	announce_body(x);
	if (!http_parser_is_length_refused(&x->parser)) /* as curl -I --max-filesize */
		return true;
	transfer_fail(x->t, STATUS_BODY_TOO_LARGE, "the body would be larger than max-body= allows");
	return false;
}

void http_leave_body(struct http_exchange *x, struct http_answer *answer, bool wanted)
{
	const struct rest_limits rest_limits = rest_limits_of(x, wanted);
	int err = read_left_body(x, &rest_limits);

	end_receiving(x);
	*answer = answer_of(x);
	if (is_whole(&x->parser))
		announce_body(x);
	else
		announce_left_body(x, err);
}
