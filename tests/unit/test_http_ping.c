/* SPDX-License-Identifier: MIT */
/* ping=: requests, replies that are right, and every way in which there is none. */
#include "tests/runner/unit.h"
#include "tests/unit/http_kit.h"

static const struct net_addr router = {.family = NET_FAMILY_IPV4, .bytes = {10, 0, 0, 254}};

#define P "ping=10.0.0.9 "
#define URL_OF_OURS "url=http://10.0.0.1/"
#define ECHO_AT(ms) {.at_ns = (ms) * NS_PER_MS, .bytes = fake_echo, .len = FAKE_ECHO_LEN}
#define MESSAGE(n) ((const uint8_t *)fake.sent + (n) * FAKE_ECHO_LEN)

/* A datagram socket sends without having connected first. */
static void fresh_ping(void)
{
	fresh();
	fake.connect_result = ERR_OK;
	fake.connect_at_ns = 0;
}

FIXTURE(fresh_ping, NULL);

static unsigned requests(void)
{
	return count_events(EVENT_ICMP_ECHO_SENT);
}

/* --- it answers ---------------------------------------------------------------------------------- */

TEST(a_host_that_answers)
{
	fake.now_ns = NS_PER_S;
	assert_int_equal(RUN(P, ECHO_AT(1003)), STATUS_OK);
	assert_int_equal(net_addr_to_ipv4(&fake.remote.addr), 0x0a000009);
	must_report("[   1.000000] icmp     echo request to 10.0.0.9 given to the socket, id 49153 seq 1, 64 bytes\n");
	must_report("[   1.003000] icmp     echo reply from 10.0.0.9, id 0 seq 1, 64 bytes, ttl 61, after 3000 us\n");
	must_report("http     ping ping://10.0.0.9 in 3.0 ms\n");
	must_report("result   ok: ping ping://10.0.0.9, first byte 3.0 ms, total 3.0 ms\n");
	must_have(transfer_line, "\"exitcode\":0,\"outcome\":\"ok\",\"check\":\"ping\",\"url\":\"ping://10.0.0.9\","
				 "\"url_effective\":\"ping://10.0.0.9\",\"urlnum\":0,\"scheme\":\"ping\",\"http_code\":0,"
				 "\"size_request\":64,\"size_upload\":0,\"size_header\":0,\"size_download\":56,");
	must_have(transfer_line, "\"remote_ip\":\"10.0.0.9\",\"local_ip\":\"10.0.2.15\",\"time_namelookup\":0.000000,"
				 "\"time_connect\":0.000000,\"time_appconnect\":0.000000,\"time_pretransfer\":0.000000,"
				 "\"time_starttransfer\":0.003000,\"time_redirect\":0.000000,\"time_total\":0.003000,"
				 "\"num_connects\":0");
	assert_true(fake.closed);
	assert_int_equal(fake.sent_len, 64);
	assert_int_equal(MESSAGE(0)[0], 8);
	assert_int_equal(requests(), 1);
}

TEST(the_payload_is_drawn_for_each_check)
{
	assert_int_equal(RUN(P "ping=10.0.0.8", ECHO_AT(1), ECHO_AT(2)), STATUS_OK);
	assert_int_equal(fake.sent_len, 128);
	assert_true(memcmp(MESSAGE(0) + 8, MESSAGE(1) + 8, 56) != 0);
	assert_true(MESSAGE(0)[9] != MESSAGE(0)[10]);
}

TEST(a_name_is_looked_up)
{
	assert_int_equal(RUN("ping=printer host=printer:10.0.0.7", ECHO_AT(1)), STATUS_OK);
	assert_int_equal(net_addr_to_ipv4(&fake.remote.addr), 0x0a000007);
	must_report("ok: ping ping://printer,");
	assert_int_equal(RUN("ping=nobody", ERR_AT(1, ERR_IO)), STATUS_NAME_NOT_RESOLVED);
	must_report("failed: ping ping://nobody: nobody: there is no name server to ask\n");
}

/* --- what is lost ---------------------------------------------------------------------------------- */

