/*
 * SPDX-License-Identifier: MIT
 *
 * The server's end, in order and in time; and a server that makes checks of its own meanwhile.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/runner/unit.h"
#include "tests/sim/lib/sim_server.h"

/* --- the end ------------------------------------------------------------------------------------------ */

TEST(after_so_many_requests)
{
	struct visitor *v, *late;

	scene_open("requests");
	v = scene_visitor();
	late = scene_visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/healthz") GET("/healthz") GET("/healthz") GET("/healthz")}}};
	*late = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/healthz")}}};
	assert_int_equal(scene_serve("mode=server requests=3", 0), STATUS_OK);
	assert_int_equal(visitor_answers(v), 3);
	assert_int_equal(scene_occurrences(v->got, "Connection: close"), 1);
	assert_false(late->came);
	assert_true(scene_now() - scene.begun_ns < S(1));
	assert_string_equal(scene_said(EVENT_SRV_STOPPING, "reason"), "requests= have been answered");
	assert_string_equal(scene_said(EVENT_RESULT, "requests"), "3");
	scene_close();
}

/* Where the last connection was the only thing that went on, nothing else tells that it is over. */
TEST(the_last_connections_end_is_noticed_at_once)
{
	struct visitor *v;

	scene_open("last");
	v = scene_visitor();
	*v = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(scene_serve("mode=server requests=1", 0), STATUS_OK);
	assert_true(scene_now() - scene.begun_ns < S(0.004)); /* its FIN came after 3.5 ms */
	scene_close();
}

/* What has begun is finished, within five seconds. */
TEST(what_is_under_way_is_finished)
{
	struct visitor *slow, *never;

	scene_open("under-way");
	slow = scene_visitor();
	never = scene_visitor();
	*slow = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.1\r\n"}, {S(4), SAY, HOST "\r\n"}}};
	*never = (struct visitor){.deeds = {{S(1), SAY, "GET /healthz HTTP/1.1\r\n"}}};
	assert_int_equal(scene_serve("mode=server", 2), STATUS_OK);
	visitor_got(slow, "200 OK");
	visitor_got(slow, "Connection: close\r\n");
	assert_int_equal(slow->end, 0);
	assert_int_equal(never->got_len, 0);
	assert_in_range(scene_now() - scene.begun_ns, S(7), S(7) + NS_PER_S / 10);
	(void)sim_run(&scene.sim, scene_now() + NS_PER_S, NULL, NULL);
	assert_int_equal(never->end, ERR_CONNRESET);
	assert_string_equal(scene_said(EVENT_SRV_STOPPING, "open"), "2");
	scene_close();
}

/* An answer that is under way when the end comes is the last one of its connection, though its header
 * could not say so. */
TEST(an_answer_that_lasts_beyond_the_end)
{
	struct visitor *v;

	scene_open("lasts");
	v = scene_visitor();
	*v = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, GET("/metrics") GET("/metrics") GET("/metrics")}, {S(3), LISTEN, ""}}};
	assert_int_equal(scene_serve("mode=server", 2), STATUS_OK);
	assert_in_range(visitor_answers(v), 1, 2);
	assert_int_equal(v->end, 0);
	visitor_last_is_whole(v);
	assert_in_range(scene_now() - scene.begun_ns, S(3), S(4));
	scene_close();
}

/* The last answer stands in the send buffer, and the connection ends with it: it is not over before the
 * peer has it. */
TEST(an_answer_that_is_not_yet_acknowledged)
{
	struct visitor *v, *deaf;

	scene_open("unacknowledged");
	v = scene_visitor();
	*v = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, "GET /metrics HTTP/1.0\r\n\r\n"}, {S(4), LISTEN, ""}}};
	assert_int_equal(scene_serve("mode=server", 3), STATUS_OK);
	visitor_got(v, "200 OK");
	visitor_last_is_whole(v);
	assert_int_equal(v->end, 0);
	assert_in_range(scene_now() - scene.begun_ns, S(4), S(5));
	scene_close();
	/* Nor is it kept for ever. */
	scene_open("never");
	deaf = scene_visitor();
	*deaf = (struct visitor){.is_deaf = true, .rcvbuf = 2048, .deeds = {
		{0, SAY, "GET /metrics HTTP/1.0\r\n\r\n"}, {S(31), LISTEN, ""}}};
	assert_int_equal(scene_serve("mode=server", 40), STATUS_OK);
	assert_int_equal(deaf->end, ERR_CONNRESET);
	scene_close();
}

/* Nothing but its own clock tells it: the next thing to happen would be the end of TIME-WAIT. */
TEST(the_end_is_noticed_at_once)
{
	scene_open("at-once");
	*scene_visitor() = (struct visitor){.deeds = {{0, SAY, "GET /healthz HTTP/1.0\r\n\r\n"}}};
	assert_int_equal(scene_serve("mode=server", 2), STATUS_OK);
	assert_int_equal(kit_event_count(&scene.host->kp, EVENT_TCP_TIME_WAIT_ABANDONED), 1);
	assert_int_equal(scene_now() - scene.begun_ns, S(2));
	scene_close();
}

/* timeout= was given, and nobody came. */
TEST(a_timeout_that_was_asked_for)
{
	scene_open("timeout");
	scene.platform.timeout_given = true;
	assert_int_equal(scene_serve("mode=server requests=2", 0), STATUS_TIMED_OUT);
	assert_string_equal(scene_said(EVENT_RESULT, "errormsg"),
			    "timed out after 30.000 s, with 0 of 2 requests answered");
	scene_close();
}

