/* SPDX-License-Identifier: MIT */
/* The parser of requests: what is a request, what is none, where each ends, in pieces of any size. */

#include <stdio.h>
#include <string.h>

#include "app/http/request_parse.h"
#include "tests/runner/unit.h"

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST

static struct request r;

static size_t feed(const char *text, size_t len, size_t piece)
{
	size_t used = 0;

	request_begin(&r);
	while (used < len && r.phase < REQUEST_DONE)
		used += request_feed(&r, text + used, MIN(piece, len - used));
	return used;
}

/* --- requests ------------------------------------------------------------------------------------ */

static const struct good {
	const char *text;
	const char *path;
	enum request_method method;
	bool last;
	size_t body;
} good[] = {
	{GET "\r\n", "/", REQUEST_GET, false, 0},
	{"HEAD /metrics HTTP/1.1\r\n" HOST "\r\n", "/metrics", REQUEST_HEAD, false, 0},
	{"\r\n\r\n" GET "\r\n", "/", REQUEST_GET, false, 0}, /* empty lines before */
	{"GET / HTTP/1.1\nHost: a\n\n", "/", REQUEST_GET, false, 0}, /* lone LF */
	{"GET /a?b=/c HTTP/1.1\r\n" HOST "\r\n", "/a", REQUEST_GET, false, 0},
	{"GET http://a.b:80/x?y HTTP/1.1\r\n" HOST "\r\n", "/x", REQUEST_GET, false, 0},
	{"GET HTTP://a HTTP/1.1\r\n" HOST "\r\n", "/", REQUEST_GET, false, 0},
	{"GET http://[::1]:80?y HTTP/1.1\r\n" HOST "\r\n", "/", REQUEST_GET, false, 0},
	{"GET / HTTP/1.0\r\n\r\n", "/", REQUEST_GET, true, 0},
	{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "/", REQUEST_GET, false, 0},
	{"GET / HTTP/1.9\r\n" HOST "\r\n", "/", REQUEST_GET, false, 0},
	{GET "connection: a , CLOSE\r\n\r\n", "/", REQUEST_GET, true, 0},
	{GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", "/", REQUEST_GET, true, 0},
	{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "/", REQUEST_GET, false, 0},
	{"GET / HTTP/1.1\r\nHost: \t a-b.c:8080 \t\r\n\r\n", "/", REQUEST_GET, false, 0},
	{GET "Content-Length: 3\r\n\r\nabc", "/", REQUEST_GET, false, 3},
	{GET "Content-Length: 000\r\n\r\n", "/", REQUEST_GET, false, 0},
	{GET "Content-Length: 65536\r\n\r\n", "/", REQUEST_GET, false, 65536},
	{"POST /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n.", "/x", REQUEST_KNOWN, false, 1},
	{"get / HTTP/1.1\r\n" HOST "\r\n", "/", REQUEST_UNKNOWN, false, 0},
	{"BREW / HTTP/1.1\r\n" HOST "\r\n", "/", REQUEST_UNKNOWN, false, 0},
	{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "", REQUEST_KNOWN, false, 0},
	{"CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "", REQUEST_KNOWN, false, 0},
	{GET "X: \x80\xff\x01\r\n\r\n", "/", REQUEST_GET, false, 0}, /* obs-text is nobody's affair */
	/* The body of what is refused anyway is not waited for. */
	{"PUT / HTTP/1.1\r\n" HOST "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n", "/",
	 REQUEST_KNOWN, true, 0},
	{"GET / HTTP/1.0\r\nExpect: nonsense\r\n\r\n", "/", REQUEST_GET, true, 0},
};

static const size_t pieces[] = {SIZE_MAX, 1, 2, 7};

TEST(requests_in_pieces)
{
	static char text[70000];

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const struct good *g = &good[i];
		size_t head = strlen(g->text), len = head + (g->body > 99 ? g->body : 0);

		memset(text, 'b', sizeof(text));
		memcpy(text, g->text, head);
		strcpy(text + len, "GET /next"); /* which is left alone */
		for (size_t n = 0; n < ARRAY_LEN(pieces); n++) {
			size_t used = feed(text, len + 9, pieces[n]);

			if (r.phase != REQUEST_DONE || used != len)
				fail_msg("row %zu: phase %d after %zu of %zu (%s)", i, r.phase, used,
					 len, r.phase == REQUEST_BAD ? r.problem : "");
			assert_int_equal(r.method, g->method);
			assert_int_equal(r.last, g->last);
			assert_int_equal(r.size_body, g->body);
			assert_int_equal(r.size_header + r.size_body, used);
			assert_int_equal(r.path_len, strlen(g->path));
			assert_memory_equal(r.path, g->path, r.path_len);
		}
	}
}

/* --- none ---------------------------------------------------------------------------------------- */

static const struct bad {
	const char *text;
	unsigned code;
} bad[] = {
	/* the request line */
	{"GET /\r\n", 400},                         /* HTTP/0.9 */
	{"GET  / HTTP/1.1\r\n", 400},
	{"GET / HTTP/1.1 \r\n", 400},
	{"GET / x HTTP/1.1\r\n", 400},
	{"GET / HTTP/11\r\n", 400},
	{"GET / http/1.1\r\n", 400},
	{"GET / HTTP/1.1\r", 0},                    /* not yet */
	{"GET / HTTP/1.1\r\r\n", 400},
	{"PRI * HTTP/2.0\r\n", 505},
	{"GET / HTTP/0.9\r\n", 505},
	{" GET / HTTP/1.1\r\n", 400},
	{"\x16\x03\x01", 400},                      /* a TLS ClientHello */
	{"\r\n\x7f", 400},
	{"G\x7fT / HTTP/1.1\r\n", 400},
	{"G(T / HTTP/1.1\r\n", 400},
	{"GET /\x01 HTTP/1.1\r\n", 400},
	{"GET /\xc3\xa4 HTTP/1.1\r\n", 400},
	{"GET /#x HTTP/1.1\r\n", 400},
	{"GET * HTTP/1.1\r\n", 400},
	{"GET x HTTP/1.1\r\n", 400},
	{"GET a:80 HTTP/1.1\r\n", 400},
	{"GET https://a/ HTTP/1.1\r\n", 400},
	{"GET http:///x HTTP/1.1\r\n", 400},
	{"GET http://u@a/ HTTP/1.1\r\n", 400},
	/* fields */
	{"GET / HTTP/1.1\r\n\r\n", 400},            /* no Host */
	{GET "Host: a\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a b\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a/b\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: u@a\r\n", 400},
	{GET " folded\r\n", 400},
	{GET "no colon\r\n", 400},
	{GET ": x\r\n", 400},
	{GET "Content-Length : 5\r\n", 400},        /* smuggling: blank before the colon */
	{GET "Na\x01me: x\r\n", 400},
	{GET "X: a\rb\r\n", 400},
	/* where the request ends */
	{GET "Content-Length: 3\r\nContent-Length: 3\r\n", 400},
	{GET "Content-Length: 3, 3\r\n\r\n", 400},
	{GET "Content-Length: +3\r\n", 400},
	{GET "Content-Length: -1\r\n", 400},
	{GET "Content-Length: 0x3\r\n", 400},
	{GET "Content-Length: 3 4\r\n", 400},
	{GET "Content-Length:\r\n", 400},
	{GET "Content-Length: 18446744073709551617\r\n", 400},
	{GET "Content-Length: 9223372036854775807\r\n\r\n", 413},
	{GET "Content-Length: 65537\r\n\r\n", 413},
	{GET "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
	{GET "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{GET "Content-Length: 3\r\nTransfer-Encoding: xchunked\r\n\r\n", 400},
	{GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
	{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{GET "Transfer-Encoding: chunked\r\n\r\n", 411},
	{GET "Transfer-Encoding: \tChunked\r\n\r\n", 411},
	{GET "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{GET "Transfer-Encoding: \"chunked\"\r\n\r\n", 501},
	{GET "Transfer-Encoding:\r\n\r\n", 501},
	{GET "Expect: 200-ok\r\n\r\n", 417},
};

TEST(what_is_no_request)
{
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		for (size_t n = 0; n < ARRAY_LEN(pieces); n++) {
			(void)feed(bad[i].text, strlen(bad[i].text), pieces[n]);
			if (r.phase != (bad[i].code == 0 ? REQUEST_LINE : REQUEST_BAD) ||
			    r.code != bad[i].code)
				fail_msg("row %zu: phase %d, %u instead of %u", i, r.phase, r.code,
					 bad[i].code);
			assert_true(r.phase != REQUEST_BAD || (r.problem != NULL && r.last));
		}
	}
}

TEST(nul_is_in_no_header)
{
	static const char first[] = "\0", line[] = "GET /\0 HTTP/1.1\r\n", field[] = GET "X: \0\r\n";

	assert_int_equal(feed(first, sizeof(first) - 1, 1), 1);
	assert_int_equal(r.code, 400);
	assert_int_equal(feed(line, sizeof(line) - 1, 1), 6);
	assert_int_equal(r.code, 400);
	(void)feed(field, sizeof(field) - 1, SIZE_MAX);
	assert_int_equal(r.code, 400);
}

/* --- limits --------------------------------------------------------------------------------------- */

/* `text`, `n` times the byte, and the rest. */
static unsigned code_of(const char *text, size_t n, const char *rest)
{
	static char buf[40000];
	size_t len = strlen(text);
	unsigned first;

	memcpy(buf, text, len);
	memset(buf + len, 'a', n);
	strcpy(buf + len + n, rest);
	(void)feed(buf, strlen(buf), SIZE_MAX);
	first = r.code;
	(void)feed(buf, strlen(buf), 100);
	assert_int_equal(r.code, first);
	return r.code;
}

TEST(nothing_is_endless)
{
	assert_int_equal(code_of("GET /", HTTP_LINE_KEPT - 14, " HTTP/1.1\r\n" HOST "\r\n"), 0);
	assert_true(r.path_overlong);
	assert_int_equal(r.phase, REQUEST_DONE);
	assert_int_equal(code_of("GET /", HTTP_LINE_KEPT - 13, " HTTP/1.1\r\n" HOST "\r\n"), 414);
	assert_int_equal(code_of("GET /", 30000, ""), 414);
	assert_true(r.line.len <= HTTP_LINE_KEPT);
	assert_int_equal(code_of("", 30000, ""), 414);
	assert_int_equal(code_of("", 3000, "\r\r"), 414); /* whatever follows */
	assert_int_equal(code_of(GET "Cookie: ", 10000, "\r\n\r\n"), 0);
	assert_int_equal(code_of(GET "Cookie: ", REQUEST_HEADER_MAX, "\r\n\r\n"), 431);
	assert_int_equal(r.size_header, REQUEST_HEADER_MAX);
	assert_int_equal(code_of("GET / HTTP/1.1\r\nHost: ", 10000, "\r\n\r\n"), 431);
	assert_int_equal(code_of(GET "Transfer-Encoding: chunked, ", 10000, "\r\n\r\n"), 431);
	assert_int_equal(r.method_len, 3);
}

TEST(not_so_many_fields)
{
	char text[2000] = "GET / HTTP/1.1\r\n" HOST;

	for (unsigned i = 1; i < REQUEST_FIELDS_MAX; i++)
		strcat(text, "X: y\r\n");
	strcat(text, "\r\n");
	(void)feed(text, strlen(text), SIZE_MAX);
	assert_int_equal(r.phase, REQUEST_DONE);
	strcpy(text + strlen(text) - 2, "X: y\r\n\r\n");
	(void)feed(text, strlen(text), SIZE_MAX);
	assert_int_equal(r.code, 431);
}

/* The log shows the beginning of what is long. */
TEST(what_is_kept_of_it)
{
	assert_int_equal(code_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ /", 1000, " HTTP/1.1\r\n" HOST "\r\n"), 0);
	assert_int_equal(r.method, REQUEST_UNKNOWN);
	assert_int_equal(r.method_len, REQUEST_METHOD_KEPT);
	assert_memory_equal(r.method_text, "ABCDEFGHIJKLMNOP", REQUEST_METHOD_KEPT);
	assert_int_equal(r.target_len, REQUEST_TARGET_KEPT);
	assert_memory_equal(r.target, "/aaa", 4);
}

TEST(fresh_until_a_byte_has_come)
{
	request_begin(&r);
	assert_true(request_is_fresh(&r));
	assert_int_equal(request_feed(&r, "\r\n", 2), 2);
	assert_true(request_is_fresh(&r));
	assert_int_equal(request_feed(&r, "G", 1), 1);
	assert_false(request_is_fresh(&r));
}

TEST(who_waits_for_100_continue)
{
	static const char waits[] = GET "Content-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
	static const char without_a_body[] = GET "Expect: 100-continue\r\n\r\n";

	(void)feed(waits, sizeof(waits) - 1, SIZE_MAX);
	assert_int_equal(r.phase, REQUEST_BODY);
	assert_true(r.wants_continue);
	assert_int_equal(request_feed(&r, "ab", 2), 2);
	assert_int_equal(r.phase, REQUEST_DONE);
	assert_false(r.last);
	(void)feed(without_a_body, sizeof(without_a_body) - 1, SIZE_MAX);
	assert_int_equal(r.phase, REQUEST_DONE);
	assert_false(r.wants_continue);
}
