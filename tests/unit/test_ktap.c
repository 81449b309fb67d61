/* SPDX-License-Identifier: MIT */
/* log/ktap.c: what the events tell becomes the points of a KTAP report. */
#include <stdio.h>
#include <string.h>

#include "app/report.h"
#include "log/ktap.h"
#include "tests/runner/unit.h"

static struct ktap ktap;
static char report_text[1 << 17];

static void print(const char *line, size_t len)
{
	strncat(report_text, line, len);
	strcat(report_text, "\n");
}

static void note(struct event_sink *sink, const struct event *ev)
{
	(void)sink;
	if (ev->id == EVENT_RESULT)
		ktap_report(&ktap, ev, print);
	else
		ktap_note(&ktap, ev);
}

static struct event_sink sink = {.emit = note};

static void fresh(void)
{
	memset(&ktap, 0, sizeof(ktap));
	report_text[0] = '\0';
}

FIXTURE(fresh, NULL);

static void see(enum event_id id)
{
	event_emit(&sink, id, 0, 0, EV_NONE);
}

static void device_comes(const char *link)
{
	event_emit(&sink, EVENT_NETDEV_UP, 0, 0, EV_STR("name", "eth0"), EV_STR("link", link));
}

static void machine_comes_up(void)
{
	device_comes("up");
	see(EVENT_ARP_REQUEST); /* the address is probed for */
	see(EVENT_ADDR_SET);
}

/* The report of a transfer by http that went well. */
static struct report good(void)
{
	return (struct report){.method = "GET", .url = "http://h/", .url_effective = "http://h/",
			       .num_connects = 1, .http_code = 200};
}

static struct report bad(enum status status, unsigned step, const char *why)
{
	struct report r = good();

	r.exitcode = status;
	r.failed_step = step;
	r.errormsg = why;
	return r;
}

static void must_be(const char *expected)
{
	assert_string_equal(report_text, expected);
}

/* The report of a run of one check, whose phases are these. */
static void run_must_be(const struct report *r, const char *phases)
{
	report_transfer(&sink, 1, r);
	report_result(&sink, r);
	assert_memory_equal(report_text, "1..8\nok 1 - link\nok 2 - address\n", 32);
	assert_string_equal(report_text + 32, phases);
}

#define SKIPPED_TO_THE_END_FROM_DNS                                                            \
	"ok 5 - connect # SKIP not reached\n" SKIPPED_FROM_TLS
#define SKIPPED_FROM_TLS                                                                       \
	"ok 6 - tls # SKIP not reached\nok 7 - http # SKIP not reached\n"                      \
	"ok 8 - expect # SKIP not reached\n"
#define NO_DNS "ok 4 - dns # SKIP no name had to be looked up\n"

TEST(everything_came_about)
{
	struct report r = good();

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	see(EVENT_ARP_REPLY);
	see(EVENT_DNS_QUERY);
	r.url_effective = "https://h/";
	run_must_be(&r, "ok 3 - arp\nok 4 - dns\nok 5 - connect\nok 6 - tls\nok 7 - http\nok 8 - expect\n");
}

TEST(what_does_not_apply_is_skipped)
{
	struct report r = good();

	machine_comes_up();
	r.num_connects = 0;
	run_must_be(&r, "ok 3 - arp # SKIP the next hop was known\n" NO_DNS
			"ok 5 - connect # SKIP over a connection that was there\n"
			"ok 6 - tls # SKIP plain http\nok 7 - http\nok 8 - expect\n");
}

TEST(a_check_of_a_port_ends_with_the_connection)
{
	struct report r = good();

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	r.check = "connect";
	r.method = NULL;
	run_must_be(&r, "ok 3 - arp\n" NO_DNS "ok 5 - connect\nok 6 - tls # SKIP this check ends before\n"
			"ok 7 - http # SKIP this check ends before\nok 8 - expect # SKIP this check ends before\n");
}

/* --- what went wrong ----------------------------------------------------------------------------- */

