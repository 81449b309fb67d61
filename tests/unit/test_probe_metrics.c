/* SPDX-License-Identifier: MIT */
/* app/probe/metrics.c: which series there are for what a check came to, and their values. */
#include <string.h>

#include "app/app.h"
#include "app/main/application.h"
#include "tests/runner/unit.h"

enum { PING, CONNECT, GET, GET_2 };

static uint64_t now_ns;
static char page[1 << 16];
static struct probe_results results;
static struct probe_monitor monitor;

static uint64_t now(void *ctx)
{
	(void)ctx;
	return now_ns;
}

static void setup(void)
{
	static const char config[] = "mode=server ping=10.0.0.1 tcp=10.0.0.2:80 url=http://a.x/ url=http://b.x/";
	struct config_tables tables = {0};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", config, strlen(config), NULL), 0);
	assert_int_equal(app_config_check(NULL), 0);
	assert_int_equal(app_check(NULL), STATUS_OK);
	memset(&results, 0, sizeof(results));
	(void)probe_monitor_begin(&monitor, &application.checks, &results);
}

FIXTURE(setup, NULL);

static void note(unsigned check, struct report report)
{
	static struct machine machine = {.now_ns = now};
	static struct transfer t;

	t.m = &machine;
	t.report = report;
	probes_note(&results, check, &t);
}

static void write_page(void)
{
	struct strbuf sb = strbuf_on(page, sizeof(page));

	monitor.monitor.write_metrics(&monitor.monitor, &sb, now_ns);
	assert_false(strbuf_truncated(&sb));
}

static void must_have(const char *line)
{
	if (strstr(page, line) == NULL)
		fail_msg("no %s in:\n%s", line, page);
}

static void must_not_have(const char *text)
{
	if (strstr(page, text) != NULL)
		fail_msg("%s in:\n%s", text, page);
}

/* The numbers are blackbox_exporter's for the same. */
TEST(checks_that_came_through)
{
	const struct report get = {.has_remote = true, .remote = net_endpoint_ipv4(0xc0a800c9, 80),
				   .http_code = 200, .has_last_modified = true, .last_modified_s = 784111777};
	struct report ping = {.check = "ping", .has_remote = true, .remote = get.remote, .reply_ttl = 61};
	struct report tcp = {.check = "connect", .has_remote = true, .remote = get.remote};

	note(PING, ping);
	note(CONNECT, tcp);
	note(GET, get);
	write_page();
	must_have("\nprobe_ip_addr_hash{target=\"http://a.x/\"} 3551303026\n"); /* of 192.168.0.201 */
	must_have("\nprobe_ip_addr_hash{target=\"ping://10.0.0.1\"} 3551303026\n");
	must_have("\nprobe_ip_protocol{target=\"tcp://10.0.0.2:80\"} 4\n");
	must_have("\nprobe_timeout_seconds{target=\"tcp://10.0.0.2:80\"} 30.000000\n");
	must_have("\nprobe_http_last_modified_timestamp_seconds{target=\"http://a.x/\"} 784111777\n");
	must_have("\nprobe_http_content_length{target=\"http://a.x/\"} -1\n");
	must_have("\nprobe_icmp_reply_hop_limit{target=\"ping://10.0.0.1\"} 61\n");
	must_have("\nprobe_failed_due_to_regex{target=\"tcp://10.0.0.2:80\"} 0\n");
	must_have("\nprobe_failed_due_to_regex{target=\"http://a.x/\"} 0\n");
	must_not_have("probe_failed_due_to_regex{target=\"ping");
}

TEST(checks_without_an_address_or_an_answer)
{
	struct report get = {.exitcode = STATUS_NAME_NOT_RESOLVED};

	note(GET, get);
	note(PING, (struct report){.check = "ping", .exitcode = STATUS_TIMED_OUT, .has_remote = true,
				   .remote = net_endpoint_ipv4(0x72727272, 0)});
	get.has_remote = true;
	get.remote = net_endpoint_ipv4(0x0a000001, 80);
	get.exitcode = STATUS_COULD_NOT_CONNECT;
	note(GET_2, get);
	write_page();
	must_have("\nprobe_ip_protocol{target=\"http://a.x/\"} 0\n");
	must_have("\nprobe_ip_addr_hash{target=\"http://a.x/\"} 0\n");
	must_have("\nprobe_http_content_length{target=\"http://a.x/\"} 0\n");
	must_have("\nprobe_ip_protocol{target=\"http://b.x/\"} 4\n");
	must_have("\nprobe_http_content_length{target=\"http://b.x/\"} 0\n");
	must_have("\nprobe_ip_addr_hash{target=\"ping://10.0.0.1\"} 227224453\n");
	/* What nobody has a value of has no name there either. */
	must_not_have("probe_http_last_modified_timestamp_seconds");
	must_not_have("probe_icmp_reply_hop_limit");
	must_not_have("tcp://10.0.0.2:80\"} 4");
}

TEST(the_time_that_was_given)
{
	application.checks.max_time_ns = 2500 * NS_PER_MS;
	note(GET, (struct report){.http_code = 200, .has_content_length = true, .content_length = 7});
	write_page();
	must_have("\nprobe_timeout_seconds{target=\"http://a.x/\"} 2.500000\n");
	must_have("\nprobe_http_content_length{target=\"http://a.x/\"} 7\n");
}
