/* SPDX-License-Identifier: MIT */
/* log/log.c and its waiting room: which line goes to which port, and that none is lost silently.
 * The ports and the clock of this test stand in for the machine's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log/log.h"
#include "log/hold.h"
#include "tests/runner/unit.h"

static char printed[2][3 * LOG_HOLD_BYTES];
static bool has_second;
static uint64_t now_ns;

static uint64_t clock_of_test(void)
{
	return now_ns;
}

static bool has_port(enum log_port port)
{
	return port == LOG_FIRST || has_second;
}

static uint32_t lost[2];

static uint32_t consume_lost(enum log_port port)
{
	uint32_t lines = lost[port];

	lost[port] = 0;
	return lines;
}

static void write_line(enum log_port port, const char *line, size_t len)
{
	strncat(printed[port], line, len);
	strcat(printed[port], "\n");
}

static const struct log_output output = {
	.now_ns = clock_of_test,
	.has_port = has_port,
	.write_line = write_line,
	.consume_lost = consume_lost,
};

static void emit_cpu(void)
{
	now_ns += NS_PER_US;
	event_emit(log_sink(), EVENT_CPU, 0, 0, EV_STR("vendor", "V"));
}

#define TEXT(us) "[   0.00000" #us "] cpu      V\n"
#define JSON(seq, us)                                                                          \
	"@dt {\"v\":1,\"seq\":" #seq ",\"t_us\":" #us ",\"ev\":\"cpu\",\"vendor\":\"V\"}\n"

/* The log is decided once per boot, so each test boots: it runs in a process of its own. */
static void boot(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		log_open(&output);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void must_be(enum log_port port, const char *expected)
{
	if (strcmp(printed[port], expected) == 0)
		return;
	fprintf(stderr, "port %d has:\n%sinstead of:\n%s", port, printed[port], expected);
	_exit(1);
}

static void text_body(void)
{
	emit_cpu();
	must_be(LOG_FIRST, "");
	log_set_mode(LOG_TEXT);
	must_be(LOG_FIRST, TEXT(1));
	emit_cpu();
	must_be(LOG_FIRST, TEXT(1) TEXT(2));
	must_be(LOG_SECOND, "");
}

static void json_body(void)
{
	emit_cpu();
	log_set_mode(LOG_JSON);
	emit_cpu();
	must_be(LOG_FIRST, JSON(1, 1) JSON(2, 2));
}

static void both_body(void)
{
	emit_cpu();
	log_set_mode(LOG_BOTH);
	emit_cpu();
	must_be(LOG_FIRST, TEXT(1) JSON(1, 1) TEXT(2) JSON(2, 2));
}

static void second_port_body(void)
{
	has_second = true;
	emit_cpu();
	log_set_mode(LOG_TEXT);
	emit_cpu();
	must_be(LOG_FIRST, TEXT(1) TEXT(2));
	must_be(LOG_SECOND, JSON(1, 1) JSON(2, 2));
}

/* What was held and what comes are diagnostic lines, between the version and the points. */
static void ktap_body(void)
{
	has_second = true;
	emit_cpu();
	log_set_mode(LOG_KTAP);
	emit_cpu();
	must_be(LOG_FIRST, "KTAP version 1\n# " TEXT(1) "# " TEXT(2));
	must_be(LOG_SECOND, JSON(1, 1) JSON(2, 2));
	event_emit(log_sink(), EVENT_RESULT, 0, 0, EV_U64("exitcode", 110), EV_STR("outcome", "failed"),
		   EV_STR("errormsg", "x"));
	assert_non_null(strstr(printed[LOG_FIRST],
			       "# [   0.000002] result   failed: x\n1..8\nnot ok 1 - link # status 110: x\n"));
	assert_null(strstr(printed[LOG_SECOND], "1..8"));
}

static void lost_body(void)
{
	has_second = true;
	log_set_mode(LOG_TEXT);
	emit_cpu();
	lost[LOG_SECOND] = 7;
	emit_cpu();
	must_be(LOG_FIRST, TEXT(1) "[   0.000002] log      7 lines are lost: the second serial port did "
				       "not take them in time\n" TEXT(2));
	must_be(LOG_SECOND, JSON(1, 1) "@dt {\"v\":1,\"seq\":2,\"t_us\":2,\"ev\":\"log.lost\",\"lines\":7,"
				"\"port\":\"second\"}\n" JSON(3, 2));
}

static void early_verdict_body(void)
{
	emit_cpu();
	event_emit(log_sink(), EVENT_PANIC, 0, 0, EV_STR("what", "too early"));
	must_be(LOG_FIRST, TEXT(1) "[   0.000001] panic    too early\n");
	event_emit(log_sink(), EVENT_RESULT, 0, 0, EV_STR("outcome", "failed"));
	must_be(LOG_FIRST, TEXT(1) "[   0.000001] panic    too early\n"
				       "[   0.000001] result   failed\n");
}

static void early_result_body(void)
{
	emit_cpu();
	event_emit(log_sink(), EVENT_RESULT, 0, 0, EV_STR("outcome", "failed"));
	must_be(LOG_FIRST, TEXT(1) "[   0.000001] result   failed\n");
}

/* More lines than can wait: all come out, in both forms, and those behind them as log= says. */
static void overflow_body(void)
{
	static char expected[sizeof(printed[0])];
	unsigned events = 0;
	size_t at = 0;

	while (at < 2 * LOG_HOLD_BYTES) {
		emit_cpu();
		events++;
		at += (size_t)sprintf(expected + at, "[   0.%06u] cpu      V\n", events);
		at += (size_t)sprintf(expected + at,
				      "@dt {\"v\":1,\"seq\":%u,\"t_us\":%u,\"ev\":\"cpu\",\"vendor\":\"V\"}\n",
				      events, events);
	}
	must_be(LOG_FIRST, expected);
	log_set_mode(LOG_JSON);
	must_be(LOG_FIRST, expected);
	emit_cpu();
	events++;
	sprintf(expected + at, "@dt {\"v\":1,\"seq\":%u,\"t_us\":%u,\"ev\":\"cpu\",\"vendor\":\"V\"}\n",
		events, events);
	must_be(LOG_FIRST, expected);
}

TEST(log_text_prints_human_lines) { boot(text_body); }
TEST(log_json_prints_machine_lines) { boot(json_body); }
TEST(log_both_prints_both) { boot(both_body); }
TEST(second_port_gets_machine_lines) { boot(second_port_body); }
TEST(log_ktap_prints_a_report) { boot(ktap_body); }
TEST(lost_lines_are_logged) { boot(lost_body); }
TEST(a_verdict_does_not_wait) { boot(early_verdict_body); }
TEST(nor_does_a_result) { boot(early_result_body); }
TEST(no_line_is_lost) { boot(overflow_body); }

/* Every length up to the brim: what comes out is what went in, and nothing is written past it. */
TEST(hold_keeps_lines_whole)
{
	struct log_hold *hold = calloc(1, sizeof(*hold));
	struct log_hold_line line;
	char text[700];
	size_t at = 0, kept = 0, taken = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (size_t len = 0; len < sizeof(text); len++)
		taken += log_hold_add(hold, (uint8_t)(len % 3), text + len % 26, len);
	for (size_t len = 0; log_hold_next(hold, &at, &line); kept++) {
		assert_true(line.len >= len);
		assert_int_equal(line.kind, line.len % 3);
		assert_memory_equal(line.text, text + line.len % 26, line.len);
		len = line.len;
	}
	assert_true(taken < sizeof(text) && kept > 0);
	assert_int_equal(kept, taken);
	free(hold);
}
