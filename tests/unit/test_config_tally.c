/* SPDX-License-Identifier: MIT */
/* A configuration with very many faults, or values: the first are named, all are counted. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "log/format.h"
#include "tests/runner/unit.h"

#define ALL_KEYS "colour, number"

static char colour[CONFIG_TEXT_MAX];
static uint64_t number;
static const struct config_key keys[] = {
	{"colour", "a word", "", "", config_set_text, colour, NULL, 0},
	{"number", "a number", "0", "", config_set_u64, &number, NULL, 0},
};
static struct config_tally tally;
static struct config_tables tables = {.keys = {keys}, .count = {ARRAY_LEN(keys)}, .tally = &tally};
static char said[1 << 17]; /* the human lines without time and speaker */
static size_t said_len;
static unsigned bad_events, key_events;

static void record(struct event_sink *sink, const struct event *ev)
{
	char line[LOG_LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));
	int n;

	(void)sink;
	log_format_text(&sb, ev, 0);
	n = snprintf(said + said_len, sizeof(said) - said_len, "%s\n",
		     line + strlen("[   0.000000] config   "));
	said_len += (size_t)n;
	assert_true(said_len < sizeof(said));
	bad_events += ev->id == EVENT_CONFIG_BAD;
	key_events += ev->id == EVENT_CONFIG;
}

static struct event_sink sink = {.emit = record};

static void fresh(void)
{
	tally = (struct config_tally){0};
	said[0] = colour[0] = '\0';
	said_len = 0;
	number = 0;
	bad_events = key_events = 0;
}

FIXTURE(fresh, NULL);

static unsigned read_counted(enum config_source_kind kind, const char *text, size_t len)
{
	return config_read(&tables, kind, kind == CONFIG_SOURCE_FILE ? "dialtone.conf" : "command line",
			   text, len, &sink);
}

static unsigned times(const char *what)
{
	unsigned n = 0;

	for (const char *at = said; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* The first hundred of all sources together; and the keys once. */
TEST(a_hundred_faults_are_named)
{
	char words[120 * 6] = "";

	for (unsigned i = 0; i < 60; i++)
		sprintf(words + strlen(words), "k%u=1\n", i);
	assert_int_equal(read_counted(CONFIG_SOURCE_FILE, words, strlen(words)), 60);
	assert_int_equal(read_counted(CONFIG_SOURCE_LINE, words, strlen(words)), 60);
	assert_int_equal(bad_events, 100);
	assert_non_null(strstr(said, "command line: k39=1: unknown key\n"));
	assert_null(strstr(said, "command line: k40=1"));
	assert_int_equal(times(ALL_KEYS), 1);
	config_report_more(&tables, &sink);
	assert_non_null(strstr(said, "not named: 20 more faults and 0 more values\n"));
}

TEST(nothing_more_is_not_said)
{
	assert_int_equal(read_counted(CONFIG_SOURCE_LINE, "quiet number=1 coulor=x", 23), 2);
	config_report_more(&tables, &sink);
	assert_string_equal(said, "command line: quiet: is not key=value; allowed: " ALL_KEYS "\n"
				  "number=1 (from command line)\n"
				  "command line: coulor=x: unknown key, did you mean colour=?\n");
}

/* One word again and again is no fault, and as long a log. */
TEST(values_are_bounded_as_well)
{
	static char words[65536];

	for (size_t at = 0; at + 9 < sizeof(words); at += 9)
		memcpy(words + at, "number=7\n", 9);
	assert_int_equal(read_counted(CONFIG_SOURCE_FILE, words, strlen(words)), 0);
	assert_int_equal(key_events, CONFIG_VALUES_NAMED);
	assert_int_equal(number, 7);
	config_report_more(&tables, &sink);
	assert_non_null(strstr(said, "not named: 0 more faults and 7081 more values\n"));
}

/* 64 KiB of noise: every fault is counted, and what is said of them is less than the noise. */
TEST(noise)
{
	static char bytes[65536];
	uint64_t random = 1;
	unsigned faults;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		bytes[i] = (char)(random >> 40);
	}
	faults = read_counted(CONFIG_SOURCE_FILE, bytes, sizeof(bytes));
	assert_true(faults > 500);
	assert_int_equal(bad_events, 100);
	assert_int_equal(tally.more_faults, faults - 100);
	assert_true(strlen(said) < sizeof(said));
	assert_true(times(ALL_KEYS) <= 1);
}
