/* SPDX-License-Identifier: MIT */
/* app/http as a whole against scripted sockets: the application's steps, the request, every way a
 * transfer can end, and that the log and the report say so. */
#include "tests/runner/unit.h"
#include "tests/unit/http_kit.h"

FIXTURE(fresh, NULL);

/* --- before the network --------------------------------------------------------------------------- */

TEST(a_missing_url_is_named)
{
	configure("");
	assert_int_equal(app_config_check(&sink), 1);
	must_report("configuration: url: missing; allowed: http://host[:port]/path");
}

TEST(a_faulty_url_is_not_missing)
{
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", "url=\"http://1.2.3.4/", 20,
				     &sink), 1);
	must_report("the quote does not end");
	assert_int_equal(app_config_check(&sink), 0);
}

TEST(urls_that_cannot_be_fetched)
{
	assert_int_equal(RUN("url=https://10.0.0.1/", EOF_AT(0)), STATUS_UNSUPPORTED_PROTOCOL);
	must_report("failed: GET https://10.0.0.1/: scheme not supported");
	assert_int_equal(RUN("url=nonsense", EOF_AT(0)), STATUS_URL_MALFORMED);
	assert_int_equal(RUN("url=http://example.org/", EOF_AT(0)), STATUS_NAME_NOT_RESOLVED);
	must_report("example.org: there is no name server to ask (stopped before step 1)");
	must_have(result_line, "\"exitcode\":6,\"outcome\":\"failed\",\"errormsg\":\"example.org: there");
	assert_int_equal(fake.turns, 0);
}

