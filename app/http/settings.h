/*
 * What the configuration says to the HTTP client: its keys, checked in app_config_check() and
 * app_check().  One per program, as there is one configuration.
 */
#ifndef APP_HTTP_SETTINGS_H
#define APP_HTTP_SETTINGS_H

#include "app/dns/resolver.h"
#include "app/http/url.h"
#include "kernel/config.h"

#define HTTP_COUNT_MAX 1000000u
#define HTTP_HOSTS_MAX 16u

/* host=NAME:ADDRESS, as lines of a hosts file. */
struct http_hosts {
	struct config_list list;
	struct resolver_host entry[HTTP_HOSTS_MAX];
};

struct http_settings {
	char url_text[CONFIG_TEXT_MAX]; /* url= as written */
	bool url_at_fault;              /* there is a url=, and what is wrong with it was said */
	struct url url;                 /* valid once app_check() said STATUS_OK */
	struct http_hosts hosts;
	uint64_t connect_timeout_ns;
	uint64_t count;                 /* GETs, at least 1 */
	uint64_t max_body;              /* bytes */
	uint64_t interval_ns;           /* from the start of one to the start of the next */
};

extern struct http_settings http_settings;

#endif
