/*
 * SPDX-License-Identifier: MIT
 *
 * The HTTP client as a whole over scripted sockets (fake_sock.h): a configuration, what arrives when,
 * and what the log says about it.  For tests that end with a `result`.
 */
#ifndef TESTS_UNIT_HTTP_KIT_H
#define TESTS_UNIT_HTTP_KIT_H

#include "app/app.h"
#include "app/main/application.h"
#include "log/format.h"
#include "tests/unit/fake_server.h"
#include "tests/unit/fake_sock.h"

static char lines[1 << 18];          /* human lines */
static char transfer_line[LOG_LINE_MAX], result_line[LOG_LINE_MAX]; /* machine lines */
static enum event_id order[512];
static unsigned n_events;

static void record(struct event_sink *sink, const struct event *ev)
{
	char line[LOG_LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	(void)sink;
	log_format_text(&sb, ev, fake.now_ns);
	strcat(strcat(lines, line), "\n");
	if (ev->id == EVENT_TRANSFER || ev->id == EVENT_RESULT) {
		sb = strbuf_on(ev->id == EVENT_RESULT ? result_line : transfer_line, LOG_LINE_MAX);
		log_format_json(&sb, ev, fake.now_ns, 1);
	}
	order[n_events++] = ev->id;
}

static struct event_sink sink = {.emit = record};
static struct config_platform platform;
static const char *no_address; /* why the machine has none; NULL: it has one */

static const struct refused *refused_meanwhile; /* NULL: nothing is known */

static const struct refused *what_was_refused(void *ctx)
{
	(void)ctx;
	return refused_meanwhile;
}

static const char *why_no_address(void *ctx)
{
	(void)ctx;
	return no_address;
}

static void fresh(void)
{
	fake_reset();
	fake_server = (struct fake_server){.over_at_ns = TIME_NEVER};
	lines[0] = transfer_line[0] = result_line[0] = '\0';
	n_events = 0;
	no_address = NULL;
	refused_meanwhile = NULL;
	memset(&platform, 0, sizeof(platform));
}

static void configure(const char *text)
{
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", text, strlen(text), NULL), 0);
}

static enum status run(const char *config, const struct fake_arrival *arrivals, size_t n)
{
	static struct progress progress;
	struct app_env env = {.machine = fake_machine, .events = &sink, .platform = &platform,
			      .no_address = why_no_address, .refused = what_was_refused,
			      .deadline_ns = 30 * NS_PER_S};
	enum status status;

	progress_init(&progress, &sink);
	env.machine.progress = &progress;
	configure(config);
	assert_int_equal(app_config_check(&sink), 0);
	status = app_check(&sink);
	if (status != STATUS_OK)
		return status;
	fake.arrivals = arrivals;
	fake.n_arrivals = n;
	status = app_main(&env);
	assert_int_equal(order[n_events - 1], EVENT_RESULT);
	assert_true(fake.abandoned);
	return status;
}

#define RUN(config, ...)                                                                       \
	run(config, (const struct fake_arrival[]){__VA_ARGS__},                                \
	    sizeof((const struct fake_arrival[]){__VA_ARGS__}) / sizeof(struct fake_arrival))
#define AT(ms, text) {.at_ns = (ms) * NS_PER_MS, .bytes = (text), .len = sizeof(text) - 1}
#define EOF_AT(ms) {.at_ns = (ms) * NS_PER_MS, .err = 0}
#define ERR_AT(ms, e) {.at_ns = (ms) * NS_PER_MS, .err = (e)}
#define OK_AT(ms) AT(ms, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
#define URL "url=http://192.168.77.1/x?y#z "

static void must_report(const char *text)
{
	if (strstr(lines, text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, lines);
}

static void must_have(const char *line, const char *text)
{
	if (strstr(line, text) == NULL)
		fail_msg("no %s in:\n%s", text, line);
}

static unsigned count_events(enum event_id id)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_events; i++)
		n += order[i] == id;
	return n;
}

#endif
