/* SPDX-License-Identifier: MIT */
/* app/http: what each check asks for, on which connection; redirects and retries. */
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

/* --- what is asked -------------------------------------------------------------------------------- */

static void must_ask(const char *config, const char *request)
{
	fresh();
	assert_int_equal(RUN(config, AT(2, "HTTP/1.1 204 No Content\r\n\r\n")), STATUS_OK);
	fake.sent[fake.sent_len] = '\0';
	assert_string_equal(fake.sent, request);
}

#define HOST "Host: 10.0.0.1\r\n"
#define UA "User-Agent: dialtone/host\r\n"
#define ACCEPT "Accept: */*\r\n"
#define CLOSE "Connection: close\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

TEST(methods_and_bodies)
{
	must_ask(A "method=HEAD", "HEAD /a HTTP/1.1\r\n" HOST UA ACCEPT CLOSE "\r\n");
	must_ask(A "method=POST", "POST /a HTTP/1.1\r\n" HOST UA ACCEPT "Content-Length: 0\r\n" CLOSE "\r\n");
	must_ask(A "body=a=b", "POST /a HTTP/1.1\r\n" HOST UA ACCEPT "Content-Length: 3\r\n" FORM CLOSE
		 "\r\na=b");
	must_have(result_line, "\"size_upload\":3,");
	must_ask(A "body=\"{x y}\" method=PUT header=\"Content-type: application/json\"",
		 "PUT /a HTTP/1.1\r\n" HOST UA ACCEPT "Content-type: application/json\r\n"
		 "Content-Length: 5\r\n" CLOSE "\r\n{x y}");
	must_ask(A "body= method=GET", "GET /a HTTP/1.1\r\n" HOST UA ACCEPT "Content-Length: 0\r\n" FORM CLOSE
		 "\r\n");
}

TEST(fields_of_ones_own)
{
	must_ask(A "header=X-A:1 header=\"x-b:  2  \" header=X-A:3",
		 "GET /a HTTP/1.1\r\n" HOST UA ACCEPT "X-A: 1\r\nx-b: 2\r\nX-A: 3\r\n" CLOSE "\r\n");
	must_ask(A "header=accept:x/y header=host:me header=user-agent: header=Nothing: "
		 "header=Connection:keep-alive",
		 "GET /a HTTP/1.1\r\nHost: me\r\naccept: x/y\r\nConnection: keep-alive\r\n\r\n");
	must_ask(A "header=host: header=HOST:one header=X:y header=Host:two", /* the first that has a value */
		 "GET /a HTTP/1.1\r\nHost: one\r\n" UA ACCEPT "X: y\r\n" CLOSE "\r\n");
	must_ask(A "header=host:", "GET /a HTTP/1.1\r\n" UA ACCEPT CLOSE "\r\n");
	must_ask(A "user-agent=\"me 1.0\"", "GET /a HTTP/1.1\r\n" HOST "User-Agent: me 1.0\r\n" ACCEPT CLOSE
		 "\r\n");
	must_ask(A "user-agent=", "GET /a HTTP/1.1\r\n" HOST ACCEPT CLOSE "\r\n");
}

TEST(fields_that_make_no_sense)
{
	static const char *const bad[] = {"", ":", "X", ": x", "X Y: z", "X\xc3: z", "X(: z"};
	static char longest[CONFIG_TEXT_MAX];
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(config_read_value(&tables, "test", "header", 6, bad[i], strlen(bad[i]),
						   &sink), 1);
	assert_int_equal(config_read_value(&tables, "test", "header", 6, "X: a\r\nY: b", 10, &sink), 1);
	must_report("byte 0x0d is not printable ASCII");
	assert_int_equal(application.checks.request.fields.list.count, 0);
	for (unsigned i = 0; i <= HTTP_FIELDS_MAX; i++)
		assert_int_equal(config_read_value(&tables, "test", "header", 6, "X: y", 4, &sink),
				 i == HTTP_FIELDS_MAX);
	must_report("more than 32 fields");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[1] = ':';
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(config_read_value(&tables, "later", "header", 6, longest,
						   sizeof(longest) - 1, &sink), i == 4);
	must_report("more than 8192 bytes of fields in all");
}

