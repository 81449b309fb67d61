/* SPDX-License-Identifier: MIT */
/* app/http: waits that fail, and closing: what their sentences say, and how long they are. */
#include "tests/runner/unit.h"
#include "tests/unit/http_kit.h"

static const struct net_addr router = {.family = NET_FAMILY_IPV4, .bytes = {192, 0, 2, 1}};

FIXTURE(fresh, NULL);

/* --- closing ---------------------------------------------------------------------------------------- */

/* Two seconds for the FIN's acknowledgment, no part of the transfer's time; less where the run ends. */
TEST(a_close_that_hangs_does_not_change_the_verdict)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(fake.now_ns, 2 * NS_PER_MS + 2 * NS_PER_S);
	assert_true(fake.aborted);
	must_have(result_line, "\"time_total\":0.002000");
	must_report("192.168.77.1:80 has not acknowledged our FIN in 2.0 s: reset\n");
	assert_int_equal(count_events(EVENT_CLOSE_ABANDONED), 1);
}

/* The run ends with the acknowledgment, not with whatever wakes the machine next. */
TEST(a_close_ends_when_it_is_acknowledged)
{
	fake.fin_acked_at_ns = 10 * NS_PER_MS;
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(fake.now_ns, 10 * NS_PER_MS);
	assert_int_equal(count_events(EVENT_CLOSE_ABANDONED), 0);
}

TEST(a_close_that_hangs_ends_with_the_run)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	assert_int_equal(RUN(URL, AT(29500, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_int_equal(fake.now_ns, 30 * NS_PER_S);
	must_report("has not acknowledged our FIN in 0.5 s: reset\n");
}

/* Rounds begin when they are due, whatever the server makes of our FINs. */
TEST(a_close_that_hangs_delays_no_round)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	assert_int_equal(RUN(URL " count=5 interval=1 ", OK_AT(2), OK_AT(1002), OK_AT(2002), OK_AT(3002),
			     OK_AT(4002)), STATUS_OK);
	assert_int_equal(fake.made_ns, 4 * NS_PER_S);
	assert_int_equal(count_events(EVENT_CLOSE_ABANDONED), 5);
	assert_int_equal(fake.now_ns, 4002 * NS_PER_MS + 2 * NS_PER_S);
	must_report("5 of 5 sent, 5 ok, 0 % loss, min/avg/max/mdev 2.0/2.0/2.0/0.0 ms\n");
}

/* Nor where more of them hang than there are places: the oldest gives up its own. */
TEST(many_closes_that_hang_delay_no_round)
{
	fake.fin_acked_at_ns = TIME_NEVER;
	assert_int_equal(RUN(URL " count=12 interval=0.01 ", OK_AT(2), OK_AT(12), OK_AT(22), OK_AT(32),
			     OK_AT(42), OK_AT(52), OK_AT(62), OK_AT(72), OK_AT(82), OK_AT(92), OK_AT(102),
			     OK_AT(112)), STATUS_OK);
	assert_int_equal(fake.made_ns, 110 * NS_PER_MS);
	assert_int_equal(count_events(EVENT_CLOSE_ABANDONED), 12);
	assert_int_equal(fake.now_ns, 112 * NS_PER_MS + 2 * NS_PER_S);
	must_report("12 of 12 sent, 12 ok, 0 % loss, min/avg/max/mdev 2.0/2.0/2.0/0.0 ms\n");
}

/* --- what came meanwhile --------------------------------------------------------------------------- */

static void refuse(struct refused_reason why, unsigned times)
{
	while (times-- > 0)
		refused_add(&fake.awaited.refused, why);
}

static void say(const char *what, unsigned times)
{
	while (times-- > 0)
		refused_add_from(&fake.awaited.said, what, &router);
}

TEST(a_wait_that_fails_reports_what_came)
{
	fake.connect_at_ns = TIME_NEVER;
	fake.last_step = 8;
	refuse(REFUSED("had a bad TCP checksum"), 3);
	refuse(REFUSED_WITH("came in VLAN", REFUSED_NUMBER, 7), 2);
	assert_int_equal(RUN(URL, {0}), STATUS_TIMED_OUT);
	must_report("timed out after 10.000 s, waiting for the server's SYN-ACK (5 answers refused: "
		 "3 had a bad TCP checksum, 2 came in VLAN 7) (stopped before step 12)\n");
	must_have(result_line, "\"refused\":5,\"refused_why\":\"3 had a bad TCP checksum, 2 came in VLAN 7\"");
}

TEST(icmp_errors_are_named_also_where_they_end_nothing)
{
	fake.connect_at_ns = TIME_NEVER;
	fake.last_step = 8;
	say("host unreachable", 3);
	assert_int_equal(RUN(URL, {0}), STATUS_TIMED_OUT);
	must_report("waiting for the server's SYN-ACK (3 times 'host unreachable' from 192.0.2.1) (stopped");
	fresh();
	fake.last_step = 8;
	fake.connect_error = ERR_HOSTUNREACH;
	say("communication prohibited", 1);
	assert_int_equal(RUN(URL, {0}), STATUS_COULD_NOT_CONNECT);
	must_report("host unreachable, says the network (once 'communication prohibited' from 192.0.2.1) (stopped");
}

TEST(an_answer_that_came_has_no_refusals)
{
	refuse(REFUSED("had a bad TCP checksum"), 1);
	assert_int_equal(RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), STATUS_OK);
	assert_null(strstr(result_line, "refused"));
}

