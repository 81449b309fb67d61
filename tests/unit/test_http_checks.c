/* SPDX-License-Identifier: MIT */
/* What goes beyond one GET: several checks, what is asked and how, redirects, kept connections, retries,
 * expectations, and what of it the log shows. */
#include "app/probe/results.h"
#include "app/server/settings.h"
#include "tests/runner/unit.h"
#include "tests/unit/http_kit.h"

#define A "url=http://10.0.0.1/a "
#define B "url=http://10.0.0.1/b "

static unsigned occurrences(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

#define MOVED(ms, code, location) \
	AT(ms, "HTTP/1.1 " code " ?\r\nLocation: " location "\r\nContent-Length: 0\r\n\r\n")

FIXTURE(fresh, NULL);

/* --- several checks ------------------------------------------------------------------------------- */

TEST(urls_in_their_order)
{
	assert_int_equal(RUN(A "url=http://10.0.0.2/b", OK_AT(2), OK_AT(4)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(count_events(EVENT_TRANSFER), 2);
	assert_int_equal(count_events(EVENT_HTTP_SUMMARY), 0);
	must_report("GET http://10.0.0.1/a -> 200");
	must_have(result_line, "\"url\":\"http://10.0.0.2/b\"");
	assert_int_equal(occurrences(fake.sent, "Connection: close"), 2); /* nobody follows there */
	assert_true(fake.closed && fake.shut_down);
}

TEST(the_first_that_failed_is_the_result)
{
	fake.refused = 1;
	assert_int_equal(RUN(A "url=http://10.0.0.2/b", OK_AT(2)), STATUS_COULD_NOT_CONNECT);
	assert_int_equal(count_events(EVENT_TRANSFER), 2);
	must_have(result_line, "\"url\":\"http://10.0.0.1/a\"");
	must_have(transfer_line, "\"exitcode\":0,\"outcome\":\"ok\",\"method\":\"GET\",\"url\":\"http://10.0.0.2/b\"");
}

TEST(a_later_failure_changes_nothing)
{
	fake.refused = 1;
	assert_int_equal(RUN(A "url=http://10.0.0.2/b", AT(2, "HTTP/1.1 500 ?\r\nContent-Length: 0\r\n\r\n")),
			 STATUS_COULD_NOT_CONNECT);
	must_have(transfer_line, "\"exitcode\":22");
}

TEST(too_many_urls)
{
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (unsigned i = 0; i <= HTTP_URLS_MAX; i++)
		assert_int_equal(config_read_value(&tables, "test", "url", 3, "http://a/", 9, &sink),
				 i == HTTP_URLS_MAX);
	must_report("more than 16 URLs; allowed: http://host[:port]/path");
	/* A later source begins anew. */
	assert_int_equal(config_read_value(&tables, "later", "url", 3, "http://b/", 9, &sink), 0);
	assert_int_equal(application.checks.urls.list.count, 1);
	assert_int_equal(config_read_value(&tables, "later", "url", 3, "", 0, &sink), 1);
}

/* Whoever writes a key that there is none of is shown them all, to the last. */
TEST(an_unknown_key_is_shown_every_key)
{
	struct config_tables tables = {0};

	tables.keys[0] = config_platform_keys(&platform, &tables.count[0]);
	tables.keys[1] = app_config_keys(&tables.count[1]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", "xyz=1", 5, &sink), 1);
	for (unsigned t = 0; t < 2; t++) {
		for (size_t i = 0; i < tables.count[t]; i++) {
			char text[64];
			bool last = t == 1 && i + 1 == tables.count[t];

			snprintf(text, sizeof(text), " %s%s", tables.keys[t][i].name, last ? "\n" : ",");
			must_report(text);
		}
	}
}

/* --- tcp= ----------------------------------------------------------------------------------------- */

TEST(a_port_that_answers)
{
	assert_int_equal(run("tcp=10.0.0.1:2222", NULL, 0), STATUS_OK);
	assert_int_equal(fake.remote.port, 2222);
	assert_int_equal(fake.sent_len, 0);
	assert_true(fake.shut_down && fake.closed && !fake.aborted);
	must_report("http     connect tcp://10.0.0.1:2222 in 1.0 ms\n");
	must_report("result   ok: connect tcp://10.0.0.1:2222, connect 1.0 ms, total 1.0 ms\n");
	must_have(transfer_line, "\"conn\":1,\"exitcode\":0,\"outcome\":\"ok\",\"check\":\"connect\",\"url\":\"tcp://10.0.0.1:2222\"");
	assert_null(strstr(transfer_line, "\"method\""));
}

TEST(ports_come_before_urls)
{
	fake.refused = 1;
	assert_int_equal(RUN(A "tcp=10.0.0.1:2222", OK_AT(2)), STATUS_COULD_NOT_CONNECT);
	must_report("result   failed: connect tcp://10.0.0.1:2222, total 1.0 ms: connection refused (stopped");
	must_report("GET http://10.0.0.1/a -> 200"); /* it is tried all the same */
}

TEST(ports_that_make_no_sense)
{
	static const char *const bad[] = {"10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:80/", "u@10.0.0.1:80",
					  "10.0.0.1:0", "10.0.0.1:65536", "10.0.0:80", "", "http://a:80",
					  "a:80?", "a b:80"};
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (config_read_value(&tables, "test", "tcp", 3, bad[i], strlen(bad[i]), &sink) != 1)
			fail_msg("%s is taken", bad[i]);
	}
	assert_int_equal(application.checks.tcps.list.count, 0);
	assert_int_equal(config_read_value(&tables, "test", "tcp", 3, "a.b:1", 5, &sink), 0);
	assert_int_equal(app_config_check(&sink), 0);
}

/* --- rounds --------------------------------------------------------------------------------------- */

TEST(rounds_over_all_checks)
{
	assert_int_equal(RUN("tcp=10.0.0.9:7 count=2 " A "url=http://10.0.0.2/b", OK_AT(2), OK_AT(4),
			     OK_AT(1002), OK_AT(1004)), STATUS_OK);
	assert_int_equal(fake.sockets, 6);
	assert_int_equal(count_events(EVENT_HTTP_SUMMARY), 3);
	must_report("http     tcp://10.0.0.9:7: 2 of 2 sent, 2 ok, 0 % loss");
	must_report("http     http://10.0.0.1/a: 2 of 2 sent, 2 ok");
	must_report("http     http://10.0.0.2/b: 2 of 2 sent, 2 ok");
	must_report("http     2: GET http://10.0.0.2/b -> 200");
	must_report("result   ok: probe 2: GET http://10.0.0.2/b");
}

TEST(time_may_run_out_within_a_round)
{
	assert_int_equal(RUN(A B "max-time=100", AT(2, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
			     EOF_AT(29999), OK_AT(30001)), STATUS_TIMED_OUT);
	must_report("result   failed: GET http://10.0.0.1/b");
	fresh();
	assert_int_equal(RUN(A "url=http://10.0.0.2/", OK_AT(30000)), STATUS_TIMED_OUT); /* just in time */
	must_report("timed out after 30.000 s, with 1 of 2 checks done\n");
}

/* --- expectations --------------------------------------------------------------------------------- */

TEST(expected_statuses)
{
	assert_int_equal(RUN(A "expect.status=404", AT(2, "HTTP/1.1 404 ?\r\nContent-Length: 0\r\n\r\n")),
			 STATUS_OK);
	fresh();
	assert_int_equal(RUN(A "expect.status=204,300-302", OK_AT(2)), STATUS_HTTP_STATUS);
	must_report("the server answered 200, not 204,300-302\n");
}

TEST(expected_bodies)
{
	assert_int_equal(RUN(A "expect.body=hello", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n!hel"),
			     AT(3, "lo!")), STATUS_OK);
	fresh();
	assert_int_equal(RUN(A "expect.body=hello", OK_AT(2)), STATUS_EXPECT_FAILED);
	must_report("result   failed: GET http://10.0.0.1/a -> 200, 0 bytes, connect 1.0 ms, first byte 2.0 ms, "
		 "total 2.0 ms: the body does not hold what expect.body= says\n");
	fresh();
	assert_int_equal(RUN(A "expect.sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			     AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")), STATUS_OK);
	must_report("crc32 352441c2, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
	fresh();
	assert_int_equal(RUN(A "expect.sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			     AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabd")), STATUS_EXPECT_FAILED);
}

/* Where a redirect is followed, what counts is where it leads. */
TEST(a_redirect_is_not_judged)
{
	assert_int_equal(RUN(A "follow=1 expect.status=200 expect.body=x", MOVED(2, "302", "/b"),
			     AT(3, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")), STATUS_OK);
}

/* --- show= ---------------------------------------------------------------------------------------- */

TEST(what_came_back)
{
	assert_int_equal(RUN(A "show=headers,body", AT(2, "HTTP/1.1 200 OK\r\nX: \x1b[1m\r\nContent-Length: 17\r\n"
			     "\r\none\r\nEXI"), AT(3, "T: S\n\nabc")), STATUS_OK);
	must_report("http     header X: \\x1b[1m\n");
	must_report("http     data one\n");
	must_report("http     data EXIT: S\n");
	must_report("http     data \n");
	must_report("http     data abc\n");
	fresh();
	assert_int_equal(RUN(A "show=body", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")), STATUS_OK);
	assert_int_equal(count_events(EVENT_HTTP_HEADER), 0);
	assert_int_equal(count_events(EVENT_HTTP_DATA), 1);
	fresh();
	assert_int_equal(RUN(A "show=headers", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")), STATUS_OK);
	assert_int_equal(count_events(EVENT_HTTP_HEADER), 1);
	assert_int_equal(count_events(EVENT_HTTP_DATA), 0);
}

TEST(what_is_too_much_is_cut)
{
	static char body[100000];
	struct fake_arrival arrivals[] = {
		AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"),
		{.at_ns = 3 * NS_PER_MS, .bytes = body, .len = sizeof(body)},
		{.at_ns = 4 * NS_PER_MS, .bytes = body, .len = sizeof(body)}};

	memset(body, 'x', sizeof(body));
	assert_int_equal(run(A "show=body", arrivals, 3), STATUS_OK);
	assert_int_equal(count_events(EVENT_HTTP_DATA), 64 * 1024 / 512);
	assert_int_equal(count_events(EVENT_HTTP_SHOW_CUT), 1);
	must_report("http     show= ends here: 65536 bytes have been shown\n");
	must_have(result_line, "\"size_download\":200000");
}

TEST(keys_with_few_values)
{
	static const char *const bad[] = {"method=DELETE", "method=", "method=get", "follow=51", "follow=-1",
					  "follow=", "retry=101", "retry=x", "keepalive=1", "keepalive=",
					  "retry-connrefused=maybe", "show=", "show=all", "show=body,", "max-time=0",
					  "expect.status=2", "expect.sha256=0"};
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (config_read(&tables, CONFIG_SOURCE_LINE, "test", bad[i], strlen(bad[i]), &sink) != 1)
			fail_msg("%s is taken", bad[i]);
	}
	must_report("method=get: no such method; allowed: GET, HEAD, POST, PUT\n");
}

/* --- beside a server (tests/sim/test_server_end.c has a real one) --------------------------------------- */

static const struct probe_result *result_of(unsigned check)
{
	const struct probe_result *p = probes_result(&application.series.results, check);

	assert_non_null(p);
	return p;
}

/* Without count= it goes on until the server ends, and no timeout= is in force that was not given. */
TEST(an_endless_series_ends_with_the_server)
{
	fake_server.over_at_ns = 95 * NS_PER_S;
	assert_int_equal(RUN(A "mode=server interval=10", OK_AT(1), OK_AT(10001), OK_AT(20001), OK_AT(30001),
			     OK_AT(40001), OK_AT(50001), OK_AT(60001), OK_AT(70001), OK_AT(80001),
			     OK_AT(90001)), STATUS_OK);
	assert_int_equal(count_events(EVENT_PROGRESS), 0); /* they would go on for hours */
	assert_true(fake_server.begun && fake_server.ended);
	assert_int_equal(fake.now_ns, 95 * NS_PER_S);
	assert_int_equal(fake.sockets, 10);
	assert_int_equal(result_of(0)->runs, 10);
	assert_int_equal(result_of(0)->failures, 0);
	must_report("http     10 of 10 sent, 10 ok, 0 % loss");
	must_have(result_line, "\"exitcode\":0");
	must_have(result_line, "\"probe\":10");
}

TEST(without_an_interval_it_is_made_once)
{
	fake_server.over_at_ns = 95 * NS_PER_S;
	assert_int_equal(RUN(A "listen=8080", OK_AT(1)), STATUS_OK);
	assert_int_equal(fake.sockets, 1);
	assert_int_equal(fake.now_ns, 95 * NS_PER_S);
	fresh();
	fake_server.over_at_ns = 95 * NS_PER_S;
	assert_int_equal(RUN(A "mode=server count=2 interval=3", OK_AT(1), OK_AT(3001)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	must_report("http     2 of 2 sent, 2 ok, 0 % loss");
}

/* A check that gets no answer is given up after half a minute, and the next one is made. */
TEST(no_probe_keeps_it_for_ever)
{
	fake_server.over_at_ns = 45 * NS_PER_S;
	assert_int_equal(RUN(A "mode=server interval=1", AT(2, "HTTP/1.1 200 OK\r\n"),
			     AT(31000, "Content-Length: 0\r\n\r\n")), STATUS_TIMED_OUT);
	must_report("timed out after 30.000 s, waiting for the rest of the header");
	assert_true(result_of(0)->runs >= 2);
	assert_true(fake_server.ended);
}

/* A retry that would come too late is none. */
TEST(no_retry_outlasts_the_server)
{
	fake_server.over_at_ns = 5 * NS_PER_S;
	fake.connect_error = ERR_CONNREFUSED;
	assert_int_equal(run(A "mode=server retry=9 retry-connrefused=yes", NULL, 0),
			 STATUS_COULD_NOT_CONNECT);
	assert_int_equal(count_events(EVENT_HTTP_RETRY), 2);
	assert_int_equal(fake.sockets, 3); /* after one second and two; four are too many */
	assert_int_equal(fake.now_ns, 5 * NS_PER_S);
}

TEST(a_timeout_bounds_the_server_too)
{
	platform.timeout_given = true;
	assert_int_equal(RUN(A "mode=server interval=20", OK_AT(1), OK_AT(20001)), STATUS_TIMED_OUT);
	assert_int_equal(fake.now_ns, 30 * NS_PER_S);
	must_report("timed out after 30.000 s, with 2 GETs done");
	assert_true(fake_server.ended);
}

TEST(a_server_alone)
{
	fake_server.over_at_ns = 95 * NS_PER_S;
	fake_server.requests = 12;
	assert_int_equal(run("mode=server", NULL, 0), STATUS_OK);
	assert_int_equal(fake.sockets, 0);
	must_report("result   ok: 12 requests answered\n");
	fresh();
	fake_server.begin_result = STATUS_BAD_CONFIG;
	assert_int_equal(run("mode=server", NULL, 0), STATUS_BAD_CONFIG);
	must_report("result   failed: there is no such place to listen\n");
}

TEST(what_a_server_s_keys_may_report)
{
	static const char *const bad[] = {
		"mode=peer", "mode=", "listen=0", "listen=65536", "listen=", "listen=:80", "listen=10.0.0.1",
		"listen=10.0.0.1:", "listen=[::1]:80", "listen=10.0.0.256:80", "requests=0", "requests=x",
		"requests=1000000001", "log.connections=some", "log.connections=-1"};
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", bad[i], strlen(bad[i]),
					     &sink), 1);
	assert_false(server_is_wanted(&application.listens));
	configure("listen=10.0.0.1:8080 requests=3 log.connections=all");
	assert_true(server_is_wanted(&application.listens));
	assert_int_equal(net_addr_to_ipv4(&application.listens.address), 0x0a000001);
	assert_int_equal(application.listens.port, 8080);
	assert_int_equal(application.listens.log_connections, UINT32_MAX);
	configure("mode=client listen=80 requests=3");
	assert_int_equal(app_config_check(&sink), 3); /* and there is nothing to fetch */
	must_report("listen: a client does not listen; allowed: listen= with mode=server");
	must_report("requests: a client answers none; allowed: requests= with mode=server");
}
