/*
 * What the configuration says to the HTTP client: its keys, checked in app_config_check() and
 * app_check().  One per program, as there is one configuration.
 */
#ifndef APP_HTTP_SETTINGS_H
#define APP_HTTP_SETTINGS_H

#include "app/http/url.h"
#include "kernel/config.h"

struct http_settings {
	char url_text[CONFIG_TEXT_MAX]; /* url= as written */
	bool url_at_fault;              /* there is a url=, and what is wrong with it was said */
	struct url url;                 /* valid once app_check() said STATUS_OK */
	uint64_t connect_timeout_ns;
};

extern struct http_settings http_settings;

#endif
