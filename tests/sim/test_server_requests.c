/*
 * SPDX-License-Identifier: MIT
 *
 * What a visitor of the server gets: pages, answers to what is no request, time-outs, and what happens to
 * those who are rude.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_server.h"

/* --- what is served --------------------------------------------------------------------------------- */

TEST(a_page_with_its_steps)
{
	struct visitor *v;

	scene_open("page");
	v = scene_visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/")}}};
	assert_int_equal(scene_serve("mode=server requests=1", 0), STATUS_OK);
	visitor_got(v, "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: dialtone/host\r\n"
	       "Content-Type: text/html; charset=utf-8\r\nContent-Length: ");
	visitor_got(v, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
		       "Content-Security-Policy: default-src 'none'; ");
	visitor_got(v, "; frame-ancestors 'none'\r\nX-Frame-Options: DENY\r\n");
	visitor_got(v, "Connection: close\r\n\r\n<!DOCTYPE html>");
	visitor_got(v, "<td>10.0.0.1:80</td>");
	assert_string_equal(v->got + v->got_len - 8, "</html>\n");
	visitor_last_is_whole(v);
	assert_int_equal(v->end, 0);
	for (enum event_id id = EVENT_SRV_FOUND; id <= EVENT_SRV_SYNACK_BUILT; id++)
		assert_int_equal(kit_event_count(&scene.host->kp, id), 1);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_SRV_SYNACK_SENT), 1);
	assert_string_equal(scene_said(EVENT_SRV_FOUND, "port"), "80");
	assert_string_equal(scene_said(EVENT_SRV_FOUND, "fd"), scene_said(EVENT_SRV_LISTENING, "fd"));
	assert_string_equal(scene_said(EVENT_HTTP_SERVED, "target"), "/");
	assert_string_equal(scene_said(EVENT_HTTP_SERVED, "http_code"), "200");
	assert_string_equal(scene_said(EVENT_RESULT, "requests"), "1");
	scene_close();
}

TEST(pages_and_their_absence)
{
	static const struct {
		const char *request, *first, *then;
	} rows[] = {
		{GET("/healthz?x=y"), "200 OK", "Content-Length: 3\r\n"},
		{GET("/metrics"), "200 OK", "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"},
		{GET("http://x/healthz"), "200 OK", "\r\n\r\nok\n"},
		{GET("/nope"), "404 Not Found", "404 Not Found: there is no such page\n"},
		{GET("/healthz/"), "404 Not Found", ""},
		{GET("/Healthz"), "404 Not Found", ""},
		{"HEAD /healthz HTTP/1.1\r\n" HOST "\r\n", "200 OK", "Content-Length: 3\r\n"},
		{"HEAD /nope HTTP/1.1\r\n" HOST "\r\n", "404 Not Found", "Content-Length: 37\r\n"},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab", "405 Method Not Allowed",
		 "Allow: GET, HEAD\r\n"},
		{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "405 Method Not Allowed", "Allow: GET, HEAD\r\n"},
		{"BREW / HTTP/1.1\r\n" HOST "\r\n", "501 Not Implemented", ""},
		{GET("/healthz") GET("/healthz"), "200 OK", "ok\nHTTP/1.1 200 OK"}, /* pipelined */
	};

	scene_open("pages");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*scene_visitor() = (struct visitor){.deeds = {{0, SAY, rows[i].request}}};
	assert_int_equal(scene_serve("mode=server", 1), STATUS_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct visitor *v = &scene.visitors[i];

		visitor_got(v, rows[i].first);
		visitor_got(v, rows[i].then);
		assert_null(strstr(v->got, "Connection: ")); /* HTTP/1.1 keeps it without a word */
		visitor_ended_after(v, 1); /* in order, when the server ends */
		if (strncmp(rows[i].request, "HEAD", 4) == 0)
			assert_string_equal(v->got + v->got_len - 4, "\r\n\r\n");
	}
	scene_close();
}

