/* SPDX-License-Identifier: MIT */
/* Reading answers along; see app/probe/reader.h. */
#include "app/probe/reader.h"

static struct probe_reader *of(struct http_reader *reader)
{
	return CONTAINER_OF(reader, struct probe_reader, reader);
}

static void reader_field(struct http_listener *listener, const char *name, size_t name_len,
			 const char *value, size_t len)
{
	struct probe_reader *r = of(CONTAINER_OF(listener, struct http_reader, listener));

	if (r->settings->show_headers)
		show_field(&r->show, name, name_len, value, len);
}

static void reader_body(struct http_listener *listener, const uint8_t *data, size_t len)
{
	struct probe_reader *r = of(CONTAINER_OF(listener, struct http_reader, listener));

	expect_body_take(&r->expect, data, len);
	if (r->settings->show_body)
		show_body(&r->show, data, len);
}

static void reader_begin(struct http_reader *reader, uint32_t conn)
{
	struct probe_reader *r = of(reader);

	r->show.conn = conn;
	expect_body_begin(&r->expect, &r->settings->expect);
}

static void reader_end(struct http_reader *reader)
{
	struct probe_reader *r = of(reader);

	if (r->settings->show_body)
		show_body_end(&r->show);
	expect_body_end(&r->expect);
}

static bool reader_wants_rest(const struct http_reader *reader)
{
	const struct probe_reader *r = CONTAINER_OF(reader, const struct probe_reader, reader);

	return r->settings->show_body && !r->show.cut;
}

void probe_reader_begin(struct probe_reader *r, const struct probe_settings *settings,
			struct event_sink *events)
{
	r->reader = (struct http_reader){
		.listener = {.field = reader_field, .body = reader_body},
		.begin = reader_begin,
		.end = reader_end,
		.wants_rest = reader_wants_rest,
		.sha256 = settings->expect.has_sha256 ? r->expect.digest : NULL,
	};
	r->settings = settings;
	show_begin(&r->show, events);
}

bool probe_judge_status(const struct probe_reader *r, struct transfer *t, unsigned code)
{
	const struct http_expect *expect = &r->settings->expect;
	struct strbuf sb;

	if (expect_allows_status(expect, code))
		return true;
	sb = transfer_fail(t, STATUS_HTTP_STATUS, "the server answered ");
	strbuf_u64(&sb, code);
	strbuf_str(&sb, ", not ");
	strbuf_str(&sb, expect_status_words(expect));
	return false;
}

void probe_judge_body(const struct probe_reader *r, struct transfer *t)
{
	const char *problem = expect_body_problem(&r->expect);

	if (problem != NULL)
		transfer_fail(t, STATUS_EXPECT_FAILED, problem);
}