/* Every part at its longest fits into the request. */
TEST(the_longest_request)
{
	static char config[8 * CONFIG_TEXT_MAX];
	const char *keys[] = {"url=http://10.0.0.1/", " body=", " user=", " user-agent="};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		size_t value_len = CONFIG_TEXT_MAX - 1 - (i == 0 ? 16 : 0);

		strcat(config, keys[i]);
		memset(config + strlen(config), 'x', value_len);
	}
	fake.send_room = 10; /* the kit keeps less than all of it */
	assert_int_equal(run(config, NULL, 0), STATUS_TIMED_OUT);
	must_report("waiting for the server to take the request");
}

TEST(users)
{
	must_ask(A "user=Aladdin:open", "GET /a HTTP/1.1\r\n" HOST "Authorization: Basic QWxhZGRpbjpvcGVu\r\n"
		 UA ACCEPT CLOSE "\r\n");
	assert_null(strstr(lines, "open"));
	must_ask("url=http://Al%61ddin:%6fpen@10.0.0.1/a",
		 "GET /a HTTP/1.1\r\n" HOST "Authorization: Basic QWxhZGRpbjpvcGVu\r\n" UA ACCEPT CLOSE "\r\n");
	assert_null(strstr(lines, "pen@"));
	must_have(result_line, "\"url\":\"http://***@10.0.0.1/a\"");
	must_ask("url=http://me@10.0.0.1/a", /* "me:" */
		 "GET /a HTTP/1.1\r\n" HOST "Authorization: Basic bWU6\r\n" UA ACCEPT CLOSE "\r\n");
	must_ask("url=http://x:y@10.0.0.1/a user=Aladdin:open", /* as with curl */
		 "GET /a HTTP/1.1\r\n" HOST "Authorization: Basic QWxhZGRpbjpvcGVu\r\n" UA ACCEPT CLOSE "\r\n");
	must_ask(A "user=a:bc", "GET /a HTTP/1.1\r\n" HOST "Authorization: Basic YTpiYw==\r\n" UA ACCEPT CLOSE
		 "\r\n");
	must_ask(A "user=a:bcd", "GET /a HTTP/1.1\r\n" HOST "Authorization: Basic YTpiY2Q=\r\n" UA ACCEPT CLOSE
		 "\r\n");
	must_ask(A "user=a:b header=authorization:Bearer",
		 "GET /a HTTP/1.1\r\n" HOST UA ACCEPT "authorization: Bearer\r\n" CLOSE "\r\n");
}