TEST(no_such_place_to_listen)
{
	scene_open("address");
	assert_int_equal(scene_serve("listen=10.0.0.9:80", 1), STATUS_BAD_CONFIG);
	assert_string_equal(scene_said(EVENT_RESULT, "errormsg"), "listen=: that is no address of this machine");
	scene_close();
	scene_open("memory");
	assert_int_equal(sock_socket(scene.host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, 0), 3);
	scene.host->kp.fail_after = 0;
	assert_int_equal(scene_serve("mode=server", 1), STATUS_OUT_OF_MEMORY);
	scene.host->kp.fail_after = UINT_MAX;
	assert_int_equal(sock_close(scene.host->stack, 3, scene_now()), ERR_OK);
	scene_close();
}

TEST(without_memory_for_a_page)
{
	struct visitor *v;

	scene_open("no-memory");
	scene.memory_is_short = true; /* but for the table of sessions */
	v = scene_visitor();
	*v = (struct visitor){.deeds = {{0, SAY, GET("/metrics")}, {S(1), SAY, GET("/nope")}}};
	assert_int_equal(scene_serve("listen=10.0.0.1:80", 3), STATUS_OK);
	visitor_got(v, "503 Service Unavailable");
	visitor_got(v, "Retry-After: 1\r\n");
	visitor_got(v, "404 Not Found");
	scene_close();
}

/* --- a probe that stays ------------------------------------------------------------------------------- */

/* It calls itself: the answer is given while the question waits for it. */
TEST(it_answers_while_it_asks)
{
	struct visitor *v, *reader;

	scene_open("probe");
	v = scene_visitor();
	reader = scene_visitor();
	*reader = (struct visitor){.comes_ns = S(6), .deeds = {{0, SAY, GET("/")}}};
	*v = (struct visitor){.comes_ns = S(5), .deeds = {{0, SAY, GET("/metrics")}}};
	/* 10.0.0.77 answers no ARP: three seconds of waiting, in which the scrape comes. */
	assert_int_equal(scene_serve("mode=server interval=2 url=http://10.0.0.77/a&b tcp=10.0.0.2:9", 20),
			 STATUS_COULD_NOT_CONNECT);
	visitor_ended_after(v, 15);
	visitor_got(reader, "<code>http://10.0.0.77/a&amp;b</code>");
	visitor_got(reader, "<span class=\"bad\">failed, status 7</span>");
	visitor_got(v, "\nprobe_success{target=\"tcp://10.0.0.2:9\"} 0\nprobe_success{target=\"http://10.0.0.77/a&b\"} 0\n");
	visitor_got(v, "\ndialtone_probe_exit_status{target=\"http://10.0.0.77/a&b\"} 7\n");
	visitor_got(v, "\nprobe_http_duration_seconds{target=\"http://10.0.0.77/a&b\",phase=\"connect\"} ");
	assert_int_equal(scene_occurrences(v->got, "# TYPE probe_success "), 1);
	assert_in_range(strtoul(scene_said(EVENT_HTTP_SUMMARY, "sent"), NULL, 10), 4, 8);
	assert_string_equal(scene_said(EVENT_RESULT, "url"), "tcp://10.0.0.2:9");
	scene_close();
}

/* The next round would begin in the very moment in which the machine stays no longer. */
TEST(no_round_begins_with_the_end)
{
	scene_open("end");
	assert_int_equal(scene_serve("mode=server interval=1 tcp=10.0.0.2:9", 3), STATUS_COULD_NOT_CONNECT);
	assert_string_equal(scene_said(EVENT_HTTP_SUMMARY, "sent"), "3");
	scene_close();
}

/* Each sample of a name has labels of its own. */
TEST(the_same_target_twice)
{
	struct visitor *v;

	scene_open("twice");
	v = scene_visitor();
	*v = (struct visitor){.comes_ns = S(1), .deeds = {{0, SAY, GET("/metrics")}}};
	assert_int_equal(scene_serve("mode=server tcp=10.0.0.2:9 tcp=10.0.0.2:8 tcp=10.0.0.2:9 tcp=10.0.0.2:9", 2),
			 STATUS_COULD_NOT_CONNECT);
	visitor_got(v, "\nprobe_success{target=\"tcp://10.0.0.2:9\"} 0\n"
	       "probe_success{target=\"tcp://10.0.0.2:8\"} 0\n"
	       "probe_success{target=\"tcp://10.0.0.2:9 #2\"} 0\n"
	       "probe_success{target=\"tcp://10.0.0.2:9 #3\"} 0\n#");
	scene_close();
}

/* A start that moves would be told as a restart. */
TEST(it_has_started_once)
{
	struct visitor *early, *late;
	const char *line;

	scene_open("started");
	scene.clock_runs = true;
	early = scene_visitor();
	late = scene_visitor();
	*early = (struct visitor){.deeds = {{NS_PER_MS * 100, SAY, GET("/metrics")}}};
	*late = (struct visitor){.deeds = {{NS_PER_MS * 600, SAY, GET("/metrics")}}};
	assert_int_equal(scene_serve("mode=server", 2), STATUS_OK);
	line = strstr(early->got, "\nprocess_start_time_seconds ");
	assert_non_null(line);
	assert_int_equal(strncmp(line, strstr(late->got, "\nprocess_start_time_seconds "), 39), 0);
	scene_close();
}
