/* SPDX-License-Identifier: MIT */
/* The keys of the built-in application, for its client and its server; see app/app.h. */
#include "app/main/application.h"

static const struct config_key keys[] = {
	{"url", PROBE_URL_ALLOWED,
	 CONFIG_HELP("this, tcp= or ping= must be given",
		     "what to fetch; the host is an IPv4 address or a name, user:password@ may "
		     "stand before it; up to 16, in order"),
	 probe_set_url, &application.checks.urls, &application.checks.url_at_fault,
	 CONFIG_LIST | CONFIG_SECRET_URL},
	{"tcp", "host:port",
	 CONFIG_HELP("none", "connects there and closes, before the URLs are fetched; up to 16"),
	 probe_set_tcp, &application.checks.tcps, &application.checks.url_at_fault, CONFIG_LIST},
	{"ping", "host",
	 CONFIG_HELP("none", "pings it, before all else: with up to three requests, or with one in "
			     "each round of count=; up to 16"),
	 probe_set_ping, &application.checks.pings, &application.checks.url_at_fault, CONFIG_LIST},
	{"host", "name:address",
	 CONFIG_HELP("none", "the address of a name, as a line of a hosts file; up to 16"),
	 probe_set_host, &application.checks.hosts, NULL, CONFIG_LIST},
	{"method", "GET, HEAD, POST, PUT",
	 CONFIG_HELP("GET, or POST with a body=", "the request's method"), probe_set_method,
	 &application.checks.method, NULL, 0},
	{"header", "Name: value",
	 CONFIG_HELP("none", "a field of the request, in the place of the default one of that "
			     "name; without a value it removes that one; up to 32"),
	 probe_set_field, &application.checks.request.fields, NULL, CONFIG_LIST | CONFIG_SECRET_FIELD},
	{"body", "text",
	 CONFIG_HELP("none", "what is sent, as application/x-www-form-urlencoded unless a "
			     "header= sets another type"),
	 probe_set_value, &application.checks.request.body, NULL, 0},
	{"user-agent", "text",
	 CONFIG_HELP("dialtone/VERSION", "the request's User-Agent; empty: no such field"), config_set_text,
	 application.checks.request.user_agent, NULL, 0},
	{"user", "name:password",
	 CONFIG_HELP("none", "for basic authentication, to the URL's own host only; comes before "
			     "a URL's own"),
	 probe_set_value, &application.checks.request.user, NULL, CONFIG_SECRET_USER},
	{"follow", "0 to 50",
	 CONFIG_HELP("0", "how many redirects to follow; more is status 47"), probe_set_follow,
	 &application.checks.follow, NULL, 0},
	{"retry", "0 to 100",
	 CONFIG_HELP("0", "how often to retry after a transient failure: a timeout, a name "
			  "that did not resolve, no ARP answer, no address, no link, 408, 429, "
			  "500, 502, 503, 504; after 1, 2, 4 ... 600 seconds, or the "
			  "server's Retry-After"),
	 probe_set_retry, &application.checks.retry, NULL, 0},
	{"retry-connrefused", "yes, no",
	 CONFIG_HELP("no", "whether a refused connection is tried again, too"), config_set_yes_no,
	 &application.checks.retry_refused, NULL, 0},
	{"connect-timeout", "seconds above 0, decimals allowed",
	 CONFIG_HELP("10", "timeout for a connection to open, or for a ping's reply; where "
			   "it, retry= or timeout= is given, ARP is asked for so long"),
	 probe_set_connect_timeout, &application.checks, NULL, 0},
	{"max-time", "seconds above 0, decimals allowed",
	 CONFIG_HELP("no limit but timeout=",
		     "timeout for one transfer, its redirects included"),
	 config_set_seconds_above_0, &application.checks.max_time_ns, NULL, 0},
	{"expect.status", "codes and ranges, such as 200,204,300-399",
	 CONFIG_HELP("200-399", "the accepted statuses; any other is status 22"),
	 expect_set_status, &application.checks.expect, NULL, 0},
	{"expect.body", "text",
	 CONFIG_HELP("none", "text that the body must contain, else status 112"), expect_set_body,
	 &application.checks.expect, NULL, 0},
	{"expect.sha256", "64 hexadecimal digits",
	 CONFIG_HELP("none", "the required SHA-256 of the body, else status 112"),
	 expect_set_sha256, &application.checks.expect, NULL, 0},
	{"mode", "client, server",
	 CONFIG_HELP("client; server where there is a listen=",
		     "a server answers requests for /, /metrics and /healthz, and makes its "
		     "checks, if it has any, beside that"),
	 server_set_mode, &application.listens, NULL, 0},
	{"listen", "port, or address:port", CONFIG_HELP("80", "where a server listens"),
	 server_set_listen, &application.listens, NULL, 0},
	{"requests", "1 to 1000000000",
	 CONFIG_HELP("no limit", "how many requests a server answers before it ends"),
	 server_set_requests, &application.listens, NULL, 0},
	{"log.connections", "a number, all",
	 CONFIG_HELP("20", "how many of a server's connections, and of its requests, are logged "
			   "individually at once; one more each second"),
	 server_set_log_connections, &application.listens, NULL, 0},
	{"max-body", "bytes",
	 CONFIG_HELP("no limit", "how large an answer's body may be; a larger one is status 63"),
	 probe_set_max_body, &application.checks.max_body, NULL, 0},
	{"show", "headers, body, headers,body",
	 CONFIG_HELP("nothing",
		     "what of the answers goes into the log, up to 65536 bytes a run"),
	 probe_set_show, &application.checks, NULL, 0},
	{"count", "1 to 1000000",
	 CONFIG_HELP("1", "how many rounds over all of it; a check that fails does not end the "
			  "series"),
	 probe_set_count, &application.checks, NULL, 0},
	{"interval", "seconds, decimals allowed",
	 CONFIG_HELP("1", "from the start of one round to the start of the next"),
	 probe_set_interval, &application.checks, NULL, 0},
	{"keepalive", "yes, no, never",
	 CONFIG_HELP("no", "whether a round may use a connection of the one before; within a "
			   "round the next URL of the same host does, and so does a redirect, unless it "
			   "is never"),
	 probe_set_keepalive, &application.checks.keepalive, NULL, 0},
};

const struct config_key *app_config_keys(size_t *count)
{
	probe_settings_default(&application.checks);
	server_settings_default(&application.listens);
	*count = ARRAY_LEN(keys);
	return keys;
}

unsigned app_config_check(struct event_sink *events)
{
	unsigned faults = server_settings_check(&application.listens, events);

	return faults + probe_settings_check(&application.checks, server_is_wanted(&application.listens),
					     events);
}

enum status app_check(struct event_sink *events)
{
	return probe_settings_judge(&application.checks, events);
}