TEST(names_that_the_configuration_knows)
{
	assert_int_equal(RUN("url=http://WWW.example.org:81/ host=www.example.org:192.168.77.9",
			     AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(net_addr_to_ipv4(&fake.remote.addr), 0xc0a84d09);
	assert_int_equal(fake.remote.port, 81);
	must_report("connect descriptor 3 to 192.168.77.9:81");
	assert_non_null(strstr(fake.sent, "Host: WWW.example.org:81\r\n"));
}

TEST(hosts_that_make_no_sense)
{
	static const char *const values[] = {"x", "x:", "x:1.2.3", ":1.2.3.4", "a b:1.2.3.4"};
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		assert_int_equal(config_read_value(&tables, "test", "host", 4, values[i],
						   strlen(values[i]), &sink), 1);
	assert_int_equal(application.checks.hosts.list.count, 0);
	for (unsigned i = 0; i <= HTTP_HOSTS_MAX; i++)
		assert_int_equal(config_read_value(&tables, "test", "host", 4, "x:1.2.3.4", 9, &sink),
				 i == HTTP_HOSTS_MAX);
	must_report("more than 16 hosts; allowed: name:address");
}

/* --- a transfer that works ------------------------------------------------------------------------ */

TEST(a_page)
{
	static const char request[] = "GET /x?y HTTP/1.1\r\nHost: 192.168.77.1\r\nUser-Agent: dialtone/host\r\n"
				      "Accept: */*\r\nConnection: close\r\n\r\n";
	static const enum event_id expected[] = {
		EVENT_APP_SOCKET, EVENT_APP_FD, EVENT_APP_CONNECT, EVENT_APP_CONNECTED, EVENT_HTTP_REQUEST,
		EVENT_HTTP_RESPONSE, EVENT_HTTP_BODY, EVENT_TRANSFER, EVENT_RESULT};

	assert_int_equal(RUN(URL, AT(3, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Le"),
			     AT(4, "ngth: 9\r\n\r\n1234"), AT(5, "56789")), STATUS_OK);
	assert_int_equal(fake.sent_len, strlen(request));
	assert_memory_equal(fake.sent, request, strlen(request));
	assert_int_equal(net_addr_to_ipv4(&fake.remote.addr), 0xc0a84d01);
	assert_int_equal(fake.remote.port, 80);
	assert_int_equal(n_events, ARRAY_LEN(expected));
	assert_memory_equal(order, expected, sizeof(expected));
	assert_true(fake.shut_down && fake.closed && !fake.aborted);
	must_report("[   0.000000] app      step  1  app -> library     create a socket: AF_INET, SOCK_STREAM, "
		 "IPPROTO_TCP\n");
	must_report("[   0.000000] app      step  5  app -> library     connect descriptor 3 to "
		 "192.168.77.1:80\n");
	must_report("[   0.001000] app      step 16  library -> app     descriptor 3 is connected after 1000 us\n");
	must_report("[   0.001000] http     GET /x?y given to the socket, 100 bytes\n");
	must_report("[   0.004000] http     status 200 OK, header 64 bytes, body content-length 9, "
		 "text/plain\n");
	must_report("[   0.005000] http     body complete, 9 bytes, crc32 cbf43926\n");
	must_report("[   0.005000] http     GET http://192.168.77.1/x?y#z -> 200, 9 bytes in 5.0 ms\n");
	must_report("[   0.005000] result   ok: GET http://192.168.77.1/x?y#z -> 200, 9 bytes, connect 1.0 ms, "
		 "first byte 3.0 ms, total 5.0 ms\n");
	must_have(transfer_line, "\"conn\":1,\"exitcode\":0,");
	must_have(result_line,
		  "\"exitcode\":0,\"outcome\":\"ok\",\"method\":\"GET\","
		  "\"url\":\"http://192.168.77.1/x?y#z\",\"url_effective\":\"http://192.168.77.1/x?y#z\","
		  "\"urlnum\":0,\"scheme\":\"http\",\"http_code\":200,\"response_code\":200,"
		  "\"http_version\":\"1.1\",\"content_type\":\"text/plain\",\"size_request\":100,"
		  "\"size_upload\":0,\"size_header\":64,\"size_download\":9,\"speed_upload\":0,"
		  "\"speed_download\":1800,\"remote_ip\":\"192.168.77.1\","
		  "\"remote_port\":80,\"local_ip\":\"10.0.2.15\",\"local_port\":49153,"
		  "\"time_namelookup\":0.000000,\"time_connect\":0.001000,\"time_appconnect\":0.000000,"
		  "\"time_pretransfer\":0.001000,\"time_starttransfer\":0.003000,"
		  "\"time_redirect\":0.000000,\"time_total\":0.005000,\"num_connects\":1,"
		  "\"num_headers\":2,\"num_redirects\":0,\"num_retries\":0}");
}

TEST(the_port_and_an_empty_path_in_the_request)
{
	assert_int_equal(RUN("url=http://10.0.0.1:8080?q", AT(2, "HTTP/1.0 200 OK\r\n\r\nhi"), EOF_AT(3)),
			 STATUS_OK);
	must_have(fake.sent, "GET /?q HTTP/1.1\r\nHost: 10.0.0.1:8080\r\n");
	assert_int_equal(fake.remote.port, 8080);
	must_have(result_line, "\"size_download\":2");
	must_have(result_line, "\"url\":\"http://10.0.0.1:8080?q\",\"url_effective\":\"http://10.0.0.1:8080/?q\"");
	must_have(result_line, "\"http_version\":\"1.0\"");
	assert_null(strstr(result_line, "content_type"));
}

TEST(bytes_one_at_a_time)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
	struct fake_arrival arrivals[sizeof(answer) - 1];

	for (size_t i = 0; i < ARRAY_LEN(arrivals); i++)
		arrivals[i] = (struct fake_arrival){.at_ns = (2 + i) * NS_PER_MS, .bytes = answer + i, .len = 1};
	assert_int_equal(run(URL, arrivals, ARRAY_LEN(arrivals)), STATUS_OK);
	must_report("body chunked\n");
	must_report("body complete, 5 bytes, crc32 3610a686\n");
}

TEST(an_empty_body)
{
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 204 No Content\r\n\r\n")), STATUS_OK);
	must_report("body none\n");
	must_report("body complete, 0 bytes, crc32 00000000\n");
}

TEST(http_status_outside_200_to_399)
{
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")),
			 STATUS_HTTP_STATUS);
	must_report("failed: GET http://192.168.77.1/x?y#z -> 404, 2 bytes, connect 1.0 ms, first byte 2.0 ms, "
		 "total 2.0 ms: the server answered 404, not 200 to 399\n");
	assert_false(fake.aborted); /* the conversation itself went well */
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 399 ?\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 400 ?\r\nContent-Length: 0\r\n\r\n")), STATUS_HTTP_STATUS);
}

/* --- could not connect ---------------------------------------------------------------------------- */

static enum status run_connect(int error, unsigned last_step)
{
	fresh();
	fake.connect_error = error;
	fake.last_step = last_step;
	return run(URL, NULL, 0);
}

TEST(connect_errors_and_where_they_stopped)
{
	assert_int_equal(run_connect(ERR_CONNREFUSED, 8), STATUS_COULD_NOT_CONNECT);
	must_report("connection refused (stopped before step 12)\n");
	must_have(result_line, "\"failed_step\":12");
	must_have(result_line, "\"time_connect\":0.000000");
	must_have(result_line, "\"http_code\":0");
	assert_int_equal(run_connect(ERR_HOSTUNREACH, 7), STATUS_COULD_NOT_CONNECT);
	must_report("no ARP answer from the next hop (stopped before step 8)\n");
	assert_int_equal(run_connect(ERR_HOSTUNREACH, 8), STATUS_COULD_NOT_CONNECT);
	must_report("host unreachable, says the network (stopped before step 12)\n");
	assert_int_equal(run_connect(ERR_NOBUFS, 6), STATUS_OUT_OF_MEMORY);
	fresh();
	fake.connect_result = ERR_NETUNREACH;
	fake.last_step = 3;
	assert_int_equal(run(URL, NULL, 0), STATUS_COULD_NOT_CONNECT);
	must_report("no route: there is no gateway (stopped before step 6)\n");
	assert_true(fake.closed);
}

/* What the stack refuses at once, and what people may take for a missing gateway. */
TEST(addresses_that_no_other_host_has)
{
	static const struct {
		const char *config;
		int error;
	} rows[] = {
		{"url=http://127.0.0.1/", ERR_NETUNREACH},  {"url=http://224.0.0.1/", ERR_NETUNREACH},
		{"url=http://240.0.0.1/", ERR_NETUNREACH},  {"url=http://0.1.2.3/", ERR_NETUNREACH},
		{"url=http://10.0.2.255/", ERR_ACCES},      {"url=http://255.255.255.255/", ERR_ACCES},
		{"url=http://10.0.2.15/", ERR_ADDRNOTAVAIL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fresh();
		fake.connect_result = rows[i].error;
		fake.last_step = 3;
		assert_int_equal(run(rows[i].config, NULL, 0), STATUS_COULD_NOT_CONNECT);
		must_report("the address is not another host's (stopped before step 6)\n");
	}
	fresh();
	fake.connect_result = ERR_NETUNREACH;
	fake.last_step = 3;
	assert_int_equal(run("url=http://223.255.255.254/", NULL, 0), STATUS_COULD_NOT_CONNECT);
	must_report("no route: there is no gateway");
}

/* Whatever did not work because of that is status 111; what a server answered stays its answer. */
TEST(a_machine_without_an_address_reports_it)
{
	no_address = "no address from DHCP: the lease ended";
	fake.connect_result = ERR_ADDRNOTAVAIL;
	fake.last_step = 3;
	assert_int_equal(run(URL, NULL, 0), STATUS_NO_ADDRESS);
	must_report("no address from DHCP: the lease ended (stopped before step 6)\n");
	assert_null(strstr(result_line, "refused"));
	fresh();
	no_address = "no address from DHCP: the lease ended";
	assert_int_equal(run("url=http://example.org/", NULL, 0), STATUS_NO_ADDRESS);
	fresh();
	no_address = "no address from DHCP: the lease ended";
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n")),
			 STATUS_HTTP_STATUS);
	must_report("the server answered 404");
}

TEST(no_socket)
{
	fake.socket_result = ERR_NOMEM;
	assert_int_equal(run(URL, NULL, 0), STATUS_OUT_OF_MEMORY);
	must_report("no socket: out of memory");
	assert_false(fake.closed);
}

TEST(a_black_hole)
{
	fake.connect_at_ns = TIME_NEVER;
	fake.last_step = 8;
	assert_int_equal(run(URL "connect-timeout=2.5", NULL, 0), STATUS_TIMED_OUT);
	must_report("timed out after 2.500 s, waiting for the server's SYN-ACK (stopped before step 12)\n");
	assert_true(fake.aborted);
	fresh();
	fake.connect_at_ns = TIME_NEVER;
	fake.last_step = 7;
	assert_int_equal(run(URL, NULL, 0), STATUS_TIMED_OUT);
	must_report("timed out after 10.000 s, waiting for the next hop's ARP answer (stopped before step 8)\n");
	fresh();
	fake.connect_at_ns = TIME_NEVER;
	assert_int_equal(run(URL "connect-timeout=100", NULL, 0), STATUS_TIMED_OUT);
	must_report("timed out after 30.000 s"); /* the whole run's */
}

/* --- trouble after the connect -------------------------------------------------------------------- */

TEST(time_outs_report_what_was_waited_for)
{
	assert_int_equal(run(URL, NULL, 0), STATUS_TIMED_OUT);
	must_report("timed out after 30.000 s, waiting for the first byte of the answer\n");
	assert_null(strstr(lines, "stopped before"));
	assert_true(fake.aborted);
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-")), STATUS_TIMED_OUT);
	must_report("waiting for the rest of the header\n");
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")),
			 STATUS_TIMED_OUT);
	must_report("waiting for the rest of the body (5 of 9 bytes)\n");
	must_have(result_line, "\"size_download\":5");
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\n\r\nhello")), STATUS_TIMED_OUT);
	must_report("waiting for the rest of the body (5 bytes)\n");
	fresh();
	fake.send_room = 10;
	assert_int_equal(run(URL, NULL, 0), STATUS_TIMED_OUT);
	must_report("waiting for the server to take the request\n");
}

