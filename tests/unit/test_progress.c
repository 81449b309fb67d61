/* SPDX-License-Identifier: MIT */
/* machine/progress: no line before two seconds, one a second after that and never more, with values that
 * are right when they are said; and that everything that can take long says so. */
#include "tests/runner/unit.h"
#include "tests/unit/http_kit.h"

static const struct net_endpoint remote = {.port = 80};
static struct progress progress;
static struct progress_line line_now; /* what is said when it is asked for */
static unsigned asked;

static void describe(const void *ctx, struct progress_line *line)
{
	assert_ptr_equal(ctx, &line_now);
	*line = line_now;
	asked++;
}

static void fresh_progress(void)
{
	fresh();
	progress_init(&progress, &sink);
	line_now = (struct progress_line){.what = "waiting for the test"};
	asked = 0;
}

FIXTURE(fresh_progress, NULL);

static void begin(uint64_t deadline_ns, uint64_t now_ns)
{
	const struct progress_work work = {
		.describe = describe, .ctx = &line_now, .deadline_ns = deadline_ns};

	progress_begin(&progress, &work, now_ns);
}

/* As record() sees them: time is what `fake.now_ns` says. */
static uint64_t tick(uint64_t now_ns)
{
	fake.now_ns = now_ns;
	return progress_tick(&progress, now_ns);
}

static unsigned said(void)
{
	return count_events(EVENT_PROGRESS);
}

static void must_not_report(const char *text)
{
	if (strstr(lines, text) != NULL)
		fail_msg("\"%s\" in:\n%s", text, lines);
}

/* --- the rule ------------------------------------------------------------------------------------- */

TEST(two_seconds_of_silence)
{
	begin(TIME_NEVER, 10 * NS_PER_S);
	assert_int_equal(tick(12 * NS_PER_S - 1), 12 * NS_PER_S);
	assert_int_equal(said(), 0);
	assert_int_equal(tick(12 * NS_PER_S), 13 * NS_PER_S);
	assert_int_equal(said(), 1);
	must_report("] app      waiting for the test, 2.0 s so far\n");
}

TEST(one_a_second)
{
	begin(30 * NS_PER_S, 0);
	for (uint64_t ms = 0; ms <= 6000; ms += 10)
		tick(ms * NS_PER_MS);
	assert_int_equal(said(), 5); /* 2, 3, 4, 5, 6 */
	must_report("[   2.000000] app      waiting for the test, 2.0 s so far, 28.0 s still\n");
	must_report("[   6.000000] app      waiting for the test, 6.0 s so far, 24.0 s still\n");
}

/* A host that took the processor away makes a line late; the next keeps its distance. */
TEST(a_late_line_is_not_followed_by_an_early_one)
{
	begin(TIME_NEVER, 0);
	assert_int_equal(tick(7800 * NS_PER_MS), 8800 * NS_PER_MS);
	tick(8000 * NS_PER_MS);
	assert_int_equal(said(), 1);
}

/* A turn of a wait compares two numbers: whoever works is asked for nothing until a line is due. */
TEST(no_host_is_asked_before_it_is_time)
{
	begin(TIME_NEVER, 0);
	asked = 0;
	for (uint64_t us = 0; us < 2000000; us += 10)
		tick(us * NS_PER_US);
	assert_int_equal(asked, 0);
}

TEST(what_is_over_is_silent)
{
	assert_int_equal(tick(100 * NS_PER_S), TIME_NEVER);
	begin(TIME_NEVER, 100 * NS_PER_S);
	progress_end(&progress);
	assert_int_equal(tick(200 * NS_PER_S), TIME_NEVER);
	assert_int_equal(said(), 0);
}

/* Each waits two seconds by itself, and together they speak no more often than one would. */
TEST(one_thing_after_the_other)
{
	begin(TIME_NEVER, 0);
	tick(1900 * NS_PER_MS);
	begin(TIME_NEVER, 1900 * NS_PER_MS);
	assert_int_equal(tick(3800 * NS_PER_MS), 3900 * NS_PER_MS);
	assert_int_equal(said(), 0);
	tick(3900 * NS_PER_MS);
	assert_int_equal(said(), 1);
	must_report("2.0 s so far");
}

TEST(without_a_log_nothing_happens)
{
	progress_begin_wait(NULL, "waiting", TIME_NEVER, 0);
	assert_int_equal(progress_tick(NULL, 9 * NS_PER_S), TIME_NEVER);
	progress_end(NULL);
}

/* --- what it says --------------------------------------------------------------------------------- */

TEST(bytes_and_how_fast_they_come_now)
{
	line_now = (struct progress_line){.what = "receiving", .conn = 7, .has_bytes = true,
					  .has_of = true, .bytes = 1000, .of = 10000};
	begin(10 * NS_PER_S, 0);
	line_now.bytes = 5000;
	tick(2 * NS_PER_S); /* 4000 in 2 s */
	must_report("receiving: 5000 bytes of 10000, 2000 bytes/s, 2.0 s so far, 8.0 s still\n");
	line_now.bytes = 5500;
	tick(3250 * NS_PER_MS); /* 500 in 1.25 s */
	must_report("receiving: 5500 bytes of 10000, 400 bytes/s, 3.3 s so far, 6.8 s still\n");
	tick(4250 * NS_PER_MS);
	must_report("receiving: 5500 bytes of 10000, 0 bytes/s, 4.3 s so far");
}