TEST(no_host_answers_arp)
{
	struct report r = bad(STATUS_TIMED_OUT, 8, "no answer");

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	run_must_be(&r, "not ok 3 - arp # TIMEOUT status 28: no answer\nok 4 - dns # SKIP not reached\n"
			SKIPPED_TO_THE_END_FROM_DNS);
}

/* The name server's answer to ARP is what is missing. */
TEST(no_host_answers_arp_for_the_name_server)
{
	struct report r = bad(STATUS_NAME_NOT_RESOLVED, 1, "no");

	machine_comes_up();
	see(EVENT_DNS_QUERY);
	see(EVENT_ARP_REQUEST);
	run_must_be(&r, "not ok 3 - arp # status 6: no\nok 4 - dns # SKIP not reached\n"
			SKIPPED_TO_THE_END_FROM_DNS);
}

TEST(the_name_is_not_found)
{
	struct report r = bad(STATUS_NAME_NOT_RESOLVED, 1, "h: no such name");

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	see(EVENT_ARP_REPLY);
	see(EVENT_DNS_QUERY);
	run_must_be(&r, "ok 3 - arp\nnot ok 4 - dns # status 6: h: no such name\n"
			SKIPPED_TO_THE_END_FROM_DNS);
}

/* A sentence is whole also where it says what was refused. */
TEST(a_wait_that_fails_reports_what_came)
{
	static const char why[] =
		"timed out after 10.000 s, waiting for the server's SYN-ACK (3 times 'host unreachable' from "
		"192.0.2.1; 9 answers refused: 3 had a bad TCP checksum, 2 came in VLAN 7, 4 for other reasons)";
	struct report r = bad(STATUS_TIMED_OUT, 12, why);
	char line[400];

	machine_comes_up();
	report_transfer(&sink, 1, &r);
	report_result(&sink, &r);
	assert_in_range(snprintf(line, sizeof(line), "not ok 5 - connect # TIMEOUT status 28: %s\n", why),
			1, sizeof(line) - 1);
	assert_non_null(strstr(report_text, line));
}

TEST(the_look_up_takes_too_long)
{
	struct report r = bad(STATUS_TIMED_OUT, 1, "x");

	machine_comes_up();
	see(EVENT_DNS_QUERY);
	run_must_be(&r, "ok 3 - arp # SKIP the next hop was known\nnot ok 4 - dns # TIMEOUT status 28: x\n"
			SKIPPED_TO_THE_END_FROM_DNS);
}

TEST(it_is_refused)
{
	struct report r = bad(STATUS_COULD_NOT_CONNECT, 12, "connection refused");

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	see(EVENT_ARP_REPLY);
	run_must_be(&r, "ok 3 - arp\n" NO_DNS "not ok 5 - connect # status 7: connection refused\n"
			SKIPPED_FROM_TLS);
}

/* --- ping= ---------------------------------------------------------------------------------------- */

static struct report ping(enum status status, const char *why)
{
	return (struct report){.check = "ping", .url = "ping://h", .exitcode = status, .errormsg = why};
}

#define PING_ENDS                                                                              \
	"ok 6 - tls # SKIP this check ends before\nok 7 - http # SKIP this check ends before\n"  \
	"ok 8 - expect # SKIP this check ends before\n"

TEST(a_ping_has_its_reply_for_a_connection)
{
	struct report r = ping(STATUS_OK, NULL);

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	see(EVENT_ARP_REPLY);
	run_must_be(&r, "ok 3 - arp\n" NO_DNS "ok 5 - connect\n" PING_ENDS);
}

TEST(a_ping_without_a_reply)
{
	struct report r = ping(STATUS_TIMED_OUT, "x");

	machine_comes_up();
	see(EVENT_DNS_QUERY);
	r.time_namelookup_ns = NS_PER_MS;
	run_must_be(&r, "ok 3 - arp # SKIP the next hop was known\nok 4 - dns\n"
			"not ok 5 - connect # TIMEOUT status 28: x\n" PING_ENDS);
}

