/* SPDX-License-Identifier: MIT */
/* The checks' configuration; see app/probe/settings.h. */
#include "app/probe/settings.h"

#include "app/http/response_parse.h"
#include "app/http/text.h"
#include "app/report.h"
#include "base/ipv4_text.h"
#include "base/span.h"
#include "base/string.h"

/* --- what to check -------------------------------------------------------------------------------- */

const char *probe_set_url(void *dst_http_urls, const char *value, size_t len)
{
	struct http_urls *urls = dst_http_urls;

	_Static_assert(HTTP_URLS_MAX == 16, "the message says so");
	if (len == 0)
		return "empty";
	if (urls->list.count == HTTP_URLS_MAX)
		return "more than 16 URLs";
	return config_set_text(urls->text[urls->list.count++], value, len);
}

/* A URL's authority is the same grammar, so that parser judges it. */
static bool parse_host_and_port(struct http_tcp *tcp, const char *value, size_t len)
{
	char text[sizeof(tcp->text) + 1];
	struct strbuf sb = strbuf_on(text, sizeof(text));
	const char *problem;
	struct url url;

	strbuf_str(&sb, "http://");
	strbuf_mem(&sb, value, len);
	if (strbuf_truncated(&sb) || url_parse(&url, text, sb.len, &problem) != STATUS_OK)
		return false;
	/* Neither a path, nor a user, nor a port that is only meant. */
	if (url.authority.len != len || span_find((struct span){value, len}, ":") + 1 >= len)
		return false;
	sb = strbuf_on(tcp->text, sizeof(tcp->text));
	strbuf_str(&sb, "tcp://");
	strbuf_mem(&sb, value, len);
	tcp->host_len = url.host.len;
	tcp->port = url.port;
	return !strbuf_truncated(&sb);
}

const char *probe_set_tcp(void *dst_http_tcps, const char *value, size_t len)
{
	struct http_tcps *tcps = dst_http_tcps;
	struct http_tcp tcp;

	_Static_assert(HTTP_TCP_MAX == 16, "the message says so");
	if (!parse_host_and_port(&tcp, value, len))
		return "not a host and a port";
	if (tcps->list.count == HTTP_TCP_MAX)
		return "more than 16 of them";
	tcps->entry[tcps->list.count++] = tcp;
	return NULL;
}

/* The host of a URL without anything else, not even a port. */
static bool parse_host(struct http_ping *ping, const char *value, size_t len)
{
	char text[sizeof(ping->text)];
	struct strbuf sb = strbuf_on(text, sizeof(text));
	struct dns_name name;
	const char *problem;
	struct url url;

	strbuf_str(&sb, "http://");
	strbuf_mem(&sb, value, len);
	if (strbuf_truncated(&sb) || url_parse(&url, text, sb.len, &problem) != STATUS_OK ||
	    url.authority.len != len || memchr(value, ':', len) != NULL ||
	    !dns_name_from_text(&name, value, len))
		return false;
	sb = strbuf_on(ping->text, sizeof(ping->text));
	strbuf_str(&sb, "ping://");
	strbuf_mem(&sb, value, len);
	ping->host_len = url.host.len;
	return !strbuf_truncated(&sb);
}

const char *probe_set_ping(void *dst_http_pings, const char *value, size_t len)
{
	struct http_pings *pings = dst_http_pings;
	struct http_ping ping;

	_Static_assert(HTTP_PING_MAX == 16, "the message says so");
	if (!parse_host(&ping, value, len))
		return "not a host";
	if (pings->list.count == HTTP_PING_MAX)
		return "more than 16 of them";
	pings->entry[pings->list.count++] = ping;
	return NULL;
}