static char machine_line[LOG_LINE_MAX];

static void record_json(struct event_sink *s, const struct event *ev)
{
	struct strbuf sb = strbuf_on(machine_line, sizeof(machine_line));

	(void)s;
	log_format_json(&sb, ev, 3 * NS_PER_S, 9);
}

TEST(the_machine_line)
{
	static struct event_sink json = {.emit = record_json};
	static const struct net_endpoint host = {.addr = {.family = NET_FAMILY_IPV4,
							  .bytes = {10, 0, 0, 1}}};

	progress_init(&progress, &json);
	line_now = (struct progress_line){.what = "waiting", .conn = 2, .dst = &host, .name = "x\n",
					  .has_bytes = true, .bytes = 3};
	begin(5 * NS_PER_S, NS_PER_S);
	progress_tick(&progress, 3 * NS_PER_S);
	assert_string_equal(machine_line,
			    "@dt {\"v\":1,\"seq\":9,\"t_us\":3000000,\"ev\":\"progress\",\"conn\":2,"
			    "\"what\":\"waiting\",\"ip\":\"10.0.0.1\",\"name\":\"x\\u000a\",\"bytes\":3,"
			    "\"rate\":0,\"time_so_far\":2.000000,\"time_left\":2.000000}");
}

/* --- who says it ---------------------------------------------------------------------------------- */

TEST(a_wait_in_a_blocking_call)
{
	fake.connect_at_ns = 4500 * NS_PER_MS;
	struct machine m = fake_machine;
	m.progress = &progress;
	begin(10 * NS_PER_S, 0);
	assert_int_equal(blocking_connect(&m, 3, &remote, 10 * NS_PER_S), ERR_OK);
	assert_int_equal(said(), 3); /* 2, 3, 4 */
	assert_true(fake.turns < 10);
}

TEST(a_connection_that_is_slow)
{
	fake.connect_at_ns = 3500 * NS_PER_MS;
	fake.last_step = 8;
	assert_int_equal(RUN(URL, OK_AT(3600)), STATUS_OK);
	assert_int_equal(said(), 2);
	must_report("[   2.000000] app      waiting for the server's SYN-ACK (192.168.77.1:80), 2.0 s so far, "
		 "8.0 s still\n");
	must_report("[   3.000000] app      waiting for the server's SYN-ACK");
}

TEST(a_host_that_does_not_answer_arp)
{
	fake.connect_at_ns = 2500 * NS_PER_MS;
	fake.last_step = 7;
	assert_int_equal(RUN(URL, OK_AT(2600)), STATUS_OK);
	must_report("waiting for the next hop's ARP answer (192.168.77.1:80)");
}

TEST(a_request_that_is_not_taken)
{
	fake.send_room = 10;
	fake.send_room_at_ns = 2500 * NS_PER_MS;
	assert_int_equal(RUN(URL, OK_AT(2600)), STATUS_OK);
	assert_int_equal(said(), 1);
	must_report("waiting for the server to take the request: 10 bytes of ");
}

TEST(a_download_that_is_slow)
{
	assert_int_equal(RUN(URL, AT(2500, "HTTP/1.1 200 OK\r\nContent-"), AT(3400, "Length: 9\r\n\r\n"),
			     AT(3700, "abcd"), AT(5200, "efghi")), STATUS_OK);
	assert_int_equal(said(), 4);
	must_report("[   2.001000] app      waiting for the first byte of the answer, 2.0 s so far, 28.0 s");
	must_report("[   3.001000] app      waiting for the rest of the header, 3.0 s so far");
	must_report("[   4.001000] app      waiting for the rest of the body: 4 bytes of 9, 4 bytes/s, 4.0");
	must_report("[   5.001000] app      waiting for the rest of the body: 4 bytes of 9, 0 bytes/s, 5.0");
	must_have(result_line, "\"size_download\":9");
}

TEST(a_close_that_is_slow)
{
	fake.fin_acked_at_ns = 2500 * NS_PER_MS;
	assert_int_equal(RUN(URL, OK_AT(2)), STATUS_OK);
	assert_int_equal(said(), 0); /* it is not waited for that long */
	must_report("has not acknowledged our FIN in 2.0 s: reset\n");
}

TEST(what_is_waited_for_on_purpose)
{
	fake.connect_error = ERR_CONNREFUSED;
	assert_int_equal(RUN(URL "retry=2 retry-connrefused=yes", EOF_AT(0)), STATUS_COULD_NOT_CONNECT);
	assert_int_equal(said(), 0); /* 1 s, then 2 s that end when the line is due */
	fresh_progress();
	assert_int_equal(RUN(URL "count=2 interval=3.5", OK_AT(2), OK_AT(3502)), STATUS_OK);
	assert_int_equal(said(), 2);
	must_report("waiting for the next round, 2.0 s so far, 1.5 s still\n");
	must_report("waiting for the next round, 3.0 s so far, 0.5 s still\n");
}

/* hold= is no work: its one line says how long it stays. */
TEST(staying_up_is_silent)
{
	platform.hold_ns = 60 * NS_PER_S;
	assert_int_equal(RUN(URL, OK_AT(2)), STATUS_OK);
	assert_true(fake.now_ns > 60 * NS_PER_S);
	assert_int_equal(said(), 0);
	must_not_report("so far");
}