TEST(a_ping_whose_name_is_not_found_in_time)
{
	struct report r = ping(STATUS_TIMED_OUT, "x");

	machine_comes_up();
	see(EVENT_DNS_QUERY);
	run_must_be(&r, "ok 3 - arp # SKIP the next hop was known\nnot ok 4 - dns # TIMEOUT status 28: x\n"
			"ok 5 - connect # SKIP not reached\n" PING_ENDS);
}

TEST(a_ping_to_no_host)
{
	struct report r = ping(STATUS_COULD_NOT_CONNECT, "no");

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	run_must_be(&r, "not ok 3 - arp # status 7: no\nok 4 - dns # SKIP not reached\n"
			"ok 5 - connect # SKIP not reached\n" PING_ENDS);
}

/* Each status behind the connection is one phase's. */
TEST(behind_the_connection)
{
	static const struct {
		enum status status;
		const char *url, *point;
	} rows[] = {
		{STATUS_TLS_HANDSHAKE, "https://h/", "not ok 6 - tls # status 35: x\nok 7 - http # SKIP"},
		{STATUS_TLS_CERTIFICATE, "https://h/", "not ok 6 - tls # status 60: x\n"},
		{STATUS_TIMED_OUT, "https://h/", "not ok 6 - tls # TIMEOUT status 28: x\n"},
		{STATUS_TIMED_OUT, "http://h/", "not ok 7 - http # TIMEOUT status 28: x\nok 8 - expect # SKIP"},
		{STATUS_WEIRD_REPLY, "http://h/", "not ok 7 - http # status 8: x\n"},
		{STATUS_RECEIVE_FAILED, "http://h/", "not ok 7 - http # status 56: x\n"},
		{STATUS_TOO_MANY_REDIRECTS, "http://h/", "not ok 7 - http # status 47: x\n"},
		{STATUS_HTTP_STATUS, "http://h/", "ok 7 - http\nnot ok 8 - expect # status 22: x\n"},
		{STATUS_EXPECT_FAILED, "http://h/", "ok 7 - http\nnot ok 8 - expect # status 112: x\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct report r = bad(rows[i].status, 0, "x");

		fresh();
		machine_comes_up();
		r.url_effective = rows[i].url;
		report_transfer(&sink, 1, &r);
		report_result(&sink, &r);
		if (strstr(report_text, rows[i].point) == NULL || strstr(report_text, "ok 5 - connect\n") == NULL)
			fail_msg("no %s in %s", rows[i].point, report_text);
	}
}

#define ALL_SKIPPED                                                                            \
	"ok 3 - arp # SKIP not reached\nok 4 - dns # SKIP not reached\n"                       \
	"ok 5 - connect # SKIP not reached\n" SKIPPED_FROM_TLS

TEST(the_machine_itself)
{
	report_failure(&sink, STATUS_NO_DEVICE, "none");
	must_be("1..8\nnot ok 1 - link # status 110: none\nok 2 - address # SKIP not reached\n" ALL_SKIPPED);
	fresh();
	device_comes("down");
	report_failure(&sink, STATUS_COULD_NOT_CONNECT, "the network link is down");
	must_be("1..8\nnot ok 1 - link # status 7: the network link is down\n"
		"ok 2 - address # SKIP not reached\n" ALL_SKIPPED);
	fresh();
	device_comes("up");
	report_failure(&sink, STATUS_NO_ADDRESS, "nobody");
	must_be("1..8\nok 1 - link\nnot ok 2 - address # status 111: nobody\n" ALL_SKIPPED);
}

/* Such as a server's. */
TEST(a_run_without_checks)
{
	machine_comes_up();
	event_emit(&sink, EVENT_RESULT, 0, 0, EV_U64("exitcode", 0), EV_STR("outcome", "ok"));
	assert_memory_equal(report_text, "1..8\nok 1 - link\nok 2 - address\n"
			    "ok 3 - arp # SKIP nothing was checked\n", 70);
}

/* A verdict of none of these is a point of its own, so that a report never passes where a run fails. */
TEST(what_is_no_checks_is_one_point_more)
{
	struct report r = good();

	report_failure(&sink, STATUS_BAD_CONFIG, "see above");
	must_be("1..9\nok 1 - link # SKIP not reached\nok 2 - address # SKIP not reached\n" ALL_SKIPPED
		"not ok 9 - configuration # status 2: see above\n");
	fresh();
	machine_comes_up();
	report_transfer(&sink, 1, &r);
	report_failure(&sink, STATUS_PANIC, "divide error");
	assert_memory_equal(report_text, "1..9\n", 5);
	assert_non_null(strstr(report_text, "ok 8 - expect\nnot ok 9 - panic # status 119: divide error\n"));
	fresh();
	machine_comes_up();
	report_transfer(&sink, 1, &r);
	r = bad(STATUS_TIMED_OUT, 0, "with 1 of 9 GETs done");
	report_result(&sink, &r);
	assert_non_null(strstr(report_text, "not ok 9 - run # TIMEOUT status 28: with 1 of 9 GETs done\n"));
}

/* --- several ------------------------------------------------------------------------------------- */

static void transfer(unsigned number, unsigned probe, struct report r)
{
	r.urlnum = number;
	r.probe = probe;
	report_transfer(&sink, 1, &r);
}

TEST(several_checks_are_points_with_subtests)
{
	struct report r = bad(STATUS_HTTP_STATUS, 0, "404");

	machine_comes_up();
	see(EVENT_ARP_REQUEST);
	transfer(0, 0, good());
	r.url = "http://h/#x y";
	transfer(1, 0, r);
	report_result(&sink, &r);
	must_be("1..4\nok 1 - link\nok 2 - address\n"
		"  KTAP version 1\n  1..6\n  ok 1 - arp\n  ok 2 - dns # SKIP no name had to be looked up\n"
		"  ok 3 - connect\n  ok 4 - tls # SKIP plain http\n  ok 5 - http\n  ok 6 - expect\n"
		"ok 3 - http://h/\n"
		"  KTAP version 1\n  1..6\n  ok 1 - arp # SKIP the next hop was known\n"
		"  ok 2 - dns # SKIP no name had to be looked up\n  ok 3 - connect\n"
		"  ok 4 - tls # SKIP plain http\n  ok 5 - http\n  not ok 6 - expect # status 22: 404\n"
		"not ok 4 - http://h/%23x y # status 22: 404\n");
}

/* Of redirects and retries the last transfer counts, of rounds the first that did not pass. */
TEST(which_transfer_counts)
{
	struct report kept = good(), weird = bad(STATUS_WEIRD_REPLY, 0, "weird");

	machine_comes_up();
	kept.num_connects = weird.num_connects = 0;
	see(EVENT_ARP_REQUEST);
	transfer(0, 1, bad(STATUS_HTTP_STATUS, 0, "503"));
	transfer(0, 1, kept);
	transfer(0, 2, weird);
	transfer(0, 3, kept);
	report_result(&sink, &weird);
	must_be("1..8\nok 1 - link\nok 2 - address\nok 3 - arp\n" NO_DNS "ok 5 - connect\n"
		"ok 6 - tls # SKIP plain http\nnot ok 7 - http # status 8: weird\n"
		"ok 8 - expect # SKIP not reached\n");
}

TEST(a_second_verdict_is_silent)
{
	size_t len;

	report_failure(&sink, STATUS_NO_DEVICE, "none");
	len = strlen(report_text);
	report_failure(&sink, STATUS_PANIC, "x");
	assert_int_equal(strlen(report_text), len);
}

/* More checks than there is room for, and words longer than their room. */
TEST(it_is_bounded)
{
	static char words[4096];
	struct report r = bad(STATUS_HTTP_STATUS, 0, words);

	machine_comes_up();
	memset(words, '#', sizeof(words) - 1);
	r.url = words;
	for (unsigned i = 0; i < 3 * KTAP_CHECKS; i++)
		transfer(i, 0, r);
	report_result(&sink, &r);
	assert_memory_equal(report_text, "1..50\n", 6);
	assert_non_null(strstr(report_text, "not ok 50 - %23%23%23"));
	for (char *line = strtok(report_text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		assert_in_range(strlen(line), 4, KTAP_NAME_MAX + KTAP_WHY_MAX + 40);
}