const char *probe_set_host(void *dst_http_hosts, const char *value, size_t len)
{
	struct http_hosts *hosts = dst_http_hosts;
	const char *colon = len > 0 ? memchr(value, ':', len) : NULL;
	size_t name_len = colon != NULL ? (size_t)(colon - value) : len;
	struct resolver_host host;
	uint32_t ipv4;
	struct dns_name name;

	_Static_assert(HTTP_HOSTS_MAX == 16, "the message says so");
	if (colon == NULL)
		return "no address: write name:address";
	if (!dns_name_from_text(&name, value, name_len))
		return "the name is none that a host can have";
	if (!ipv4_parse(colon + 1, len - name_len - 1, &ipv4))
		return "not an IPv4 address behind the colon";
	if (hosts->list.count == HTTP_HOSTS_MAX)
		return "more than 16 hosts";
	dns_name_to_text(&name, host.name);
	host.addr = net_addr_ipv4(ipv4);
	hosts->entry[hosts->list.count++] = host;
	return NULL;
}

/* --- what to say ---------------------------------------------------------------------------------- */

enum http_method probe_method(const struct probe_settings *s)
{
	if (s->method != HTTP_METHOD_DEFAULT)
		return s->method;
	return s->request.body.given ? HTTP_POST : HTTP_GET;
}

static bool is_text(const char *value, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(value, text, len) == 0;
}

const char *probe_set_method(void *dst_http_method, const char *value, size_t len)
{
	for (enum http_method method = HTTP_GET; method < HTTP_METHODS; method++) {
		if (is_text(value, len, http_method_name(method))) {
			*(enum http_method *)dst_http_method = method;
			return NULL;
		}
	}
	return "no such method";
}

/* Where the fields that are there end. */
static size_t fields_end(const struct http_fields *fields)
{
	size_t count = fields->list.count;

	return count == 0 ? 0 : fields->entry[count - 1].value_at + fields->entry[count - 1].value_len;
}

/* RFC 9110 5.5: whitespace around a value is not part of it. */
const char *probe_set_field(void *dst_http_fields, const char *value, size_t len)
{
	struct http_fields *fields = dst_http_fields;
	size_t colon = span_find((struct span){value, len}, ":"), at = colon + 1, end = len;

	_Static_assert(HTTP_FIELDS_MAX == 32 && HTTP_FIELDS_BYTES == 8192, "the messages say so");
	if (colon == len || !text_is_token(value, colon))
		return "not a field's name, a colon and a value";
	while (at < end && value[at] == ' ')
		at++;
	while (end > at && value[end - 1] == ' ')
		end--;
	if (fields->list.count == HTTP_FIELDS_MAX)
		return "more than 32 fields";
	size_t start = fields_end(fields);
	if (colon + (end - at) > sizeof(fields->text) - start)
		return "more than 8192 bytes of fields in all";
	memcpy(fields->text + start, value, colon);
	memcpy(fields->text + start + colon, value + at, end - at);
	fields->entry[fields->list.count++] = (struct http_field){
		.at = start, .name_len = colon, .value_at = start + colon, .value_len = end - at};
	return NULL;
}

const char *probe_set_value(void *dst_http_value, const char *value, size_t len)
{
	struct http_value *dst = dst_http_value;

	dst->given = true;
	dst->len = len;
	return config_set_text(dst->text, value, len);
}

/* --- how -------------------------------------------------------------------------------------------- */

/* None at all is a mistake, not a wish: a run that does nothing would end well. */
const char *probe_set_count(void *dst_probe_settings, const char *value, size_t len)
{
	struct probe_settings *s = dst_probe_settings;
	uint64_t count = 0;

	if (!decimal_parse(value, len, HTTP_COUNT_MAX, &count) || count == 0)
		return "not a number from 1 to 1000000";
	s->count = count;
	s->count_given = true;
	return NULL;
}

const char *probe_set_interval(void *dst_probe_settings, const char *value, size_t len)
{
	struct probe_settings *s = dst_probe_settings;
	const char *problem = config_set_seconds(&s->interval_ns, value, len);

	s->interval_given |= problem == NULL;
	return problem;
}

const char *probe_set_max_body(void *dst_u64, const char *value, size_t len)
{
	return decimal_parse(value, len, HTTP_LENGTH_MAX, dst_u64) ? NULL : "not a number of bytes";
}

const char *probe_set_follow(void *dst_u64, const char *value, size_t len)
{
	_Static_assert(HTTP_FOLLOW_MAX == 50, "the message says so");
	return decimal_parse(value, len, HTTP_FOLLOW_MAX, dst_u64) ? NULL : "not a number from 0 to 50";
}

