/* SPDX-License-Identifier: MIT */
/* The answers of tests/lib/http_answers.def, given to the client: the status of each, and whether the
 * connection that it came over is used again. */
#include "app/http/response_parse.h"
#include "tests/runner/unit.h"
#include "tests/unit/http_kit.h"

enum end { CLOSE, RESET, SILENT };
enum afterwards { KEPT, DROPPED, ANY };

struct hostile_answer {
	const char *name, *asked, *bytes;
	size_t len;
	enum end end;
	enum status status;
	enum afterwards connection;
};

static const struct hostile_answer answers[] = {
#define ANSWER(name, asked, bytes, end, ours, curl, connection, note) \
	{name, asked, bytes, sizeof(bytes) - 1, end, (enum status)(ours), connection},
#include "tests/lib/http_answers.def"
#undef ANSWER
};

FIXTURE(fresh, NULL);

#define A "url=http://10.0.0.1/a "

static char data[512 * 1024];

/* {x*9} is nine times x. */
static size_t expand(const struct hostile_answer *answer)
{
	size_t len = 0;

	for (size_t i = 0; i < answer->len; i++) {
		const char *at = answer->bytes + i;
		char *end;
		size_t n;

		if (at[0] != '{' || at[1] == '\0' || at[2] != '*') {
			data[len++] = *at;
			continue;
		}
		n = strtoul(at + 3, &end, 10);
		assert_true(*end == '}' && len + n < sizeof(data));
		memset(data + len, at[1], n);
		len += n;
		i = (size_t)(end - answer->bytes);
	}
	return len;
}

static bool is_asked(const struct hostile_answer *answer, const char *word)
{
	return strstr(answer->asked, word) != NULL;
}

/* What follows an answer comes when nobody waits for the rest of it any more. */
static enum status give(const struct hostile_answer *answer, bool once_more)
{
	struct fake_arrival arrivals[4];
	size_t n = 0;
	char config[200] = A;

	fresh();
	if (is_asked(answer, "second"))
		arrivals[n++] = (struct fake_arrival)OK_AT(1);
	arrivals[n++] = (struct fake_arrival){.at_ns = 2 * NS_PER_MS, .bytes = data, .len = expand(answer)};
	if (arrivals[n - 1].len == 0)
		n--;
	if (answer->end != SILENT)
		arrivals[n++] = (struct fake_arrival){.at_ns = 2 * NS_PER_MS,
						      .err = answer->end == RESET ? ERR_CONNRESET : 0};
	if (is_asked(answer, "follow") || once_more)
		arrivals[n++] = (struct fake_arrival)AT(2000, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	strcat(config, is_asked(answer, "second") || once_more ? A : "");
	strcat(config, is_asked(answer, "follow") ? "follow=3 " : "");
	strcat(config, is_asked(answer, "max") ? "max-body=5 " : "");
	strcat(config, is_asked(answer, "head") ? "method=HEAD " : "");
	return run(config, arrivals, n);
}

TEST(every_answer_ends_with_its_status)
{
	unsigned wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		enum status status = give(&answers[i], false);

		if (status == answers[i].status)
			continue;
		wrong++;
		print_error("%s: %d, not %d\n%s\n", answers[i].name, status, answers[i].status, lines);
	}
	assert_int_equal(wrong, 0);
}

TEST(what_is_strange_is_the_last_on_its_connection)
{
	unsigned wrong = 0, kept = 0, dropped = 0;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		bool is_kept = answers[i].connection == KEPT;

		if (answers[i].connection == ANY)
			continue;
		assert_int_equal(give(&answers[i], true), answers[i].status);
		assert_int_equal(count_events(EVENT_TRANSFER), 2);
		if ((fake.sockets == 1) != is_kept) {
			wrong++;
			print_error("%s: %u connections\n%s\n", answers[i].name, fake.sockets, lines);
		}
		kept += is_kept;
		dropped += !is_kept;
	}
	assert_int_equal(wrong, 0);
	assert_true(kept > 30 && dropped > 30);
}

/* --- in pieces -------------------------------------------------------------------------------------- */

#define SPLIT_MAX 2000u

static struct http_parser parse_in_two(const struct hostile_answer *answer, size_t len, size_t at)
{
	static struct http_parser p;
	size_t used;

	http_parser_init(&p);
	p.no_body = is_asked(answer, "head");
	p.spoke_http = is_asked(answer, "second");
	p.body_max = is_asked(answer, "max") ? 5 : HTTP_LENGTH_MAX;
	used = http_parser_feed(&p, data, at);
	if (used == at)
		(void)http_parser_feed(&p, data + at, len - at);
	if (answer->end == CLOSE)
		http_parser_close(&p);
	return p;
}

/* But for how much was read of what is bad, and shown of its line. */
static void must_be_alike(const struct http_parser *a, const struct http_parser *b)
{
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->status, b->status);
	assert_true(a->problem == b->problem && a->odd == b->odd);
	assert_int_equal(a->header_complete, b->header_complete);
	assert_int_equal(a->code, b->code);
	assert_int_equal(a->framing, b->framing);
	assert_int_equal(a->num_headers, b->num_headers);
	assert_true(a->size_header == b->size_header || a->phase == HTTP_PHASE_BAD);
	assert_int_equal(a->size_download, b->size_download);
	assert_int_equal(crc32_value(&a->crc), crc32_value(&b->crc));
	assert_true(a->reason.len == b->reason.len && a->location_len == b->location_len);
	assert_memory_equal(a->location, b->location, a->location_len);
}

