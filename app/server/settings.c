/* SPDX-License-Identifier: MIT */
/* The server's configuration; see app/server/settings.h. */
#include "app/server/settings.h"

#include "base/ipv4_text.h"
#include "base/string.h"
#include "config/config.h"

#define LOG_CONNECTIONS 20u
#define REQUESTS_MAX 1000000000u

void server_settings_default(struct server_settings *s)
{
	*s = (struct server_settings){
		.address = net_addr_ipv4(0), .port = SERVER_PORT, .log_connections = LOG_CONNECTIONS};
}

bool server_is_wanted(const struct server_settings *s)
{
	return s->mode == SERVER_MODE_SERVER || (s->mode == SERVER_MODE_DEFAULT && s->listen_given);
}

unsigned server_settings_check(const struct server_settings *s, struct event_sink *events)
{
	unsigned faults = 0;

	if (s->mode == SERVER_MODE_CLIENT && s->listen_given) {
		config_report_missing("listen", "a client does not listen", "listen= with mode=server",
				      events);
		faults++;
	}
	if (!server_is_wanted(s) && s->requests > 0) {
		config_report_missing("requests", "a client answers none", "requests= with mode=server",
				      events);
		faults++;
	}
	return faults;
}

static bool is_text(const char *value, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(value, text, len) == 0;
}

const char *server_set_mode(void *dst, const char *value, size_t len)
{
	struct server_settings *s = dst;

	if (is_text(value, len, "client"))
		s->mode = SERVER_MODE_CLIENT;
	else if (is_text(value, len, "server"))
		s->mode = SERVER_MODE_SERVER;
	else
		return "neither client nor server";
	return NULL;
}

/* PORT, or ADDRESS:PORT. */
const char *server_set_listen(void *dst, const char *value, size_t len)
{
	struct server_settings *s = dst;
	const char *colon = memchr(value, ':', len);
	size_t address_len = colon != NULL ? (size_t)(colon - value) : 0;
	size_t at = colon != NULL ? address_len + 1 : 0;
	uint32_t address = 0;
	uint64_t port;

	if (colon != NULL && !ipv4_parse(value, address_len, &address))
		return "not an IPv4 address before the colon";
	if (!decimal_parse(value + at, len - at, UINT16_MAX, &port) || port == 0)
		return "not a port from 1 to 65535";
	s->listen_given = true;
	s->address = net_addr_ipv4(address);
	s->port = (uint16_t)port;
	return NULL;
}

const char *server_set_requests(void *dst, const char *value, size_t len)
{
	struct server_settings *s = dst;
	uint64_t requests;

	if (!decimal_parse(value, len, REQUESTS_MAX, &requests) || requests == 0)
		return "not a number from 1 to 1000000000";
	s->requests = requests;
	return NULL;
}

const char *server_set_log_connections(void *dst, const char *value, size_t len)
{
	struct server_settings *s = dst;
	uint64_t n;

	if (is_text(value, len, "all"))
		n = SERVER_LOG_ALL;
	else if (!decimal_parse(value, len, SERVER_LOG_ALL - 1, &n))
		return "neither a number nor all";
	s->log_connections = (uint32_t)n;
	return NULL;
}