TEST(what_is_no_request_ends_the_connection)
{
	static const struct {
		const char *request;
		const char *first;
	} rows[] = {
		{"\x16\x03\x01\x02", "400 Bad Request"},
		{"GET /\r\n", "400 Bad Request"},
		{"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
		{"GET / HTTP/3.0\r\n", "505 HTTP Version Not Supported"},
		{"HEAD / HTTP/1.1\r\n\r\n", "400 Bad Request"},
		{"PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "411 Length Required"},
		{"PUT / HTTP/1.1\r\n" HOST "Content-Length: 99999\r\n\r\n", "413 Content Too Large"},
		{"PUT / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "0\r\n\r\n" GET("/healthz"), "400 Bad Request"}, /* nothing is smuggled */
	};

	scene_open("no-request");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		*scene_visitor() = (struct visitor){.deeds = {{0, SAY, rows[i].request}}};
	assert_int_equal(scene_serve("mode=server", 5), STATUS_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct visitor *v = &scene.visitors[i];

		visitor_got(v, rows[i].first);
		visitor_got(v, "Connection: close\r\n");
		assert_int_equal(visitor_answers(v), 1);
		visitor_ended_after(v, 0);
		if (strncmp(rows[i].request, "HEAD", 4) == 0) /* RFC 9110 9.3.2 */
			assert_string_equal(v->got + v->got_len - 4, "\r\n\r\n");
	}
	assert_string_equal(scene_said(EVENT_HTTP_SERVED, "problem"),
			    "not HTTP: NUL, a lone CR, or a first byte that no method has");
	scene_close();
}

/* --- how long a connection lasts ---------------------------------------------------------------------- */

TEST(http_1_0_closes_unless_asked)
{
	struct visitor *old, *kept;

	scene_open("http-1.0");
	old = scene_visitor();
	kept = scene_visitor();
	*old = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	*kept = (struct visitor){.deeds = {
		{0, SAY, "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{S(1), SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(scene_serve("mode=server", 5), STATUS_OK);
	visitor_got(old, "Connection: close\r\n");
	visitor_ended_after(old, 0);
	visitor_got(kept, "Connection: keep-alive\r\n");
	assert_int_equal(visitor_answers(kept), 2);
	visitor_ended_after(kept, 1);
	scene_close();
}

TEST(an_idle_connection_is_closed_after_a_minute)
{
	struct visitor *silent, *idle;

	scene_open("idle");
	silent = scene_visitor();
	idle = scene_visitor();
	idle->deeds[0] = (struct deed){S(50), SAY, GET("/healthz")};
	assert_int_equal(scene_serve("mode=server", 200), STATUS_OK);
	visitor_ended_after(silent, 60);
	assert_int_equal(silent->got_len, 0);
	visitor_ended_after(idle, 110);
	assert_int_equal(visitor_answers(idle), 1);
	scene_close();
}

/* A byte now and then does not keep a connection: the whole request has ten seconds. */
TEST(a_request_that_dawdles_is_408)
{
	struct visitor *loris, *body, *twice;

	scene_open("loris");
	loris = scene_visitor();
	body = scene_visitor();
	twice = scene_visitor();
	for (unsigned i = 0; i < ARRAY_LEN(loris->deeds); i++)
		loris->deeds[i] = (struct deed){i * S(2) + S(3), SAY, i == 0 ? "GET / HTTP/1.1\r\n" : "X: y\r\n"};
	*body = (struct visitor){.deeds = {{0, SAY, "GET / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nab"}}};
	/* The clock begins anew with each request. */
	*twice = (struct visitor){.deeds = {{S(1), SAY, "GET /healthz HTTP/1.1\r\n"},
					    {S(10), SAY, HOST "\r\nGET /healthz"},
					    {S(19), SAY, " HTTP/1.1\r\n" HOST "\r\n"}}};
	assert_int_equal(scene_serve("mode=server", 40), STATUS_OK);
	visitor_got(loris, "408 Request Timeout");
	visitor_got(loris, "Connection: close\r\n");
	visitor_ended_after(loris, 13);
	visitor_got(body, "408 Request Timeout");
	visitor_ended_after(body, 10);
	assert_int_equal(visitor_answers(twice), 2);
	assert_int_equal(scene_occurrences(twice->got, "200 OK"), 2);
	scene_close();
}

TEST(who_expects_100_gets_it)
{
	struct visitor *waits, *refused;

	scene_open("expect");
	waits = scene_visitor();
	refused = scene_visitor();
	*waits = (struct visitor){.deeds = {
		{0, SAY, "GET /healthz HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"},
		{S(1), SAY, "body" GET("/healthz")}}};
	*refused = (struct visitor){.deeds = {
		{0, SAY, "PUT / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"}}};
	assert_int_equal(scene_serve("mode=server", 3), STATUS_OK);
	assert_int_equal(strncmp(waits->got, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 42), 0);
	assert_int_equal(visitor_answers(waits), 3);
	assert_int_equal(strncmp(refused->got, "HTTP/1.1 405 ", 13), 0);
	visitor_got(refused, "Connection: close\r\n");
	visitor_ended_after(refused, 0);
	scene_close();
}

/* --- rude ones ---------------------------------------------------------------------------------------- */

TEST(half_closed_ones_get_their_answer)
{
	struct visitor *v, *half;

	scene_open("half-close");
	v = scene_visitor();
	half = scene_visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/healthz") GET("/metrics")}, {0, FIN, ""}}};
	*half = (struct visitor){.deeds = {{0, SAY, "GET /hea"}, {0, FIN, ""}}};
	assert_int_equal(scene_serve("mode=server", 5), STATUS_OK);
	assert_int_equal(visitor_answers(v), 2);
	visitor_ended_after(v, 0);
	assert_int_equal(half->got_len, 0);
	visitor_ended_after(half, 0);
	assert_string_equal(scene_said(EVENT_SRV_SUMMARY, "requests"), "2");
	scene_close();
}

TEST(who_resets_is_forgotten)
{
	scene_open("reset");
	*scene_visitor() = (struct visitor){.deeds = {{NS_PER_MS * 10, RESET, ""}}};
	*scene_visitor() = (struct visitor){.deeds = {{0, SAY, "GET /"}, {NS_PER_MS * 10, RESET, ""}}};
	*scene_visitor() = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, GET("/metrics") GET("/metrics") GET("/metrics")}, {S(1), RESET, ""}}};
	*scene_visitor() = (struct visitor){.comes_ns = S(2), .deeds = {{0, SAY, GET("/metrics")}}};
	assert_int_equal(scene_serve("mode=server", 3), STATUS_OK);
	visitor_got(&scene.visitors[3], "\ndialtone_http_connections 1\n");
	visitor_got(&scene.visitors[3], "\ndialtone_tcp_connections{state=\"ESTABLISHED\"} 1\n");
	visitor_got(&scene.visitors[3], "\ndialtone_net_tcp_rst_in_total 3\n");
	scene_close();
}

/* Who does not read is waited for as long as something moves, and then reset; what is kept for it is
 * bounded: nothing of what it asks for further is even read. */
TEST(who_does_not_read)
{
	static char flood[40 * sizeof(GET("/metrics"))];
	struct visitor *deaf, *slow;

	scene_open("deaf");
	flood[0] = '\0';
	for (unsigned i = 0; i < 4; i++)
		strcat(flood, GET("/metrics"));
	deaf = scene_visitor();
	slow = scene_visitor();
	*deaf = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {{0, SAY, flood}}};
	*slow = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {{0, SAY, flood}, {S(20), LISTEN, ""}}};
	assert_int_equal(scene_serve("mode=server", 60), STATUS_OK);
	assert_int_equal(visitor_answers(slow), 4);
	assert_int_equal(slow->end, 0);
	deaf->is_deaf = false;
	scene_visit();
	assert_int_equal(deaf->end, ERR_CONNRESET);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_TCP_RST_SENT), 1);
	scene_close();
}

/* Closing with bytes unread would be a RST, which can overtake the answer. */
TEST(who_reports_too_much_gets_the_answer_all_the_same)
{
	static char text[200 * 1024];
	struct visitor *v;

	scene_open("too-much");
	strcpy(text, "PUT / HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n");
	memset(text + strlen(text), 'x', sizeof(text) - 1 - strlen(text));
	v = scene_visitor();
	*v = (struct visitor){.deeds = {{0, SAY, text}, {0, FIN, ""}}};
	assert_int_equal(scene_serve("mode=server", 5), STATUS_OK);
	visitor_got(v, "413 Content Too Large");
	visitor_ended_after(v, 0);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_TCP_RST_SENT), 0);
	scene_close();
}