TEST(a_silent_server_and_what_came)
{
	refuse(REFUSED("had a bad TCP checksum"), 2);
	assert_int_equal(RUN(URL, {.at_ns = TIME_NEVER}), STATUS_TIMED_OUT);
	must_report("waiting for the first byte of the answer (2 answers refused: all had a bad TCP checksum)\n");
}

/* The network's sentence, and its numbers. */
TEST(no_address_and_what_came)
{
	struct refused network = {0};

	refused_add(&network, REFUSED_WITH("came in VLAN", REFUSED_NUMBER, 7));
	no_address = "no address from DHCP: (1 answer refused: it came in VLAN 7)";
	refused_meanwhile = &network;
	fake.connect_result = ERR_ADDRNOTAVAIL;
	fake.last_step = 3;
	refuse(REFUSED("had a bad TCP checksum"), 2);
	assert_int_equal(RUN(URL, {0}), STATUS_NO_ADDRESS);
	must_have(result_line, "\"refused\":1,\"refused_why\":\"1 came in VLAN 7\"");
	must_have(transfer_line, "\"refused\":1,\"refused_why\":\"1 came in VLAN 7\"");
}

/* TCP itself gave up: on the request that nobody acknowledged. */
TEST(a_connection_that_times_out_reports_what_came)
{
	say("host unreachable", 2);
	refuse(REFUSED("came truncated"), 1);
	assert_int_equal(RUN(URL, {.at_ns = NS_PER_S, .err = ERR_HOSTUNREACH}), STATUS_RECEIVE_FAILED);
	must_report("(2 times 'host unreachable' from 192.0.2.1; 1 answer refused: it came truncated)\n");
	must_have(result_line, "\"refused\":1");
}

/* --- how long ARP is asked for ---------------------------------------------------------------------- */

TEST(the_bound_on_arp_comes_from_the_configuration)
{
	(void)RUN(URL, AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
	assert_int_equal(fake.resolve_ms, 0);
	fresh();
	(void)RUN(URL "connect-timeout=25 ", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
	assert_int_equal(fake.resolve_ms, 25000);
	fresh();
	(void)RUN(URL "retry=1 ", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
	assert_int_equal(fake.resolve_ms, 10000);
	fresh();
	platform.timeout_given = true;
	(void)RUN(URL "connect-timeout=50 ", AT(2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
	assert_int_equal(fake.resolve_ms, 30000);
}

/* However it ends, no ARP answer is 7; what was shorter than the usual three requests is a time-out. */
TEST(no_arp_answer_within_a_bound)
{
	fake.connect_at_ns = TIME_NEVER;
	fake.last_step = 7;
	fake.awaited.unresolved_ns = 20 * NS_PER_S;
	assert_int_equal(RUN(URL "connect-timeout=20 ", {0}), STATUS_COULD_NOT_CONNECT);
	must_report("no ARP answer from the next hop in 20.0 s (stopped before step 8)\n");
	fresh();
	fake.connect_at_ns = TIME_NEVER;
	fake.last_step = 7;
	fake.awaited.unresolved_ns = NS_PER_S;
	assert_int_equal(RUN(URL "connect-timeout=1 ", {0}), STATUS_TIMED_OUT);
	must_report("timed out after 1.000 s, waiting for the next hop's ARP answer (stopped before step 8)\n");
}

TEST(no_arp_answer_is_tried_again)
{
	fake.last_step = 7;
	fake.connect_at_ns = 4 * NS_PER_S;
	fake.connect_error = ERR_HOSTUNREACH;
	assert_int_equal(RUN(URL "retry=2 ", {0}), STATUS_COULD_NOT_CONNECT);
	assert_int_equal(fake.sockets, 3);
	must_have(result_line, "\"num_retries\":2");
	fresh();
	fake.connect_error = ERR_HOSTUNREACH; /* this one the network says */
	fake.last_step = 8;
	assert_int_equal(RUN(URL "retry=2 ", {0}), STATUS_COULD_NOT_CONNECT);
	assert_int_equal(fake.sockets, 1);
}