/* What becomes of an answer does not depend on where the network has cut it. */
TEST(every_answer_truncated_anywhere)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		size_t len = expand(&answers[i]);
		struct http_parser whole = parse_in_two(&answers[i], len, len);

		for (size_t at = 0; at < len && len <= SPLIT_MAX; at++) {
			struct http_parser p = parse_in_two(&answers[i], len, at);

			must_be_alike(&p, &whole);
		}
	}
}

/* --- how long a body that decides nothing is waited for ------------------------------------------- */

#define B "url=http://10.0.0.1/b "
#define ELSEWHERE "url=http://10.0.0.2/b "
#define GONE_LENGTH(n) "HTTP/1.1 404 x\r\nContent-Length: " n "\r\n\r\n"
#define MOVED_TO(url) "HTTP/1.1 302 x\r\nLocation: " url "\r\nContent-Length: 9\r\n\r\nhi"

/* Nobody needs the connection: not a moment. */
TEST(a_verdict_waits_for_nothing)
{
	static const char *const configs[] = {A, A ELSEWHERE, A "expect.body=x ", A "retry=0 "};

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		fresh();
		assert_int_equal(RUN(configs[i], AT(2, GONE_LENGTH("9") "hi"), OK_AT(3)), STATUS_HTTP_STATUS);
		assert_true(fake.now_ns <= 3 * NS_PER_MS);
		must_report("http     body not read to its end, 2 bytes of it came\n");
		assert_int_equal(count_events(EVENT_HTTP_BODY_LEFT), 1);
	}
	fresh();
	assert_int_equal(RUN(A "follow=1", AT(2, MOVED_TO("http://10.0.0.2/")), OK_AT(3)), STATUS_OK);
	assert_int_equal(fake.now_ns, 3 * NS_PER_MS);
	fresh();
	assert_int_equal(RUN(A "follow=1", AT(2, MOVED_TO("https://10.0.0.1/"))), STATUS_UNSUPPORTED_PROTOCOL);
	assert_int_equal(fake.now_ns, 2 * NS_PER_MS);
}

/* For the next request's sake: a second, however it passes. */
TEST(a_connection_is_worth_a_second)
{
	assert_int_equal(RUN(A B, AT(2, GONE_LENGTH("9") "hi"), AT(900, "there"), AT(1001, "it"), OK_AT(1003)),
			 STATUS_HTTP_STATUS);
	assert_int_equal(fake.sockets, 1);
	fresh();
	assert_int_equal(RUN(A B, AT(2, GONE_LENGTH("9") "hi"), AT(900, "there"), OK_AT(1003)),
			 STATUS_HTTP_STATUS);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(fake.made_ns, 1002 * NS_PER_MS);
	must_report("body not read to its end, 7 bytes of it came: timed out\n");
	fresh();
	assert_int_equal(RUN(A "follow=1", AT(2, MOVED_TO("/b")), AT(500, "7654321"), OK_AT(501)), STATUS_OK);
	assert_int_equal(fake.sockets, 1);
	fresh();
	assert_int_equal(RUN(A "follow=1", AT(2, MOVED_TO("/b")), OK_AT(1500)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(fake.made_ns, 1002 * NS_PER_MS);
}

/* ... and 64 KiB: of a length that says more nothing is read, of chunks not much more. */
TEST(a_connection_is_worth_64_kib)
{
	static char body[4 * 65536];
	static const char chunk[] = "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n30000\r\n";
	struct fake_arrival arrivals[3] = {AT(2, GONE_LENGTH("65536")), AT(3, ""), OK_AT(4)};

	arrivals[1].bytes = body;
	arrivals[1].len = 65536;
	assert_int_equal(run(A B, arrivals, 3), STATUS_HTTP_STATUS);
	assert_int_equal(fake.sockets, 1);
	fresh();
	assert_int_equal(RUN(A B, AT(2, GONE_LENGTH("65537")), OK_AT(3)), STATUS_HTTP_STATUS);
	assert_int_equal(fake.sockets, 2);
	fresh();
	arrivals[0] = (struct fake_arrival){.at_ns = 2 * NS_PER_MS, .bytes = chunk, .len = sizeof(chunk) - 1};
	arrivals[1].len = 2 * 65536;
	assert_int_equal(run(A B, arrivals, 3), STATUS_HTTP_STATUS);
	must_report("body not read to its end, 65536 bytes of it came\n");
	assert_int_equal(fake.sockets, 2);
}

/* show=body: as long as there is something to show. */
TEST(what_is_shown_is_waited_for)
{
	assert_int_equal(RUN(A "show=body", AT(2, "HTTP/1.1 404 x\r\n\r\none\n"), AT(900, "two\n"),
			     AT(1800, "three\n")), STATUS_HTTP_STATUS);
	must_report("data three\n");
	assert_int_equal(fake.now_ns, 2800 * NS_PER_MS); /* a second of silence is its end */
	fresh();
	assert_int_equal(RUN(A "show=body", AT(2, GONE_LENGTH("9") "short"), EOF_AT(3)), STATUS_HTTP_STATUS);
	must_report("data short\n");
	must_have(result_line, "\"size_download\":5,");
	must_report("body not read to its end, 5 bytes of it came: the body is shorter than its Content-Length\n");
	assert_int_equal(fake.now_ns, 3 * NS_PER_MS);
}

/* RFC 9112 5.2: a space stands where the fold was, and what is around it is one value. */
TEST(a_fold_is_a_space)
{
	assert_int_equal(RUN(A "show=headers", AT(2, "HTTP/1.1 200 OK\r\nX: a  \r\n \t b\r\n\tc\r\n \r\nY: d\r\n"
						     "Content-Length: 0\r\n\r\n")), STATUS_OK);
	must_report("header X: a b c\n");
	must_report("header Y: d\n");
}
