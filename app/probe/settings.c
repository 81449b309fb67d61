/* SPDX-License-Identifier: MIT */
/* The HTTP client's configuration; see app/probe/settings.h and app/app.h. */
#include "app/probe/settings.h"

#include "app/app.h"
#include "app/http/response_parse.h"
#include "app/http/text.h"
#include "app/report.h"
#include "app/server/settings.h"
#include "base/ipv4_text.h"
#include "base/string.h"

#define URL_ALLOWED "http://host[:port]/path"

struct http_settings http_settings;

/* --- what to check -------------------------------------------------------------------------------- */

static const char *set_url(void *dst_http_urls, const char *value, size_t len)
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
	if (url.authority.len != len || text_find(value, len, ":") + 1 >= len)
		return false;
	sb = strbuf_on(tcp->text, sizeof(tcp->text));
	strbuf_str(&sb, "tcp://");
	strbuf_mem(&sb, value, len);
	tcp->host_len = url.host.len;
	tcp->port = url.port;
	return !strbuf_truncated(&sb);
}

static const char *set_tcp(void *dst_http_tcps, const char *value, size_t len)
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

static const char *set_ping(void *dst_http_pings, const char *value, size_t len)
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

static const char *set_host(void *dst_http_hosts, const char *value, size_t len)
{
	struct http_hosts *hosts = dst_http_hosts;
	const char *colon = len > 0 ? memchr(value, ':', len) : NULL;
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

/* --- what to say ---------------------------------------------------------------------------------- */

static const char *const method_names[] = {
	[HTTP_METHOD_DEFAULT] = "", [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT"};

const char *http_method_name(enum http_method method)
{
	return method_names[method];
}

enum http_method http_settings_method(void)
{
	if (http_settings.method != HTTP_METHOD_DEFAULT)
		return http_settings.method;
	return http_settings.body.given ? HTTP_POST : HTTP_GET;
}

static bool is_text(const char *value, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(value, text, len) == 0;
}

static const char *set_method(void *dst_http_method, const char *value, size_t len)
{
	for (size_t i = HTTP_GET; i < ARRAY_LEN(method_names); i++) {
		if (is_text(value, len, method_names[i])) {
			*(enum http_method *)dst_http_method = (enum http_method)i;
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

/* RFC 9110 5.5: blanks around a value are not part of it. */
static const char *set_field(void *dst_http_fields, const char *value, size_t len)
{
	struct http_fields *fields = dst_http_fields;
	size_t colon = text_find(value, len, ":"), at = colon + 1, end = len;

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

static const char *set_value(void *dst_http_value, const char *value, size_t len)
{
	struct http_value *dst = dst_http_value;

	dst->given = true;
	dst->len = len;
	return config_set_text(dst->text, value, len);
}

/* --- how -------------------------------------------------------------------------------------------- */

/* None at all is a mistake, not a wish: a run that does nothing would end well. */
static const char *set_count(void *dst_http_settings, const char *value, size_t len)
{
	struct http_settings *s = dst_http_settings;
	uint64_t count = 0;

	if (!decimal_parse(value, len, HTTP_COUNT_MAX, &count) || count == 0)
		return "not a number from 1 to 1000000";
	s->count = count;
	s->count_given = true;
	return NULL;
}

static const char *set_interval(void *dst_http_settings, const char *value, size_t len)
{
	struct http_settings *s = dst_http_settings;
	const char *problem = config_set_seconds(&s->interval_ns, value, len);

	s->interval_given |= problem == NULL;
	return problem;
}

static const char *set_max_body(void *dst_u64, const char *value, size_t len)
{
	return decimal_parse(value, len, HTTP_LENGTH_MAX, dst_u64) ? NULL : "not a number of bytes";
}

static const char *set_follow(void *dst_u64, const char *value, size_t len)
{
	_Static_assert(HTTP_FOLLOW_MAX == 50, "the message says so");
	return decimal_parse(value, len, HTTP_FOLLOW_MAX, dst_u64) ? NULL : "not a number from 0 to 50";
}

static const char *set_retry(void *dst_u64, const char *value, size_t len)
{
	_Static_assert(HTTP_RETRY_MAX == 100, "the message says so");
	return decimal_parse(value, len, HTTP_RETRY_MAX, dst_u64) ? NULL : "not a number from 0 to 100";
}

static const char *set_keepalive(void *dst_http_keepalive, const char *value, size_t len)
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

static const char *set_show(void *dst_http_settings, const char *value, size_t len)
{
	struct http_settings *s = dst_http_settings;
	bool headers = is_text(value, len, "headers"), body = is_text(value, len, "body");

	if (is_text(value, len, "headers,body") || is_text(value, len, "body,headers"))
		headers = body = true;
	if (!headers && !body)
		return "no such part of an answer";
	s->show_headers = headers;
	s->show_body = body;
	return NULL;
}

static const char *set_connect_timeout(void *dst_settings, const char *value, size_t len)
{
	struct http_settings *settings = dst_settings;
	const char *problem = config_set_seconds_above_0(&settings->connect_timeout_ns, value, len);

	settings->connect_timeout_given |= problem == NULL;
	return problem;
}

/* --- the table -------------------------------------------------------------------------------------- */

static void set_defaults(void)
{
	struct strbuf sb = strbuf_on(http_settings.user_agent, sizeof(http_settings.user_agent));

	memset(&http_settings, 0, sizeof(http_settings));
	strbuf_str(&sb, "dialtone/" DIALTONE_VERSION);
	http_settings.connect_timeout_ns = 10 * NS_PER_S;
	http_settings.max_time_ns = TIME_NEVER;
	http_settings.count = 1;
	http_settings.interval_ns = NS_PER_S;
	http_settings.max_body = HTTP_LENGTH_MAX;
	server_settings_default();
}

static const struct config_key keys[] = {
	{"url", URL_ALLOWED,
	 CONFIG_HELP("this, tcp= or ping= must be given",
		     "what to fetch; the host is an IPv4 address or a name, user:password@ may "
		     "stand before it; up to 16, one after the other"),
	 set_url, &http_settings.urls, &http_settings.url_at_fault,
	 CONFIG_LIST | CONFIG_SECRET_URL},
	{"tcp", "host:port",
	 CONFIG_HELP("none", "connects there and closes, before the URLs are fetched; up to 16"),
	 set_tcp, &http_settings.tcps, &http_settings.url_at_fault, CONFIG_LIST},
	{"ping", "host",
	 CONFIG_HELP("none", "pings it, before all else: with up to three requests, or with one in "
			     "each round of count=; up to 16"),
	 set_ping, &http_settings.pings, &http_settings.url_at_fault, CONFIG_LIST},
	{"host", "name:address",
	 CONFIG_HELP("none", "the address of a name, as a line of a hosts file; up to 16"),
	 set_host, &http_settings.hosts, NULL, CONFIG_LIST},
	{"method", "GET, HEAD, POST, PUT",
	 CONFIG_HELP("GET, or POST with a body=", "how to ask"), set_method,
	 &http_settings.method, NULL, 0},
	{"header", "Name: value",
	 CONFIG_HELP("none", "a field of the request, in the place of the default one of that "
			     "name; without a value it takes that one out; up to 32"),
	 set_field, &http_settings.fields, NULL, CONFIG_LIST | CONFIG_SECRET_FIELD},
	{"body", "text",
	 CONFIG_HELP("none", "what is sent, as application/x-www-form-urlencoded unless a "
			     "header= says otherwise"),
	 set_value, &http_settings.body, NULL, 0},
	{"user-agent", "text",
	 CONFIG_HELP("dialtone/VERSION", "who asks; empty: no such field"), config_set_text,
	 http_settings.user_agent, NULL, 0},
	{"user", "name:password",
	 CONFIG_HELP("none", "for basic authentication, to the URL's own host only; comes before "
			     "a URL's own"),
	 set_value, &http_settings.user, NULL, CONFIG_SECRET_USER},
	{"follow", "0 to 50",
	 CONFIG_HELP("0", "how many redirects to follow; more is status 47"), set_follow,
	 &http_settings.follow, NULL, 0},
	{"retry", "0 to 100",
	 CONFIG_HELP("0", "how often to try again what may pass by itself: a time-out, a name "
			  "that did not resolve, no ARP answer, no address, no link, 408, 429, "
			  "500, 502, 503, 504; after 1, 2, 4 ... 600 seconds, or what the "
			  "server's Retry-After says"),
	 set_retry, &http_settings.retry, NULL, 0},
	{"retry-connrefused", "yes, no",
	 CONFIG_HELP("no", "whether a refused connection is tried again, too"), config_set_yes_no,
	 &http_settings.retry_refused, NULL, 0},
	{"connect-timeout", "seconds above 0, decimals allowed",
	 CONFIG_HELP("10", "how long a connection may take to come about, or a ping's reply; where "
			   "it, retry= or timeout= is given, ARP is asked for so long"),
	 set_connect_timeout, &http_settings, NULL, 0},
	{"max-time", "seconds above 0, decimals allowed",
	 CONFIG_HELP("no limit but timeout=",
		     "how long one transfer may take, its redirects included"),
	 config_set_seconds_above_0, &http_settings.max_time_ns, NULL, 0},
	{"expect.status", "codes and ranges, such as 200,204,300-399",
	 CONFIG_HELP("200-399", "the statuses that are right; any other is status 22"),
	 expect_set_status, &http_settings.expect, NULL, 0},
	{"expect.body", "text",
	 CONFIG_HELP("none", "what the body has to hold, else status 112"), expect_set_body,
	 &http_settings.expect, NULL, 0},
	{"expect.sha256", "64 hexadecimal digits",
	 CONFIG_HELP("none", "what the body's SHA-256 has to be, else status 112"),
	 expect_set_sha256, &http_settings.expect, NULL, 0},
	{"mode", "client, server",
	 CONFIG_HELP("client; server where there is a listen=",
		     "a server answers requests for /, /metrics and /healthz, and makes its "
		     "checks, if it has any, beside that"),
	 server_set_mode, &server_settings, NULL, 0},
	{"listen", "port, or address:port", CONFIG_HELP("80", "where a server listens"),
	 server_set_listen, &server_settings, NULL, 0},
	{"requests", "1 to 1000000000",
	 CONFIG_HELP("no limit", "how many requests a server answers, and then it ends"),
	 server_set_requests, &server_settings, NULL, 0},
	{"log.connections", "a number, all",
	 CONFIG_HELP("20", "how many of a server's connections, and of its requests, the log tells "
			   "one by one at once; one more each second"),
	 server_set_log_connections, &server_settings, NULL, 0},
	{"max-body", "bytes",
	 CONFIG_HELP("no limit", "how large an answer's body may be; a larger one is status 63"),
	 set_max_body, &http_settings.max_body, NULL, 0},
	{"show", "headers, body, headers,body",
	 CONFIG_HELP("nothing",
		     "what of the answers goes into the log, up to 65536 bytes a run"),
	 set_show, &http_settings, NULL, 0},
	{"count", "1 to 1000000",
	 CONFIG_HELP("1", "how many rounds over all of it; a check that fails does not end the "
			  "series"),
	 set_count, &http_settings, NULL, 0},
	{"interval", "seconds, decimals allowed",
	 CONFIG_HELP("1", "from the start of one round to the start of the next"),
	 set_interval, &http_settings, NULL, 0},
	{"keepalive", "yes, no, never",
	 CONFIG_HELP("no", "whether a round may use a connection of the one before; within a "
			   "round the next URL of the same host does, and so does a redirect, unless it "
			   "is never"),
	 set_keepalive, &http_settings.keepalive, NULL, 0},
};

const struct config_key *app_config_keys(size_t *count)
{
	set_defaults();
	*count = ARRAY_LEN(keys);
	return keys;
}

/* --- all of it together ------------------------------------------------------------------------------ */

/* What is meant where nothing was said.  A machine that stays makes its checks for as long as it stays
 * when it is told how often; and no single one may keep it for ever. */
static void choose_what_was_not_given(struct http_settings *s)
{
	bool stays = server_is_wanted();

	if (stays && s->interval_given && !s->count_given)
		s->count = HTTP_COUNT_ENDLESS;
	if (stays && s->max_time_ns == TIME_NEVER)
		s->max_time_ns = HTTP_MAX_TIME_STAYING_NS;
}

unsigned app_config_check(struct event_sink *events)
{
	struct http_settings *s = &http_settings;
	unsigned faults = server_settings_check(events);
	bool has_checks = s->urls.list.count > 0 || s->tcps.list.count > 0 || s->pings.list.count > 0;

	choose_what_was_not_given(s);
	if (!server_is_wanted() && !has_checks && !s->url_at_fault) {
		config_report_missing("url", "missing", URL_ALLOWED, events);
		faults++;
	}
	if (s->method == HTTP_HEAD && s->body.given) {
		config_report_missing("body", "a HEAD request has none", "body= with another method",
				      events);
		faults++;
	}
	return faults;
}

enum status app_check(struct event_sink *events)
{
	struct http_urls *urls = &http_settings.urls;
	static char shown[CONFIG_TEXT_MAX];

	for (size_t i = 0; i < urls->list.count; i++) {
		const char *text = urls->text[i];
		struct strbuf sb = strbuf_on(shown, sizeof(shown));
		struct report report = {
			.method = http_method_name(http_settings_method()), .url = shown};

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
