/*
 * SPDX-License-Identifier: MIT
 *
 * What the configuration says to the HTTP client: its keys, checked in app_config_check() and
 * app_check().  One per program, as there is one configuration.
 */
#ifndef APP_PROBE_SETTINGS_H
#define APP_PROBE_SETTINGS_H

#include "app/dns/resolver.h"
#include "app/probe/expect.h"
#include "app/http/url.h"
#include "config/config.h"

#define HTTP_COUNT_MAX 1000000u
#define HTTP_COUNT_ENDLESS UINT64_MAX
#define HTTP_MAX_TIME_STAYING_NS (30 * NS_PER_S) /* max-time= of a machine that stays */
#define HTTP_HOSTS_MAX 16u
#define HTTP_URLS_MAX 16u
#define HTTP_TCP_MAX 16u
#define HTTP_PING_MAX 16u
#define HTTP_FIELDS_MAX 32u
#define HTTP_FIELDS_BYTES (8u * 1024) /* of all header= together */
#define HTTP_FOLLOW_MAX 50u
#define HTTP_RETRY_MAX 100u

/* host=NAME:ADDRESS, as lines of a hosts file. */
struct http_hosts {
	struct config_list list;
	struct resolver_host entry[HTTP_HOSTS_MAX];
};

#define HTTP_URL_MAX (CONFIG_TEXT_MAX + URL_GROWTH - 1) /* bytes of a URL in its normal form */

/* url=, in order.  What is not `text` is valid once app_check() said STATUS_OK. */
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

/* header=Name: value.  An empty value takes a field out that would be sent otherwise. */
struct http_field {
	size_t at, name_len, value_at, value_len; /* in `text` */
};

struct http_fields {
	struct config_list list;
	struct http_field entry[HTTP_FIELDS_MAX];
	char text[HTTP_FIELDS_BYTES];
};

enum http_method { HTTP_METHOD_DEFAULT, HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT };

/* Between which transfers a connection is kept: those of a round, all, none. */
enum http_keepalive { HTTP_KEEP_IN_ROUND, HTTP_KEEP_ALWAYS, HTTP_KEEP_NEVER };

/* A value that may be empty. */
struct http_value {
	bool given;
	size_t len;
	char text[CONFIG_TEXT_MAX];
};

struct http_settings {
	struct http_urls urls;
	bool url_at_fault;              /* there is a url=, tcp= or ping=, and what is wrong with it was said */
	struct http_tcps tcps;
	struct http_pings pings;
	struct http_hosts hosts;

	enum http_method method;        /* as written; http_settings_method() is what is meant */
	struct http_fields fields;
	struct http_value body;
	struct http_value user;         /* name:password */
	char user_agent[CONFIG_TEXT_MAX];

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

extern struct http_settings http_settings;

/* method=, or what is meant without it: GET, and POST where there is a body=. */
enum http_method http_settings_method(void);
const char *http_method_name(enum http_method method);

#endif
