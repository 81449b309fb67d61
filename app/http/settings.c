/* The HTTP client's configuration; see app/http/settings.h and app/app.h. */
#include "app/http/settings.h"

#include "app/app.h"
#include "app/http/http_parse.h"
#include "app/report.h"
#include "base/ipv4_text.h"
#include "base/string.h"

#define URL_ALLOWED "http://host[:port]/path"

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

static const char *set_host(void *dst_http_hosts, const char *value, size_t len)
{
	struct http_hosts *hosts = dst_http_hosts;
	const char *colon = memchr(value, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - value) : len;
	struct resolver_host host;
	struct dns_name name;

	_Static_assert(HTTP_HOSTS_MAX == 16, "the message says so");
	if (colon == NULL)
		return "no address: write name:address";
	if (!dns_name_from_text(&name, value, name_len))
		return "the name is none that a host can have";
	if (!ipv4_parse(colon + 1, len - name_len - 1, &host.ipv4))
		return "not an IPv4 address behind the colon";
	if (hosts->list.count == HTTP_HOSTS_MAX)
		return "more than 16 hosts";
	dns_name_to_text(&name, host.name);
	hosts->entry[hosts->list.count++] = host;
	return NULL;
}

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"url", URL_ALLOWED, "", "what to fetch", config_set_text, http_settings.url_text,
		 &http_settings.url_at_fault, 0},
		{"host", "name:address", "", "the address of a name, as a line of a hosts file",
		 set_host, &http_settings.hosts, NULL, CONFIG_LIST},
		{"connect-timeout", "seconds above 0, decimals allowed", "10",
		 "how long the server may take to accept the connection",
		 config_set_seconds_above_0, &http_settings.connect_timeout_ns, NULL, 0},
		{"count", "1 to 1000000", "1", "how many times, a new connection each",
		 set_count, &http_settings.count, NULL, 0},
		{"max-body", "bytes", "", "how large an answer's body may be",
		 set_max_body, &http_settings.max_body, NULL, 0},
		{"interval", "seconds, decimals allowed", "1", "from one start to the next",
		 config_set_seconds, &http_settings.interval_ns, NULL, 0},
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
	report_result(events, &report);
	return report.exitcode;
}
