/* SPDX-License-Identifier: MIT */
/* URLs, redirects and Host beside curl: our side of tests/unit/url_table.tsv, each row of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/main/application.h"
#include "app/http/response_parse.h"
#include "app/http/redirect.h"
#include "app/http/request_write.h"
#include "base/strbuf.h"
#include "tests/runner/unit.h"

#define COLUMNS 5u
#define LINE_MAX_LEN 512u

/* "\x41" and "\\" in a row stand for a byte; in place. */
static size_t unescape(char *text)
{
	size_t n = 0;

	for (char *p = text; *p != '\0'; n++) {
		unsigned byte;

		if (sscanf(p, "\\x%2x", &byte) == 1) {
			text[n] = (char)byte;
			p += 4;
		} else {
			text[n] = *p;
			p += p[0] == '\\' && p[1] == '\\' ? 2 : 1;
		}
	}
	text[n] = '\0';
	return n;
}

/* --- what we make of it ---------------------------------------------------------------------------- */

static char said[2 * 4096];

static void report_status(enum status status)
{
	snprintf(said, sizeof(said), "%d", (int)status);
}

/* "host target", as they stand in the request. */
static void report_request(const struct url *url)
{
	char text[4096], *host, *end;
	struct strbuf sb = strbuf_on(text, sizeof(text));
	struct http_request rq = {.options = &application.checks.request, .method = HTTP_GET, .url = url, .at_home = true};

	request_put(&sb, &rq);
	assert_false(strbuf_truncated(&sb));
	end = strstr(text, " HTTP/1.1\r\n");
	*end = '\0';
	host = strncmp(end + 11, "Host: ", 6) == 0 ? end + 17 : NULL;
	if (host != NULL)
		*strchr(host, '\r') = '\0';
	snprintf(said, sizeof(said), "%s %s", host != NULL ? host : "-", text + 4);
}

static void report_url(char *given)
{
	char text[LINE_MAX_LEN];
	const char *problem;
	struct url url;
	size_t len = unescape(given), text_len;
	enum status status = url_normalise(&url, given, len, text, &text_len, &problem);

	if (status != STATUS_OK) {
		report_status(status);
		return;
	}
	assert_true(text_len < len + URL_GROWTH);
	report_request(&url);
}

static void report_location(char *given, const char *base_text)
{
	char text[LINE_MAX_LEN];
	const char *problem;
	struct url base, url;
	size_t len = unescape(given), text_len;
	enum status status = url_parse(&base, base_text, strlen(base_text), &problem);

	assert_int_equal(status, STATUS_OK);
	if (len == 0) { /* no redirect: parse_location() */
		report_request(&base);
		return;
	}
	if (!redirect_resolve(&base, given, len, text, sizeof(text), &text_len))
		status = STATUS_URL_MALFORMED;
	else
		status = url_parse(&url, text, text_len, &problem);
	if (status != STATUS_OK)
		report_status(status);
	else
		report_request(&url);
}

static void report_code(const char *code)
{
	snprintf(said, sizeof(said), "b /%s", redirect_is_one((unsigned)atoi(code)) ? "t" : "");
}

static void report_locations(char *two)
{
	static struct http_parser parser;
	char answer[LINE_MAX_LEN], *second = strchr(two, '|');
	int n;

	*second++ = '\0';
	n = snprintf(answer, sizeof(answer), "HTTP/1.1 302 x\r\nLocation: %s\r\nLocation:%s\r\n"
		     "Content-Length: 0\r\n\r\n", two, second);
	http_parser_init(&parser);
	(void)http_parser_feed(&parser, answer, (size_t)n);
	if (parser.phase == HTTP_PHASE_BAD) {
		report_status(parser.status);
		return;
	}
	assert_int_equal(parser.phase, HTTP_PHASE_DONE);
	assert_true(parser.has_location);
	snprintf(said, sizeof(said), "b %.*s", (int)parser.location_len, parser.location);
}

static void report_hosts(const char *list)
{
	char config[LINE_MAX_LEN];
	struct config_tables tables = {0};
	const char *problem;
	struct url url;

	tables.keys[0] = app_config_keys(&tables.count[0]);
	config[0] = '\0';
	for (const char *at = list; at != NULL; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		size_t len = strcspn(at, ",");

		snprintf(config + strlen(config), sizeof(config) - strlen(config),
			 "header=\"hOst: %.*s\" ", (int)len, at);
	}
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", config, strlen(config), NULL), 0);
	assert_int_equal(url_parse(&url, "http://h/", 9, &problem), STATUS_OK);
	report_request(&url);
	application.checks.request.fields.list.count = 0;
}

static void say(char **column)
{
	if (strcmp(column[0], "url") == 0)
		report_url(column[1]);
	else if (strcmp(column[0], "location") == 0)
		report_location(column[1], "http://b/d/e;p?q");
	else if (strcmp(column[0], "code") == 0)
		report_code(column[1]);
	else if (strcmp(column[0], "locations") == 0)
		report_locations(column[1]);
	else if (strcmp(column[0], "hosts") == 0)
		report_hosts(column[1]);
	else
		fail_msg("no such kind: %s", column[0]);
}

/* --- the table ------------------------------------------------------------------------------------- */

static void split(char *line, char *column[COLUMNS])
{
	static char none[] = "";

	line[strcspn(line, "\n")] = '\0';
	for (unsigned i = 0; i < COLUMNS; i++) {
		char *tab = line != NULL ? strchr(line, '\t') : NULL;

		column[i] = line != NULL ? line : none;
		if (tab != NULL)
			*tab = '\0';
		line = tab != NULL ? tab + 1 : NULL;
	}
}

TEST(every_row)
{
	char line[LINE_MAX_LEN], *column[COLUMNS];
	FILE *f = fopen("tests/unit/url_table.tsv", "r");
	unsigned rows = 0, wrong = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		char given[LINE_MAX_LEN];

		if (line[0] == '#')
			continue;
		split(line, column);
		strcpy(given, column[1]);
		say(column);
		rows++;
		if (strcmp(said, column[2]) == 0)
			continue;
		print_error("%s %s: %s, not %s\n", column[0], given, said, column[2]);
		wrong++;
	}
	fclose(f);
	assert_true(rows > 100);
	assert_int_equal(wrong, 0);
}

static void defaults(void)
{
	size_t count;

	(void)app_config_keys(&count);
}

FIXTURE(defaults, NULL);