TEST(a_head_has_no_body)
{
	configure(A "method=HEAD body=x");
	assert_int_equal(app_config_check(&sink), 1);
	must_report("body: a HEAD request has none");
	fresh();
	assert_int_equal(RUN(A "method=HEAD", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")), STATUS_OK);
	must_report("http     HEAD http://10.0.0.1/a -> 200, 0 bytes in");
}

/* --- kept connections ----------------------------------------------------------------------------- */

TEST(one_connection_for_two_urls)
{
	assert_int_equal(RUN(A B, OK_AT(2), OK_AT(3)), STATUS_OK);
	assert_int_equal(fake.sockets, 1);
	assert_int_equal(occurrences(fake.sent, "Connection: close"), 1);
	assert_true(strstr(fake.sent, "Connection: close") > strstr(fake.sent, "GET /b"));
	must_report("http     the connection to 10.0.0.1:80 is used again\n");
	must_have(result_line, "\"time_connect\":0.000000");
	must_have(result_line, "\"num_connects\":0");
	must_have(result_line, "\"local_port\":49153");
	assert_int_equal(count_events(EVENT_APP_CONNECT), 1);
	assert_true(fake.shut_down && fake.closed && !fake.aborted);
}

TEST(connections_that_are_not_kept)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nunasked",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct fake_arrival arrivals[] = {
			{.at_ns = 2 * NS_PER_MS, .bytes = answers[i], .len = strlen(answers[i])}, OK_AT(3)};

		fresh();
		assert_int_equal(run(A B, arrivals, 2), STATUS_OK);
		assert_int_equal(fake.sockets, 2);
		must_have(result_line, "\"num_connects\":1");
	}
	fresh();
	assert_int_equal(RUN(A B, AT(2, "HTTP/1.1 200 OK\r\n\r\nx"), EOF_AT(3), OK_AT(4)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	fresh(); /* another port */
	assert_int_equal(RUN(A "url=http://10.0.0.1:81/b", OK_AT(2), OK_AT(3)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
}

/* The server went away in the meantime: seen before the request, or by it. */
TEST(a_kept_connection_that_is_lost)
{
	assert_int_equal(RUN(A B, OK_AT(2), EOF_AT(2), OK_AT(4)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(occurrences(fake.sent, "GET /b"), 1);
	assert_int_equal(count_events(EVENT_HTTP_KEPT_LOST), 1);
	assert_int_equal(count_events(EVENT_TRANSFER), 2);
	must_have(result_line, "\"num_connects\":1");
	fresh();
	assert_int_equal(RUN(A B, OK_AT(2), EOF_AT(3), OK_AT(4)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(occurrences(fake.sent, "GET /b"), 2);
	assert_int_equal(count_events(EVENT_HTTP_KEPT_LOST), 1);
	fresh(); /* once: the fresh one has no excuse */
	assert_int_equal(RUN(A B, OK_AT(2), EOF_AT(3), EOF_AT(4)), STATUS_EMPTY_REPLY);
	assert_int_equal(fake.sockets, 2);
	fresh(); /* a byte of an answer, and it is this request's */
	assert_int_equal(RUN(A B, OK_AT(2), AT(3, "H"), EOF_AT(4)), STATUS_EMPTY_REPLY);
	assert_int_equal(fake.sockets, 1);
}

TEST(rounds_have_connections_of_their_own)
{
	assert_int_equal(RUN(A B "count=2", OK_AT(2), OK_AT(3), OK_AT(1002), OK_AT(1003)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(occurrences(fake.sent, "Connection: close"), 2);
	fresh();
	assert_int_equal(RUN(A B "count=2 keepalive=yes", OK_AT(2), OK_AT(3), OK_AT(1002), OK_AT(1003)),
			 STATUS_OK);
	assert_int_equal(fake.sockets, 1);
	assert_int_equal(occurrences(fake.sent, "Connection: close"), 1);
	fresh(); /* nor is one kept that was open for a redirect */
	assert_int_equal(RUN(A "count=2 follow=1", OK_AT(2), OK_AT(1002)), STATUS_OK);
	assert_int_equal(fake.sockets, 2);
	fresh(); /* a port is tried over a connection of its own */
	assert_int_equal(RUN(A "tcp=10.0.0.1:80 count=2 keepalive=yes", OK_AT(2), OK_AT(1002)), STATUS_OK);
	assert_int_equal(fake.sockets, 3);
	must_have(result_line, "\"num_connects\":0");
	fresh(); /* each transfer may have to have its own */
	assert_int_equal(RUN(A B "count=2 follow=1 keepalive=never", MOVED(2, "302", "/c"), OK_AT(3), OK_AT(4),
			     OK_AT(1002), OK_AT(1003)), STATUS_OK);
	assert_int_equal(fake.sockets, 5);
	assert_int_equal(occurrences(fake.sent, "Connection: close"), 5);
	must_have(result_line, "\"num_connects\":1");
	fresh(); /* a series that ends early closes what it kept */
	assert_int_equal(RUN(A "count=2 keepalive=yes interval=40", OK_AT(2)), STATUS_TIMED_OUT);
	assert_true(fake.closed);
}

/* --- redirects ------------------------------------------------------------------------------------ */

TEST(redirects_are_followed)
{
	assert_int_equal(RUN("url=http://10.0.0.1/x/y?z follow=2", MOVED(2, "302", "../b"),
			     MOVED(3, "301", "http://10.0.0.2:81/c#d"), OK_AT(5)), STATUS_OK);
	assert_int_equal(fake.sockets, 2); /* the first two over one connection */
	assert_non_null(strstr(fake.sent, "GET /b HTTP/1.1\r\nHost: 10.0.0.1\r\n"));
	assert_non_null(strstr(fake.sent, "GET /c HTTP/1.1\r\nHost: 10.0.0.2:81\r\n"));
	assert_int_equal(count_events(EVENT_TRANSFER), 3);
	assert_int_equal(count_events(EVENT_HTTP_REDIRECT), 2);
	must_report("http     redirect 1 (302): GET http://10.0.0.1/b\n");
	must_report("http     GET http://10.0.0.1/x/y?z at http://10.0.0.1/b -> 301, 0 bytes in 1.0 ms\n");
	must_have(result_line, "\"url\":\"http://10.0.0.1/x/y?z\",\"url_effective\":\"http://10.0.0.2:81/c\"");
	must_have(result_line, "\"num_redirects\":2,");
	must_have(result_line, "\"time_redirect\":0.003000,");
	assert_int_equal(occurrences(fake.sent, "Connection: close"), 1); /* no more are allowed */
}

/* What is asked for, what counts as where one is, and what is said of both. */
TEST(urls_in_their_normal_form)
{
	assert_int_equal(RUN("url=http:/10.0.0.1.:80/x/%2e%2e/y/./z?a/.. follow=1", MOVED(2, "302", "b {}|^"),
			     OK_AT(3)), STATUS_OK);
	assert_non_null(strstr(fake.sent, "GET /y/z?a/.. HTTP/1.1\r\nHost: 10.0.0.1\r\n"));
	assert_non_null(strstr(fake.sent, "GET /y/b%20{}|^ HTTP/1.1\r\nHost: 10.0.0.1\r\n"));
	must_have(result_line, "\"url\":\"http:/10.0.0.1.:80/x/%2e%2e/y/./z?a/..\","
			       "\"url_effective\":\"http://10.0.0.1:80/y/b%20{}|^\"");
	fresh();
	assert_int_equal(RUN("url=http:/10.0.0.1.:80/x/%2e%2e/y", OK_AT(2)), STATUS_OK);
	must_have(result_line, "\"url_effective\":\"http://10.0.0.1:80/y\"");
}

TEST(which_codes_are_followed)
{
	assert_int_equal(RUN(A "follow=1", MOVED(2, "300", "/b"), OK_AT(3)), STATUS_OK);
	must_have(result_line, "\"num_redirects\":1,");
	fresh();
	assert_int_equal(RUN(A "follow=1", MOVED(2, "305", "/b")), STATUS_OK);
	must_have(result_line, "\"http_code\":305,");
	must_have(result_line, "\"num_redirects\":0,");
	fresh(); /* nowhere is no redirect */
	assert_int_equal(RUN(A "follow=1", MOVED(2, "302", "")), STATUS_OK);
	must_have(result_line, "\"http_code\":302,");
	assert_null(strstr(result_line, "redirect_url"));
	fresh();
	assert_int_equal(RUN(A "follow=1", MOVED(2, "302", "/b\r\nLocation: /c")), STATUS_WEIRD_REPLY);
	must_report("two different Locations");
}

TEST(redirects_count_in_the_times)
{
	assert_int_equal(RUN(A "follow=1 count=2", MOVED(2, "302", "/b"), OK_AT(5), MOVED(1002, "302", "/b"),
			     OK_AT(1009)), STATUS_OK);
	must_report("2 of 2 sent, 2 ok, 0 % loss, min/avg/max/mdev 5.0/7.0/9.0/2.0 ms\n");
}

TEST(more_redirects_than_allowed)
{
	assert_int_equal(RUN(A "follow=2", MOVED(2, "302", "/a"), MOVED(3, "302", "/a"),
			     MOVED(4, "302", "/a")), STATUS_TOO_MANY_REDIRECTS);
	must_report("more redirects than follow= allows: 2\n");
	must_have(result_line, "\"exitcode\":47");
	assert_int_equal(occurrences(fake.sent, "GET /a"), 3);
	assert_true(fake.closed);
}

TEST(redirects_that_lead_nowhere)
{
	assert_int_equal(RUN(A "follow=9", MOVED(2, "302", "https://10.0.0.1/")), STATUS_UNSUPPORTED_PROTOCOL);
	must_report("the redirect's Location: scheme not supported");
	fresh();
	assert_int_equal(RUN(A "follow=9", MOVED(2, "302", "http://10.0.0/")), STATUS_URL_MALFORMED);
	fresh();
	assert_int_equal(RUN(A "follow=9", MOVED(2, "302", "/\x01")), STATUS_URL_MALFORMED);
	must_report("or holds control characters\n");
	fresh();
	assert_int_equal(RUN(A "follow=9", MOVED(2, "302", "http://x.y/")), STATUS_NAME_NOT_RESOLVED);
	fresh(); /* these are answers */
	assert_int_equal(RUN(A "follow=9", MOVED(2, "304", "/b")), STATUS_OK);
	fresh();
	assert_int_equal(RUN(A "follow=9", AT(2, "HTTP/1.1 302 ?\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(count_events(EVENT_HTTP_REDIRECT), 0);
}

TEST(what_goes_along)
{
	assert_int_equal(RUN("url=http://u:p@10.0.0.1/a follow=3 header=cookie:c header=x:y header=host:h body=q",
			     MOVED(2, "307", "/b"), MOVED(3, "302", "//10.0.0.2/c"),
			     MOVED(5, "301", "http://10.0.0.1/d"), OK_AT(7)), STATUS_OK);
	assert_int_equal(occurrences(fake.sent, "POST /b"), 1);
	assert_int_equal(occurrences(fake.sent, "GET /c"), 1);
	assert_int_equal(occurrences(fake.sent, "\r\n\r\nq"), 2);       /* /a and /b */
	assert_int_equal(occurrences(fake.sent, "x: y\r\n"), 4);
	assert_int_equal(occurrences(fake.sent, "cookie: c\r\n"), 3);   /* not to the other host */
	assert_int_equal(occurrences(fake.sent, "Host: h\r\n"), 3);
	assert_int_equal(occurrences(fake.sent, "Host: 10.0.0.2\r\n"), 1);
	assert_int_equal(occurrences(fake.sent, "Authorization: Basic dTpw"), 2); /* /a and /b */
	fresh(); /* as with curl: whoever has been elsewhere may have been sent back by that one */
	assert_int_equal(RUN(A "user=u:p follow=3", MOVED(2, "302", "/b"), MOVED(3, "302", "http://10.0.0.2/"),
			     MOVED(5, "302", "http://10.0.0.1/"), OK_AT(7)), STATUS_OK);
	assert_int_equal(occurrences(fake.sent, "Authorization: Basic dTpw"), 2);
	fresh(); /* a redirect at home that has its own */
	assert_int_equal(RUN("url=http://u:p@10.0.0.1/a follow=1", MOVED(2, "302", "http://v:w@10.0.0.1/"),
			     OK_AT(4)), STATUS_OK);
	assert_int_equal(occurrences(fake.sent, "Authorization: Basic djp3"), 1);
	fresh(); /* a redirect's own credentials, and they are not shown */
	assert_int_equal(RUN(A "user=u:p follow=1", MOVED(2, "302", "http://v:w@10.0.0.2/"), OK_AT(4)), STATUS_OK);
	assert_int_equal(occurrences(fake.sent, "Authorization: Basic djp3"), 1);
	assert_null(strstr(lines, "v:w"));
}

/* RFC 9112 6.3: a Content-Length beside chunks does not count, in the metrics neither. */
TEST(the_length_that_counts)
{
	assert_int_equal(RUN(A, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n1234567")), STATUS_OK);
	assert_true(probes_result(&application.series.results, 0)->report.has_content_length);
	fresh();
	assert_int_equal(RUN(A, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
				      "0\r\n\r\n")), STATUS_OK);
	assert_false(probes_result(&application.series.results, 0)->report.has_content_length);
}

/* --- retries -------------------------------------------------------------------------------------- */

#define BUSY_AT(ms, more) AT(ms, "HTTP/1.1 503 Busy\r\n" more "Content-Length: 0\r\n\r\n")

TEST(what_passes_is_tried_again)
{
	assert_int_equal(RUN(A "retry=3", BUSY_AT(2, ""), BUSY_AT(1003, ""), OK_AT(3004)), STATUS_OK);
	assert_int_equal(fake.sockets, 3);
	assert_int_equal(fake.made_ns / NS_PER_MS, 3003);
	must_report("http     retry 1 of 3 in 1.000000 s: the server answered 503, not 200 to 399\n");
	must_report("http     retry 2 of 3 in 2.000000 s: ");
	assert_int_equal(count_events(EVENT_TRANSFER), 3);
	must_have(result_line, "\"num_retries\":2");
}

/* DHCP may give another one; where there is to be none there will be none. */
TEST(an_address_that_was_lost_may_come_again)
{
	no_address = "no address from DHCP: the lease ended";
	fake.connect_result = ERR_ADDRNOTAVAIL;
	assert_int_equal(run(A "retry=1", NULL, 0), STATUS_NO_ADDRESS);
	must_report("retry 1 of 1 in 1.000000 s: no address from DHCP: the lease ended\n");
	fresh();
	no_address = "this machine has no address: ip=off";
	platform.ip.way = CONFIG_IP_OFF;
	fake.connect_result = ERR_ADDRNOTAVAIL;
	assert_int_equal(run(A "retry=1", NULL, 0), STATUS_NO_ADDRESS);
	assert_int_equal(count_events(EVENT_HTTP_RETRY), 0);
}

TEST(what_does_not_pass_is_not)
{
	assert_int_equal(RUN(A "retry=3", AT(2, "HTTP/1.1 404 ?\r\nContent-Length: 0\r\n\r\n")),
			 STATUS_HTTP_STATUS);
	assert_int_equal(fake.sockets, 1);
	fresh();
	fake.connect_error = ERR_CONNREFUSED;
	assert_int_equal(run(A "retry=3", NULL, 0), STATUS_COULD_NOT_CONNECT);
	assert_int_equal(fake.sockets, 1);
	fresh();
	fake.connect_error = ERR_CONNREFUSED;
	assert_int_equal(run(A "retry=3 retry-connrefused=yes", NULL, 0), STATUS_COULD_NOT_CONNECT);
	assert_int_equal(fake.sockets, 4);
	fresh(); /* it is what was expected */
	assert_int_equal(RUN(A "retry=3 expect.status=503", BUSY_AT(2, "")), STATUS_OK);
}

TEST(the_server_reports_when)
{
	assert_int_equal(RUN(A "retry=1", BUSY_AT(2, "Retry-After: 7\r\n"), OK_AT(7003)), STATUS_OK);
	assert_int_equal(fake.made_ns / NS_PER_MS, 7002);
	fresh(); /* longer than the run: no use waiting */
	assert_int_equal(RUN(A "retry=1", BUSY_AT(2, "Retry-After: 30\r\n")), STATUS_HTTP_STATUS);
	assert_int_equal(fake.now_ns / NS_PER_MS, 2);
	assert_int_equal(fake.sockets, 1);
}

TEST(a_stalled_server_does_not_use_up_the_run)
{
	assert_int_equal(RUN(A "max-time=2 count=2 interval=0", OK_AT(2002)), STATUS_TIMED_OUT);
	must_report("timed out after 2.000 s, waiting for the first byte of the answer\n");
	must_report("2 of 2 sent, 1 ok");
	fresh(); /* for all redirects together, and for each try */
	assert_int_equal(RUN(A "max-time=2 follow=5 retry=1", MOVED(1500, "302", "/b"), OK_AT(3200)), STATUS_OK);
	must_report("timed out after 0.500 s, waiting for the first byte of the answer\n");
	must_have(result_line, "\"num_retries\":1");
}

/* No limit stays none while the clock goes on between two looks at it. */
TEST(time_goes_on)
{
	fake.tick_ns = NS_PER_US;
	assert_int_equal(RUN(A, OK_AT(2)), STATUS_OK);
	fresh();
	fake.tick_ns = NS_PER_US;
	assert_int_equal(RUN(A "max-time=999999", OK_AT(2)), STATUS_OK);
}
