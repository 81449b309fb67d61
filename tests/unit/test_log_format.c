/* SPDX-License-Identifier: MIT */
/* log/format: both forms of an event, escapes, absent fields, lines that do not fit. */
#include <stdlib.h>
#include <string.h>

#include "log/format.h"
#include "tests/runner/unit.h"

static char text_line[LOG_LINE_MAX], json_line[LOG_LINE_MAX];

/* A sink that renders both forms, as the kernel's does. */
static void render(struct event_sink *sink, const struct event *ev)
{
	struct strbuf text = strbuf_on(text_line, sizeof(text_line));
	struct strbuf json = strbuf_on(json_line, sizeof(json_line));

	(void)sink;
	log_format_text(&text, ev, 12345 * NS_PER_US + 678);
	log_format_json(&json, ev, 12345 * NS_PER_US + 678, 17);
}

/* An endpoint that lives as long as the emission it stands in. */
#define AT(ipv4, port) (*(const struct net_endpoint[]){net_endpoint_ipv4(ipv4, port)})

static struct event_sink sink = {.emit = render};

TEST(a_step_with_all_its_fields)
{
	static const uint8_t frame[] = {0x52, 0x54, 0x00};

	event_emit(&sink, EVENT_TCP_SYN_SENT, 1, 0,
		   EV_ENDPOINT("src", AT(0xc0a84d02, 49153)),
		   EV_ENDPOINT("dst", AT(0xc0a84d01, 80)), EV_U64("tcp_seq", 2885681153),
		   EV_U64("win", 64240), EV_U64("mss", 1460), EV_U64("ws", 7), EV_BOOL("sack", true),
		   EV_U64("tsval", 12), EV_U64("len", 74), EV_HEX("frame", frame, sizeof(frame)),
		   EV_IPV4("next_hop", 0xc0a84d01));
	assert_string_equal(text_line,
			    "[   0.012345] tcp      step  8  stack ~> server    SYN sent "
			    "192.168.77.2:49153 > 192.168.77.1:80 seq=2885681153 win=64240 mss=1460 ws=7 "
			    "sackOK ts=12, 74 bytes via 192.168.77.1");
	assert_string_equal(json_line,
			    "@dt {\"v\":1,\"seq\":17,\"t_us\":12345,\"ev\":\"tcp.syn_sent\",\"conn\":1,"
			    "\"step\":8,\"src\":\"192.168.77.2:49153\",\"dst\":\"192.168.77.1:80\","
			    "\"tcp_seq\":2885681153,\"win\":64240,\"mss\":1460,\"ws\":7,\"sack\":true,"
			    "\"tsval\":12,\"len\":74,\"frame\":\"525400\","
			    "\"next_hop\":\"192.168.77.1\"}");
}

TEST(absent_fields_leave_no_trace)
{
	event_emit(&sink, EVENT_TCP_SYN_SENT, 2, 0,
		   EV_ENDPOINT("src", AT(0x0a000001, 1)),
		   EV_ENDPOINT("dst", AT(0x0a000002, 2)), EV_U64("tcp_seq", 0),
		   EV_U64("win", 0), EV_NONE, EV_IF(false, EV_U64("ws", 7)), EV_BOOL("sack", false),
		   EV_U64("len", 54));
	assert_string_equal(text_line,
			    "[   0.012345] tcp      step  8  stack ~> server    SYN sent "
			    "10.0.0.1:1 > 10.0.0.2:2 seq=0 win=0, 54 bytes");
	assert_string_equal(json_line,
			    "@dt {\"v\":1,\"seq\":17,\"t_us\":12345,\"ev\":\"tcp.syn_sent\",\"conn\":2,"
			    "\"step\":8,\"src\":\"10.0.0.1:1\",\"dst\":\"10.0.0.2:2\",\"tcp_seq\":0,"
			    "\"win\":0,\"sack\":false,\"len\":54}");
}

TEST(an_event_at_a_step_is_not_the_step)
{
	event_emit(&sink, EVENT_TCP_RST_RCVD, 1, 12,
		   EV_ENDPOINT("src", AT(0x0a000002, 80)), EV_U64("tcp_seq", 0),
		   EV_U64("tcp_ack", 5), EV_STR("meaning", "refused"));
	assert_string_equal(text_line, "[   0.012345] tcp      RST received from 10.0.0.2:80 seq=0 "
				       "ack=5: refused (at step 12)");
	assert_non_null(strstr(json_line, ",\"conn\":1,\"at_step\":12,\"src\""));
	assert_null(strstr(json_line, "\"step\""));
}

TEST(every_type_of_field)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 0xfe};

	event_emit(&sink, EVENT_ARP_REPLY, 0, 0, EV_IPV4("ip", 0x0a000203), EV_MAC("mac", mac),
		   EV_U64("rtt_us", 250), EV_I64("minus", -5), EV_SECONDS("time_x", 1234567890),
		   EV_BOOL("no", false), EV_HUNDREDTHS("loss", 3307));
	assert_string_equal(text_line,
			    "[   0.012345] arp      10.0.2.3 is at 02:00:00:00:00:fe after 250 us");
	assert_string_equal(json_line,
			    "@dt {\"v\":1,\"seq\":17,\"t_us\":12345,\"ev\":\"arp.reply\",\"ip\":\"10.0.2.3\","
			    "\"mac\":\"02:00:00:00:00:fe\",\"rtt_us\":250,\"minus\":-5,\"time_x\":1.234567,"
			    "\"no\":false,\"loss\":33.07}");
}

