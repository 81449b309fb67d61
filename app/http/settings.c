/* The HTTP client's configuration; see app/http/settings.h and app/app.h. */
#include "app/http/settings.h"

#include "app/app.h"
#include "app/report.h"
#include "base/string.h"

#define URL_ALLOWED "http://A.B.C.D[:port]/path"

struct http_settings http_settings;

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"url", URL_ALLOWED, "", "what to fetch", config_set_text, http_settings.url_text,
		 &http_settings.url_at_fault},
		{"connect-timeout", "seconds above 0, decimals allowed", "10",
		 "how long the server may take to accept the connection",
		 config_set_seconds_above_0, &http_settings.connect_timeout_ns, NULL},
	};

	memset(&http_settings, 0, sizeof(http_settings));
	http_settings.connect_timeout_ns = 10 * NS_PER_S;
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
