/*
 * SPDX-License-Identifier: MIT
 *
 * What the configuration says to the server: mode=, listen=, requests=, log.connections=.  The rows of
 * the table of keys stand with the others in app/main/keys.c.
 */
#ifndef APP_SERVER_SETTINGS_H
#define APP_SERVER_SETTINGS_H

#include "base/net_addr.h"
#include "log/event.h"

#define SERVER_PORT 80u
#define SERVER_LOG_ALL UINT32_MAX

enum server_mode { SERVER_MODE_DEFAULT, SERVER_MODE_CLIENT, SERVER_MODE_SERVER };

struct server_settings {
	enum server_mode mode;
	bool listen_given;
	struct net_addr address; /* 0.0.0.0: any of ours */
	uint16_t port;
	uint64_t requests;     /* it ends after so many; 0: it does not */
	uint32_t log_connections; /* logged individually at once; SERVER_LOG_ALL */
};

void server_settings_default(struct server_settings *s);
/* Faults, each said by a `config.bad`. */
unsigned server_settings_check(const struct server_settings *s, struct event_sink *events);
/* There is to be a server. */
bool server_is_wanted(const struct server_settings *s);

/* Parsers for the table of keys; `dst` is a struct server_settings. */
const char *server_set_mode(void *dst, const char *value, size_t len);
const char *server_set_listen(void *dst, const char *value, size_t len);
const char *server_set_requests(void *dst, const char *value, size_t len);
const char *server_set_log_connections(void *dst, const char *value, size_t len);

#endif
