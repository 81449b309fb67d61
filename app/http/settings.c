/* The HTTP client's configuration; see app/http/settings.h and app/app.h. */
#include "app/http/settings.h"

#include "app/app.h"
#include "app/http/http_parse.h"
#include "app/report.h"
#include "base/ipv4_text.h"
#include "base/string.h"

#define URL_ALLOWED "http://A.B.C.D[:port]/path"

struct http_settings http_settings;

/* None at all is a mistake, not a wish: a run that does nothing would end well. */
static const char *set_count(void *dst_u64, const char *value, size_t len)
{
	uint64_t count = 0;

	if (!decimal_parse(value, len, HTTP_COUNT_MAX, &count) || count == 0)
		return "not a number from 1 to 1000000";
	*(uint64_t *)dst_u64 = count;
	return NULL;
}

static const char *set_max_body(void *dst_u64, const char *value, size_t len)
{
	return decimal_parse(value, len, HTTP_LENGTH_MAX, dst_u64) ? NULL : "not a number of bytes";
}

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"url", URL_ALLOWED, "", "what to fetch", config_set_text, http_settings.url_text,
		 &http_settings.url_at_fault},
		{"connect-timeout", "seconds above 0, decimals allowed", "10",
		 "how long the server may take to accept the connection",
		 config_set_seconds_above_0, &http_settings.connect_timeout_ns, NULL},
		{"count", "1 to 1000000", "1", "how many times, a new connection each",
		 set_count, &http_settings.count, NULL},
		{"max-body", "bytes", "", "how large an answer's body may be",
		 set_max_body, &http_settings.max_body, NULL},
		{"interval", "seconds, decimals allowed", "1", "from one start to the next",
		 config_set_seconds, &http_settings.interval_ns, NULL},
	};

	memset(&http_settings, 0, sizeof(http_settings));
	http_settings.connect_timeout_ns = 10 * NS_PER_S;
	http_settings.count = 1;
	http_settings.interval_ns = NS_PER_S;
	http_settings.max_body = HTTP_LENGTH_MAX;
	*count = ARRAY_LEN(keys);
	return keys;
}

unsigned app_config_check(struct event_sink *events)
{
	if (http_settings.url_text[0] != '\0' || http_settings.url_at_fault)
		return 0;
	config_report_missing("url", "missing", URL_ALLOWED, events);
	return 1;
}

enum status app_check(struct event_sink *events)
{
	struct http_settings *s = &http_settings;
	struct report report = {.method = "GET", .url = s->url_text};

	report.exitcode = url_parse(&s->url, s->url_text, strlen(s->url_text), &report.errormsg);
	if (report.exitcode == STATUS_OK)
		return STATUS_OK;
	/* A name that is not found stops before the first step; a URL that is none never had any. */
	if (report.exitcode == STATUS_NAME_NOT_RESOLVED)
		report.failed_step = 1;
	report_result(events, &report);
	return report.exitcode;
}