TEST(closed_without_an_answer)
{
	assert_int_equal(RUN(URL, EOF_AT(2)), STATUS_EMPTY_REPLY);
	must_report("the server closed without an answer\n");
	assert_true(fake.shut_down && !fake.aborted);
	fresh();
	assert_int_equal(RUN(URL, ERR_AT(2, ERR_CONNRESET)), STATUS_RECEIVE_FAILED);
	must_report("the server reset the connection without an answer\n");
	fresh();
	fake.send_error = ERR_PIPE;
	assert_int_equal(run(URL, NULL, 0), STATUS_RECEIVE_FAILED);
	fresh();
	fake.send_error = ERR_NETDOWN;
	assert_int_equal(run(URL, NULL, 0), STATUS_SEND_FAILED);
	must_report("could not send the request: network is down\n");
}

TEST(a_body_that_ends_early)
{
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), EOF_AT(3)),
			 STATUS_PARTIAL_BODY);
	must_report("http     the body is shorter than its Content-Length\n");
	must_report("the body is shorter than its Content-Length (5 of 9 bytes)\n");
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"),
			     ERR_AT(3, ERR_CONNRESET)), STATUS_RECEIVE_FAILED);
	must_report("the server reset the connection (5 of 9 bytes)\n");
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\n\r\nhello"), ERR_AT(3, ERR_CONNRESET)),
			 STATUS_RECEIVE_FAILED);
}