const char *probe_set_retry(void *dst_u64, const char *value, size_t len)
{
	_Static_assert(HTTP_RETRY_MAX == 100, "the message says so");
	return decimal_parse(value, len, HTTP_RETRY_MAX, dst_u64) ? NULL : "not a number from 0 to 100";
}

const char *probe_set_keepalive(void *dst_http_keepalive, const char *value, size_t len)
{
	static const char *const words[] = {
		[HTTP_KEEP_IN_ROUND] = "no", [HTTP_KEEP_ALWAYS] = "yes", [HTTP_KEEP_NEVER] = "never"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (is_text(value, len, words[i])) {
			*(enum http_keepalive *)dst_http_keepalive = (enum http_keepalive)i;
			return NULL;
		}
	}
	return "neither yes nor no nor never";
}

const char *probe_set_show(void *dst_probe_settings, const char *value, size_t len)
{
	struct probe_settings *s = dst_probe_settings;
	bool headers = is_text(value, len, "headers"), body = is_text(value, len, "body");

	if (is_text(value, len, "headers,body") || is_text(value, len, "body,headers"))
		headers = body = true;
	if (!headers && !body)
		return "no such part of an answer";
	s->show_headers = headers;
	s->show_body = body;
	return NULL;
}

const char *probe_set_connect_timeout(void *dst_probe_settings, const char *value, size_t len)
{
	struct probe_settings *settings = dst_probe_settings;
	const char *problem = config_set_seconds_above_0(&settings->connect_timeout_ns, value, len);

	settings->connect_timeout_given |= problem == NULL;
	return problem;
}

/* --- all of it together ------------------------------------------------------------------------------ */

void probe_settings_default(struct probe_settings *s)
{
	struct strbuf sb = strbuf_on(s->request.user_agent, sizeof(s->request.user_agent));

	memset(s, 0, sizeof(*s));
	strbuf_str(&sb, "dialtone/" DIALTONE_VERSION);
	s->connect_timeout_ns = 10 * NS_PER_S;
	s->max_time_ns = TIME_NEVER;
	s->count = 1;
	s->interval_ns = NS_PER_S;
	s->max_body = HTTP_LENGTH_MAX;
}

/* What is meant where nothing was said.  A machine that stays makes its checks for as long as it stays
 * if it is given how often; and no single one may keep it for ever. */
static void choose_what_was_not_given(struct probe_settings *s, bool stays)
{
	if (stays && s->interval_given && !s->count_given)
		s->count = HTTP_COUNT_ENDLESS;
	if (stays && s->max_time_ns == TIME_NEVER)
		s->max_time_ns = HTTP_MAX_TIME_STAYING_NS;
}

unsigned probe_settings_check(struct probe_settings *s, bool stays, struct event_sink *events)
{
	bool has_checks = s->urls.list.count > 0 || s->tcps.list.count > 0 || s->pings.list.count > 0;
	unsigned faults = 0;

	choose_what_was_not_given(s, stays);
	if (!stays && !has_checks && !s->url_at_fault) {
		config_report_missing("url", "missing", PROBE_URL_ALLOWED, events);
		faults++;
	}
	if (s->method == HTTP_HEAD && s->request.body.given) {
		config_report_missing("body", "a HEAD request has none", "body= with another method",
				      events);
		faults++;
	}
	return faults;
}

enum status probe_settings_judge(struct probe_settings *s, struct event_sink *events)
{
	struct http_urls *urls = &s->urls;
	char shown[CONFIG_TEXT_MAX];

	for (size_t i = 0; i < urls->list.count; i++) {
		const char *text = urls->text[i];
		struct strbuf sb = strbuf_on(shown, sizeof(shown));
		struct report report = {
			.method = http_method_name(probe_method(s)), .url = shown};

		config_show(&sb, CONFIG_SECRET_URL, text, strlen(text));
		report.exitcode = url_normalise(&urls->url[i], text, strlen(text), urls->normal[i],
						&urls->normal_len[i], &report.errormsg);
		if (report.exitcode != STATUS_OK) {
			report_result(events, &report);
			return report.exitcode;
		}
	}
	return STATUS_OK;
}
