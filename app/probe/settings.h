/*
 * SPDX-License-Identifier: MIT
 *
 * What the configuration says to the checks.  The table of keys stands in app/main/keys.c; here are the
 * parsers of their values, and what only all of them together can say.
 */
#ifndef APP_PROBE_SETTINGS_H
#define APP_PROBE_SETTINGS_H

#include "app/dns/resolver.h"
#include "app/http/request_write.h"
#include "app/http/url.h"
#include "app/probe/expect.h"
#include "config/config.h"

#define HTTP_COUNT_MAX 1000000u
#define HTTP_COUNT_ENDLESS UINT64_MAX
#define HTTP_MAX_TIME_STAYING_NS (30 * NS_PER_S) /* max-time= of a machine that stays */
#define HTTP_HOSTS_MAX 16u
#define HTTP_URLS_MAX 16u
#define HTTP_TCP_MAX 16u
#define HTTP_PING_MAX 16u
#define HTTP_FOLLOW_MAX 50u
#define HTTP_RETRY_MAX 100u

/* host=NAME:ADDRESS, as lines of a hosts file. */
struct http_hosts {
	struct config_list list;
	struct resolver_host entry[HTTP_HOSTS_MAX];
};

#define HTTP_URL_MAX (CONFIG_TEXT_MAX + URL_GROWTH - 1) /* bytes of a URL in its normal form */

/* url=, in order.  What is not `text` is valid once probe_settings_judge() said STATUS_OK. */
struct http_urls {
	struct config_list list;
	char text[HTTP_URLS_MAX][CONFIG_TEXT_MAX];  /* as it was given */
	char normal[HTTP_URLS_MAX][HTTP_URL_MAX];   /* url_normalise() */
	size_t normal_len[HTTP_URLS_MAX];
	struct url url[HTTP_URLS_MAX];              /* of `normal` */
};

/* tcp=HOST:PORT */
struct http_tcp {
	char text[sizeof("tcp://:65535") + DNS_NAME_MAX]; /* "tcp://host:port" */
	size_t host_len;
	uint16_t port;
};

struct http_tcps {
	struct config_list list;
	struct http_tcp entry[HTTP_TCP_MAX];
};

/* ping=HOST */
struct http_ping {
	char text[sizeof("ping://") + DNS_NAME_MAX]; /* "ping://host" */
	size_t host_len;
};

struct http_pings {
	struct config_list list;
	struct http_ping entry[HTTP_PING_MAX];
};

/* Between which transfers a connection is kept: those of a round, all, none. */
enum http_keepalive { HTTP_KEEP_IN_ROUND, HTTP_KEEP_ALWAYS, HTTP_KEEP_NEVER };

struct probe_settings {
	struct http_urls urls;
	bool url_at_fault;              /* there is a url=, tcp= or ping=, and what is wrong with it was said */
	struct http_tcps tcps;
	struct http_pings pings;
	struct http_hosts hosts;

	enum http_method method;        /* as written; probe_method() is what is meant */
	struct http_request_options request;

	uint64_t follow;                /* redirects */
	enum http_keepalive keepalive;
	uint64_t retry;                 /* times, beside the first */
	bool retry_refused;

	uint64_t connect_timeout_ns;
	bool connect_timeout_given;
	uint64_t max_time_ns;           /* of one transfer with its redirects; TIME_NEVER: no limit */
	uint64_t count;                 /* rounds over all checks, at least 1; HTTP_COUNT_ENDLESS */
	uint64_t interval_ns;           /* from the start of one to the start of the next */
	bool count_given, interval_given;
	uint64_t max_body;              /* bytes */

	struct http_expect expect;
	bool show_headers, show_body;
};

void probe_settings_default(struct probe_settings *s);
/* Faults that only all sources together can show, each said by a `config.bad`; and what is meant where
 * nothing was said.  `stays`: the machine is a server. */
unsigned probe_settings_check(struct probe_settings *s, bool stays, struct event_sink *events);
/* The URLs, which have statuses of their own, into their normal form.  STATUS_OK, or the status to end
 * with, already reported by a `result`. */
enum status probe_settings_judge(struct probe_settings *s, struct event_sink *events) MUST_CHECK;

/* method=, or what is meant without it: GET, and POST where there is a body=. */
enum http_method probe_method(const struct probe_settings *s);

/* --- parsers for the table of keys; `dst` is what their names say ------------------------------------ */

#define PROBE_URL_ALLOWED "http://host[:port]/path"

const char *probe_set_url(void *dst_http_urls, const char *value, size_t len);
const char *probe_set_tcp(void *dst_http_tcps, const char *value, size_t len);
const char *probe_set_ping(void *dst_http_pings, const char *value, size_t len);
const char *probe_set_host(void *dst_http_hosts, const char *value, size_t len);
const char *probe_set_method(void *dst_http_method, const char *value, size_t len);
const char *probe_set_field(void *dst_http_fields, const char *value, size_t len);
const char *probe_set_value(void *dst_http_value, const char *value, size_t len);
const char *probe_set_count(void *dst_probe_settings, const char *value, size_t len);
const char *probe_set_interval(void *dst_probe_settings, const char *value, size_t len);
const char *probe_set_max_body(void *dst_u64, const char *value, size_t len);
const char *probe_set_follow(void *dst_u64, const char *value, size_t len);
const char *probe_set_retry(void *dst_u64, const char *value, size_t len);
const char *probe_set_keepalive(void *dst_http_keepalive, const char *value, size_t len);
const char *probe_set_show(void *dst_probe_settings, const char *value, size_t len);
const char *probe_set_connect_timeout(void *dst_probe_settings, const char *value, size_t len);

#endif