TEST(a_lost_request_is_followed_by_another)
{
	assert_int_equal(RUN(P, ECHO_AT(2005)), STATUS_OK);
	assert_int_equal(requests(), 3);
	must_report("[   1.000000] icmp     echo request to 10.0.0.9 given to the socket, id 49153 seq 2, 64 bytes "
		 "(try 2)\n");
	must_report("seq 3, 64 bytes, ttl 61, after 5000 us");
	must_have(transfer_line, "\"time_pretransfer\":2.000000");
	must_have(transfer_line, "\"time_starttransfer\":2.005000");
}

/* The round trip is that of the request that it answers. */
TEST(a_late_reply_counts_for_its_own_request)
{
	assert_int_equal(RUN(P, {.at_ns = 1500 * NS_PER_MS, .bytes = fake_echo, .len = 64, .seq_off = -1}),
			 STATUS_OK);
	must_report("seq 1, 64 bytes, ttl 61, after 1500000 us");
	must_have(transfer_line, "\"time_pretransfer\":0.000000");
	assert_int_equal(requests(), 2);
}

TEST(no_host_answers)
{
	assert_int_equal(RUN(P "connect-timeout=6", ERR_AT(60000, ERR_IO)), STATUS_TIMED_OUT);
	assert_int_equal(requests(), 3);
	assert_true(fake.now_ns == 6 * NS_PER_S);
	must_report("result   failed: ping ping://10.0.0.9, total 6000.0 ms: timed out after 6.000 s, waiting for "
		 "the echo reply (3 requests)\n");
	must_report("[   2.000000] app      waiting for the echo reply (10.0.0.9), 2.0 s so far, 4.0 s still\n");
	assert_int_equal(count_events(EVENT_PROGRESS), 4);
	assert_true(fake.closed);
}

TEST(the_run_ends_first)
{
	assert_int_equal(RUN(P "max-time=0.5", ERR_AT(60000, ERR_IO)), STATUS_TIMED_OUT);
	must_report("timed out after 0.500 s, waiting for the echo reply\n");
	assert_int_equal(requests(), 1);
}

TEST(retry_tries_all_of_it_again)
{
	assert_int_equal(RUN(P "connect-timeout=1.5 retry=1", ECHO_AT(2600)), STATUS_OK);
	must_report("retry 1 of 1 in 1.000000 s: timed out after 1.500 s, waiting for the echo reply (2 requests)");
	assert_int_equal(requests(), 3);
	must_have(transfer_line, "\"num_retries\":1");
}

/* --- who says no ------------------------------------------------------------------------------------ */

TEST(no_host_has_that_address)
{
	assert_int_equal(RUN(P, ERR_AT(3000, ERR_HOSTUNREACH)), STATUS_COULD_NOT_CONNECT);
	must_report("failed: ping ping://10.0.0.9, total 3000.0 ms: no ARP answer from the next hop\n");
}

/* As the socket has kept them: each code of ICMP has its own. */
TEST(in_the_routers_words)
{
	fake.error_by = 0x0a0000fe;
	refused_add_from(&fake.awaited.said, "communication prohibited", &router);
	assert_int_equal(RUN(P, ERR_AT(3, ERR_HOSTUNREACH)), STATUS_COULD_NOT_CONNECT);
	must_report(": communication prohibited, says 10.0.0.254\n");
	fresh_ping();
	fake.error_by = 0x0a0000fe;
	for (unsigned i = 0; i < 2; i++)
		refused_add_from(&fake.awaited.said, "communication prohibited", &router);
	refused_add(&fake.awaited.refused, REFUSED_WITH("came in VLAN", REFUSED_NUMBER, 7));
	assert_int_equal(RUN(P, ERR_AT(3, ERR_HOSTUNREACH)), STATUS_COULD_NOT_CONNECT);
	must_report(": communication prohibited, says 10.0.0.254 (1 answer refused: it came in VLAN 7)\n");
	must_have(result_line, "\"refused\":1,\"refused_why\":\"1 came in VLAN 7\"");
}

TEST(replies_that_were_refused)
{
	refused_add(&fake.awaited.refused, REFUSED("had a bad ICMP checksum"));
	assert_int_equal(RUN(P "connect-timeout=2.5", {.at_ns = TIME_NEVER}), STATUS_TIMED_OUT);
	must_report("waiting for the echo reply (3 requests) (1 answer refused: it had a bad ICMP checksum)\n");
	must_have(result_line, "\"refused\":1,\"refused_why\":\"1 had a bad ICMP checksum\"");
}

