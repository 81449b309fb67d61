/* SPDX-License-Identifier: MIT */
/* app/report: the verdict's fields, and which step comes after which. */
#include <string.h>

#include "app/report.h"
#include "log/format.h"
#include "tests/runner/unit.h"

static char text[LOG_LINE_MAX], json[LOG_LINE_MAX];

static void render(struct event_sink *sink, const struct event *ev)
{
	struct strbuf sb = strbuf_on(text, sizeof(text));

	(void)sink;
	log_format_text(&sb, ev, 0);
	sb = strbuf_on(json, sizeof(json));
	log_format_json(&sb, ev, 0, 1);
}

static struct event_sink sink = {.emit = render};

TEST(a_failure_before_any_transfer)
{
	report_failure(&sink, STATUS_NO_DEVICE, "no network device");
	assert_string_equal(text, "[   0.000000] result   failed: no network device");
	assert_string_equal(json, "@dt {\"v\":1,\"seq\":1,\"t_us\":0,\"ev\":\"result\",\"exitcode\":110,"
				  "\"outcome\":\"failed\",\"errormsg\":\"no network device\"}");
}

/* What does not apply is absent; what curl prints as 0 is 0. */
TEST(a_report_with_nothing_in_it)
{
	const struct report r = {.method = "GET", .url = "http://x/"};

	report_transfer(&sink, 3, &r);
	assert_string_equal(text, "[   0.000000] http     GET http://x/, 0 bytes in 0.0 ms");
	assert_non_null(strstr(json, "\"ev\":\"transfer\",\"conn\":3,"));
	assert_null(strstr(json, "remote_ip"));
	assert_null(strstr(json, "local_port"));
	assert_null(strstr(json, "errormsg"));
	assert_null(strstr(json, "failed_step"));
	assert_non_null(strstr(json, "\"time_appconnect\":0.000000"));
	report_result(&sink, &r);
	assert_string_equal(text, "[   0.000000] result   ok: GET http://x/");
	assert_null(strstr(json, "\"conn\""));
}

TEST(the_step_after)
{
	static const unsigned next[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 12, 12, 12, 13, 14, 15, 16, 0, 0};

	for (unsigned last = 0; last < ARRAY_LEN(next); last++)
		assert_int_equal(report_step_after(last), next[last]);
}