TEST(an_answer_that_is_wrong_is_shown)
{
	assert_int_equal(RUN(URL, AT(2, "SSH-2.0-x\r\n")), STATUS_UNSUPPORTED_PROTOCOL);
	must_report("http     the answer is not HTTP: \"SSH-2.0-x\"\n");
	assert_true(fake.aborted);
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: -1\x1b\r\n\r\n")),
			 STATUS_WEIRD_REPLY);
	must_report("http     Content-Length is not a length: \"Content-Length: -1\\x1b\"\n");
	fresh();
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")),
			 STATUS_RECEIVE_FAILED);
	must_report("http     a chunk's size is nonsense: \"zz\"\n");
	/* The header was fine and is reported before what came after it. */
	must_report("status 200 OK");
}

TEST(a_body_larger_than_allowed)
{
	assert_int_equal(RUN(URL "max-body=4", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")),
			 STATUS_BODY_TOO_LARGE);
	must_report("the body is larger than max-body= allows\n");
	must_have(result_line, "\"size_download\":0");
	assert_true(fake.aborted);
	fresh();
	assert_int_equal(RUN(URL "max-body=5", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")),
			 STATUS_OK);
}

/* A server that sends its callers round in circles gets one request, and the answer is reported. */
TEST(a_redirect_is_not_followed)
{
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 302 Found\r\nLocation: http://192.168.77.1/x?y\r\n"
					"Content-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(fake.sockets, 1);
	must_have(result_line, "\"http_code\":302");
	must_have(result_line, "\"num_redirects\":0,");
	must_have(result_line, ",\"redirect_url\":\"http://192.168.77.1/x?y\"}");
}

/* --- the end ------------------------------------------------------------------------------------- */

/* hold= begins when the work is done and is not part of timeout=. */
TEST(hold_keeps_the_machine_up)
{
	platform.hold_ns = 40 * NS_PER_S;
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(fake.now_ns, 40 * NS_PER_S + 2 * NS_PER_MS);
	assert_int_equal(order[n_events - 2], EVENT_HOLD);
	assert_int_equal(order[n_events - 3], EVENT_TRANSFER);
	must_have(result_line, "\"time_total\":0.002000");
}

/* --- count= and interval= ------------------------------------------------------------------------- */

TEST(one_get_has_no_summary)
{
	assert_int_equal(RUN(URL "count=1", OK_AT(2)), STATUS_OK);
	assert_int_equal(fake.sockets, 1);
	assert_int_equal(count_events(EVENT_HTTP_SUMMARY), 0);
	assert_null(strstr(transfer_line, "\"probe\""));
	assert_null(strstr(result_line, "\"probe\""));
}

TEST(several_gets_a_second_apart)
{
	/* Connected after 1 ms the first time and at once the others: 2, 4 and 6 ms. */
	assert_int_equal(RUN(URL "count=3", OK_AT(2), OK_AT(1004), OK_AT(2006)), STATUS_OK);
	assert_int_equal(fake.sockets, 3);
	assert_int_equal(fake.made_ns, 2 * NS_PER_S); /* from start to start */
	assert_int_equal(count_events(EVENT_APP_SOCKET), 3);
	assert_int_equal(count_events(EVENT_TRANSFER), 3);
	assert_int_equal(count_events(EVENT_RESULT), 1);
	must_report("http     1: GET http://192.168.77.1/x?y#z -> 200, 0 bytes in 2.0 ms\n");
	must_report("http     2: GET http://192.168.77.1/x?y#z -> 200, 0 bytes in 4.0 ms\n");
	must_report("http     3 of 3 sent, 3 ok, 0 % loss, min/avg/max/mdev 2.0/4.0/6.0/1.6 ms\n");
	must_report("result   ok: probe 3: GET http://192.168.77.1/x?y#z -> 200");
	must_have(transfer_line, "\"conn\":3,\"exitcode\":0,\"outcome\":\"ok\",\"probe\":3,");
	assert_int_equal(order[n_events - 2], EVENT_HTTP_SUMMARY);
	assert_true(fake.closed);
}

TEST(the_interval_is_from_start_to_start)
{
	assert_int_equal(RUN(URL "count=2 interval=.25", OK_AT(2), OK_AT(260)), STATUS_OK);
	assert_int_equal(fake.made_ns, NS_PER_S / 4);
	fresh();
	assert_int_equal(RUN(URL "count=2 interval=.25", OK_AT(700), OK_AT(701)), STATUS_OK);
	assert_int_equal(fake.made_ns, 700 * NS_PER_MS); /* no time to wait is left */
	fresh();
	assert_int_equal(RUN(URL "count=2 interval=0", OK_AT(3), OK_AT(4)), STATUS_OK);
	assert_int_equal(fake.made_ns, 3 * NS_PER_MS);
}

TEST(the_verdict_is_the_first_that_did_not_pass)
{
	fake.refused = 2;
	assert_int_equal(RUN(URL "count=4", OK_AT(2), OK_AT(2002),
			     AT(3002, "HTTP/1.1 500 ?\r\nContent-Length: 0\r\n\r\n")),
			 STATUS_COULD_NOT_CONNECT);
	assert_int_equal(fake.sockets, 4); /* one that failed does not end the series */
	must_report("http     2: GET http://192.168.77.1/x?y#z, 0 bytes in 0.0 ms: connection refused\n");
	must_report("http     4 of 4 sent, 2 ok, 50 % loss, min/avg/max/mdev 2.0/2.0/2.0/0.0 ms\n");
	must_report("result   failed: probe 2: GET http://192.168.77.1/x?y#z: connection refused");
}

TEST(a_series_of_failures_has_no_times)
{
	fake.connect_error = ERR_CONNREFUSED;
	assert_int_equal(run(URL "count=2", NULL, 0), STATUS_COULD_NOT_CONNECT);
	must_report("http     2 of 2 sent, 0 ok, 100 % loss\n");
	must_report("failed: probe 1: GET");
}

/* timeout= bounds the whole run: between two GETs, and within one. */
TEST(a_series_that_time_cuts_short_has_timed_out)
{
	assert_int_equal(RUN(URL "count=9 interval=20", OK_AT(2), OK_AT(20002)), STATUS_TIMED_OUT);
	assert_int_equal(fake.now_ns, 30 * NS_PER_S);
	must_report("http     2 of 9 sent, 2 ok, 0 % loss");
	must_report(": timed out after 30.000 s, with 2 of 9 GETs done\n");
	fresh();
	assert_int_equal(RUN(URL "count=3", OK_AT(2)), STATUS_TIMED_OUT);
	assert_int_equal(fake.sockets, 2);
	assert_int_equal(fake.now_ns, 30 * NS_PER_S);
	must_report("http     2 of 3 sent, 1 ok, 50 % loss");
	must_report("timed out after 29.000 s, waiting for the first byte of the answer\n");
	fresh();
	fake.refused = 1;
	assert_int_equal(RUN(URL "count=2 interval=40", OK_AT(2)), STATUS_COULD_NOT_CONNECT);
}

TEST(counts_and_intervals_that_make_no_sense)
{
	static const char *const bad[] = {"count=0", "count=", "count=-1", "count=1.5", "count=1000001",
					  "count=x", "interval=-1", "interval=", "interval=1s"};
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", bad[i], strlen(bad[i]),
					     &sink), 1);
	must_report("count=0: not a number from 1 to 1000000; allowed: 1 to 1000000\n");
	assert_int_equal(application.checks.count, 1);
	assert_int_equal(application.checks.interval_ns, NS_PER_S);
	configure("count=1000000 interval=0.5");
	assert_int_equal(application.checks.count, 1000000);
	assert_int_equal(application.checks.interval_ns, NS_PER_S / 2);
}

TEST(the_longest_url)
{
	static char config[CONFIG_TEXT_MAX + 4];

	memset(config, 'a', sizeof(config) - 1);
	memcpy(config, "url=http://10.0.0.1/", strlen("url=http://10.0.0.1/"));
	assert_int_equal(RUN(config, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(strlen(strstr(fake.sent, "/aaa")) > 2000, 1);
	must_have(fake.sent, "aaa HTTP/1.1\r\nHost: 10.0.0.1\r\n");
	must_have(result_line, "aaa\",\"url_effective\":\"http://10.0.0.1/aaa");
	must_have(result_line, "aaa\",\"urlnum\":0,");
	assert_null(strstr(result_line, "\"cut\""));
}