TEST(no_arp_answer_within_a_bound)
{
	fake.awaited.unresolved_ns = 5 * NS_PER_S;
	assert_int_equal(RUN(P "connect-timeout=5", {.at_ns = TIME_NEVER}), STATUS_COULD_NOT_CONNECT);
	must_report(": no ARP answer from the next hop in 5.0 s\n");
	assert_int_equal(fake.resolve_ms, 5000);
	fresh_ping();
	fake.awaited.unresolved_ns = 4 * NS_PER_S;
	fake.awaited.link_down = true;
	assert_int_equal(RUN(P "connect-timeout=4", {.at_ns = TIME_NEVER}), STATUS_COULD_NOT_CONNECT);
	must_report(": no ARP answer from the next hop in 4.0 s, the link is down\n");
}

TEST(a_router_refuses)
{
	static const struct {
		int err;
		const char *text;
	} rows[] = {
		{ERR_HOSTUNREACH, ": host unreachable, says 10.0.0.254\n"},
		{ERR_NETUNREACH, ": network unreachable, says 10.0.0.254\n"},
		{ERR_CONNREFUSED, ": port unreachable, says 10.0.0.254\n"},
		{ERR_NOPROTOOPT, ": protocol unreachable, says 10.0.0.254\n"},
		{ERR_PROTO, ": protocol error, says 10.0.0.254\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fresh_ping();
		fake.error_by = 0x0a0000fe;
		assert_int_equal(RUN(P, ERR_AT(2, rows[i].err)), STATUS_COULD_NOT_CONNECT);
		must_report(rows[i].text);
		assert_int_equal(requests(), 1);
	}
}

TEST(where_no_request_can_go)
{
	fake.connect_result = ERR_NETUNREACH;
	assert_int_equal(RUN(P, ECHO_AT(1)), STATUS_COULD_NOT_CONNECT);
	must_report("no route: there is no gateway");
	fake.connect_result = ERR_ACCES; /* a broadcast address */
	assert_int_equal(RUN(P, ECHO_AT(1)), STATUS_COULD_NOT_CONNECT);
	must_report("the address is not another host's");
	assert_int_equal(requests(), 0);
	fake.socket_result = ERR_MFILE;
	assert_int_equal(RUN(P, ECHO_AT(1)), STATUS_OUT_OF_MEMORY);
}

/* --- replies that are wrong -------------------------------------------------------------------------- */

TEST(a_payload_that_is_another)
{
	assert_int_equal(RUN(P, {.at_ns = NS_PER_MS, .bytes = fake_echo, .len = 64, .damaged_at = 8}),
			 STATUS_WEIRD_REPLY);
	must_report(": the echo reply is not the request's: byte 1 of the payload is another\n");
	fresh_ping();
	assert_int_equal(RUN(P, {.at_ns = NS_PER_MS, .bytes = fake_echo, .len = 64, .damaged_at = 63}),
			 STATUS_WEIRD_REPLY);
	must_report("byte 56 of the payload is another");
	must_report("echo reply from 10.0.0.9"); /* the event is there: it came */
}

TEST(a_payload_of_another_length)
{
	assert_int_equal(RUN(P, {.at_ns = NS_PER_MS, .bytes = fake_echo, .len = 63}), STATUS_WEIRD_REPLY);
	must_report("the echo reply is not the request's: 55 bytes of payload, sent were 56\n");
	fresh_ping();
	assert_int_equal(RUN(P, {.at_ns = NS_PER_MS, .bytes = fake_echo, .len = 65}), STATUS_WEIRD_REPLY);
	fresh_ping();
	assert_int_equal(RUN(P, {.at_ns = NS_PER_MS, .bytes = fake_echo, .len = 8}), STATUS_WEIRD_REPLY);
	must_report("0 bytes of payload");
}

/* A reply to a request that was never sent is not ours; the right one still counts. */
TEST(sequence_numbers_that_are_not_ours)
{
	assert_int_equal(RUN(P, {.at_ns = NS_PER_MS, .bytes = fake_echo, .len = 64, .seq_off = 1},
			     {.at_ns = 2 * NS_PER_MS, .bytes = fake_echo, .len = 64, .seq_off = -1}, ECHO_AT(3)),
			 STATUS_OK);
	must_report("seq 1, 64 bytes, ttl 61, after 3000 us");
	assert_int_equal(count_events(EVENT_ICMP_ECHO_REPLY), 1);
}

/* --- with others ------------------------------------------------------------------------------------- */

TEST(it_comes_before_all_else)
{
	assert_int_equal(RUN(URL_OF_OURS " tcp=10.0.0.2:5 " P, ECHO_AT(1), OK_AT(2)), STATUS_OK);
	assert_int_equal(count_events(EVENT_TRANSFER), 3);
	const char *ping = strstr(lines, "ping ping://10.0.0.9 in"), *tcp = strstr(lines, "connect tcp://");
	assert_true(ping != NULL && tcp != NULL && ping < tcp);
	must_have(transfer_line, "\"method\":\"GET\"");
}

TEST(the_lowest_failure_is_the_verdict)
{
	assert_int_equal(RUN(URL_OF_OURS " " P, ERR_AT(1, ERR_HOSTUNREACH),
			     AT(2, "HTTP/1.1 500 ?\r\nContent-Length: 0\r\n\r\n")), STATUS_COULD_NOT_CONNECT);
	must_have(result_line, "\"check\":\"ping\",\"url\":\"ping://10.0.0.9\",\"url_effective\":\"ping://10.0.0.9\"");
	must_have(transfer_line, "\"exitcode\":22");
}

/* In a series each round is one request, and one that is lost is a loss; times are round trips. */
TEST(a_series_counts_what_is_lost)
{
	assert_int_equal(RUN(P "count=3 interval=2 connect-timeout=1.5", ECHO_AT(4), ECHO_AT(4002)),
			 STATUS_TIMED_OUT);
	assert_int_equal(requests(), 3);
	must_report("seq 1, 64 bytes, ttl 61, after 4000 us");
	must_report("seq 3, 64 bytes, ttl 61, after 2000 us");
	must_report("3 of 3 sent, 2 ok, 34 % loss, min/avg/max/mdev 2.0/3.0/4.0/1.0 ms\n");
}

/* A name whose look-up takes time does not make the way to the host longer. */
TEST(the_times_of_a_series_are_round_trips)
{
	fake.tick_ns = 100 * NS_PER_US; /* each look at the clock: time passes also where nobody waits */
	assert_int_equal(RUN(P "count=2 interval=1", ECHO_AT(500), ECHO_AT(1500)), STATUS_OK);
	char *at = strstr(lines, "after ");
	assert_non_null(at);
	unsigned long first_us = strtoul(at + 6, NULL, 10), second_us = strtoul(strstr(at + 1, "after ") + 6, NULL, 10);
	char text[64];
	snprintf(text, sizeof(text), "min/avg/max/mdev %lu.%lu/", MIN(first_us, second_us) / 1000,
		 (MIN(first_us, second_us) % 1000 + 50) / 100);
	must_report(text);
}

TEST(what_is_no_host)
{
	static const char *const bad[] = {"", "a b", "http://x", "10.0.0.1:80", "10.0.0.256", "x/y", "u@h", ":",
					  "x:", "a..b", "[::1]"};
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (config_read_value(&tables, "test", "ping", 4, bad[i], strlen(bad[i]), &sink) != 1)
			fail_msg("accepted: %s", bad[i]);
	}
	must_report("not a host; allowed: host");
	assert_int_equal(app_config_check(&sink), 0); /* what is missing was said */
	for (unsigned i = 0; i <= HTTP_PING_MAX; i++)
		assert_int_equal(config_read_value(&tables, "later", "ping", 4, "a.b", 3, &sink),
				 i == HTTP_PING_MAX);
	must_report("more than 16 of them");
}

/* A dot behind an address is none of it, here as in a URL. */
TEST(an_address_with_a_dot)
{
	configure("ping=10.0.0.1. tcp=10.0.0.1.:80");
	assert_int_equal(application.checks.pings.entry[0].host_len, strlen("10.0.0.1"));
	assert_int_equal(application.checks.tcps.entry[0].host_len, strlen("10.0.0.1"));
	assert_string_equal(application.checks.pings.entry[0].text, "ping://10.0.0.1.");
	assert_int_equal(application.checks.tcps.entry[0].port, 80);
}