TEST(no_outsider_can_forge_a_line)
{
	static const char evil[] = "OK\r\n@dt {\"v\":1}\nEXIT: STATUS=0\x1b[31m\xff\\";

	event_emit(&sink, EVENT_HTTP_BAD, 1, 0, EV_STR("problem", "nonsense"),
		   EV_TEXT("text", evil, sizeof(evil))); /* its NUL too */
	assert_string_equal(text_line,
			    "[   0.012345] http     nonsense: \"OK\\x0d\\x0a@dt {\"v\":1}\\x0aEXIT: "
			    "STATUS=0\\x1b[31m\\xff\\x5c\\x00\"");
	assert_non_null(strstr(json_line, "\"text\":\"OK\\u000d\\u000a@dt {\\\"v\\\":1}\\u000aEXIT: "
					  "STATUS=0\\u001b[31m\\u00ff\\\\\\u0000\"}"));
}

/* A template's own characters in a value are plain text: nothing is interpreted twice. */
TEST(values_are_not_templates)
{
	event_emit(&sink, EVENT_CONFIG, 0, 0, EV_STR("key", "{value}"), EV_STR("value", "[{key}]"),
		   EV_STR("source", "{?x}"));
	assert_string_equal(text_line, "[   0.012345] config   {value}=[{key}] (from {?x})");
}

TEST(a_missing_mandatory_field_shows)
{
	event_emit(&sink, EVENT_CONFIG, 0, 0, EV_STR("key", "a"));
	assert_string_equal(text_line, "[   0.012345] config   a=? (from ?)");
}

TEST(result_ok_and_failed)
{
	event_emit(&sink, EVENT_RESULT, 0, 0, EV_STR("outcome", "ok"), EV_U64("exitcode", 0),
		   EV_STR("method", "GET"), EV_STR("url", "http://192.168.77.1/"),
		   EV_U64("http_code", 200), EV_U64("size_download", 1024),
		   EV_SECONDS("time_connect", 1234567), EV_SECONDS("time_starttransfer", 3449999),
		   EV_SECONDS("time_total", 3950000));
	assert_string_equal(text_line, "[   0.012345] result   ok: GET http://192.168.77.1/ -> 200, 1024 "
				       "bytes, connect 1.2 ms, first byte 3.4 ms, total 4.0 ms");
	assert_non_null(strstr(json_line, "\"time_connect\":0.001234,\"time_starttransfer\":0.003449"));
	event_emit(&sink, EVENT_RESULT, 0, 0, EV_STR("outcome", "failed"), EV_U64("exitcode", 7),
		   EV_STR("method", "GET"), EV_STR("url", "http://10.0.0.1/"), EV_U64("http_code", 0),
		   EV_U64("size_download", 0), EV_SECONDS("time_connect", 0),
		   EV_SECONDS("time_starttransfer", 0), EV_SECONDS("time_total", 2000000),
		   EV_STR("errormsg", "connection refused"), EV_U64("failed_step", 12));
	assert_string_equal(text_line, "[   0.012345] result   failed: GET http://10.0.0.1/, total 2.0 ms: "
				       "connection refused (stopped before step 12)");
}

TEST(long_times_keep_their_digits)
{
	const struct event ev = {.id = EVENT_HOLD};
	char line[256];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	log_format_text(&sb, &ev, UINT64_C(123456) * NS_PER_S + 5);
	assert_memory_equal(line, "[123456.000000] app", 19);
	sb = strbuf_on(line, sizeof(line));
	log_format_json(&sb, &ev, UINT64_MAX, UINT64_MAX);
	assert_non_null(strstr(line, "\"seq\":18446744073709551615,\"t_us\":18446744073709551,"));
}

/* At every capacity: inside it, terminated, marked where cut; machine lines keep whole fields. */
TEST(a_truncation_is_marked)
{
	static const char *const end[] = {",\"cut\":true}", "}"};
	char url[600];
	const struct event_field fields[] = {EV_STR("outcome", "ok"), EV_TEXT("url", url, sizeof(url)),
					     EV_U64("exitcode", 7)};
	const struct event ev = {.id = EVENT_RESULT, .n_fields = 3, .fields = fields};

	memset(url, 'u', sizeof(url));
	for (size_t cap = LOG_LINE_MIN; cap < 1024; cap++) {
		char *line = malloc(cap);
		struct strbuf sb = strbuf_on(line, cap);

		log_format_text(&sb, &ev, 1);
		assert_int_equal(strlen(line), strbuf_stored(&sb));
		if (strbuf_truncated(&sb))
			assert_string_equal(line + strlen(line) - 8, "...[cut]");
		else
			assert_null(strstr(line, "cut"));

		sb = strbuf_on(line, cap);
		log_format_json(&sb, &ev, 1, 1);
		assert_false(strbuf_truncated(&sb));
		assert_non_null(strstr(line, "\"outcome\":\"ok\""));
		bool has_url = strstr(line, "uuu") != NULL;
		bool has_exitcode = strstr(line, "\"exitcode\":7") != NULL;
		bool whole = has_url && has_exitcode;
		assert_true(has_url || has_exitcode);
		assert_int_equal(whole, strstr(line, "cut") == NULL);
		assert_string_equal(line + strlen(line) - strlen(end[whole]), end[whole]);
		free(line);
	}
}
