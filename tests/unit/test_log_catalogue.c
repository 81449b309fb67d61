/* SPDX-License-Identifier: MIT */
/* log/events.def obeys the grammar and the contract that its own comment and docs/log.md state. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "log/format.h"
#include "tests/runner/unit.h"

TEST(names_are_unique_and_plain)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		struct event_info info = event_info((enum event_id)i);

		assert_true(strlen(info.name) > 0 && strlen(info.name) < 32);
		for (const char *c = info.name; *c != '\0'; c++)
			assert_true(islower((unsigned char)*c) || *c == '.' || *c == '_');
		for (int j = 0; j < i; j++)
			assert_string_not_equal(info.name, event_info((enum event_id)j).name);
	}
}

/* The columns of the human line hold what stands in them. */
TEST(speakers_and_arrows_fit_their_columns)
{
	for (int i = 0; i < EVENT_COUNT; i++) {
		struct event_info info = event_info((enum event_id)i);

		assert_in_range(strlen(info.speaker), 1, 8);
		assert_in_range(strlen(info.arrow), 0, 16);
		assert_int_equal(info.step != 0, info.arrow[0] != '\0');
		assert_in_range(info.step, 0, 16);
	}
}

static void check_placeholder(const char *name, const char *body, size_t len)
{
	size_t at = len > 0 && body[0] == '?' ? 1 : 0;
	size_t start = at;

	while (at < len && (islower((unsigned char)body[at]) || isdigit((unsigned char)body[at]) ||
			    body[at] == '_'))
		at++;
	if (at == start || !(at == len || (len - at == 3 && memcmp(body + at, ":ms", 3) == 0) ||
			     (len - at == 2 && memcmp(body + at, ":s", 2) == 0)))
		fail_msg("%s: bad placeholder {%.*s}", name, (int)len, body);
}

static void check_template(const char *name, const char *text)
{
	bool in_group = false;

	for (const char *c = text; *c != '\0'; c++) {
		assert_in_range(*c, 0x20, 0x7e);
		if (*c == '[' || *c == ']') {
			if (in_group != (*c == ']'))
				fail_msg("%s: brackets do not pair", name);
			in_group = !in_group;
		} else if (*c == '{') {
			size_t len = strcspn(c + 1, "{}[]");

			if (c[1 + len] != '}')
				fail_msg("%s: a brace does not close", name);
			check_placeholder(name, c + 1, len);
			c += 1 + len;
		} else if (*c == '}') {
			fail_msg("%s: a brace closes nothing", name);
		}
	}
	if (in_group)
		fail_msg("%s: a bracket does not close", name);
}

TEST(templates_obey_the_grammar)
{
	for (int i = 0; i < EVENT_COUNT; i++)
		check_template(event_info((enum event_id)i).name, event_info((enum event_id)i).text);
}

/* Log scrapers look for these words: they may appear only where they are meant. */
TEST(no_alarming_words)
{
	static const char *const words[] = {"ERROR", "FAIL", "WARN"};

	for (int i = 0; i < EVENT_COUNT; i++) {
		for (size_t w = 0; w < ARRAY_LEN(words); w++)
			assert_null(strstr(event_info((enum event_id)i).text, words[w]));
	}
}

/* Each of the sixteen steps has its event; 12 has two, the client's and the server's. */
TEST(every_step_has_its_event)
{
	int seen[17] = {0};

	for (int i = 0; i < EVENT_COUNT; i++)
		seen[event_info((enum event_id)i).step]++;
	for (int step = 1; step <= 16; step++)
		assert_int_equal(seen[step], step == 12 ? 2 : 1);
	assert_int_equal(event_info(EVENT_TCP_SYN_SENT).step, 8);
	assert_string_equal(event_info(EVENT_TCP_SYNACK_RCVD).name, "tcp.synack_rcvd");
}
