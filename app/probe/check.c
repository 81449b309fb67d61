/* SPDX-License-Identifier: MIT */
/* Carrying out a check; see app/probe/check.h. */
#include "app/probe/check.h"

#include "app/http/closing.h"
#include "app/probe/ping.h"
#include "app/probe/retry.h"
#include "base/string.h"

static uint64_t client_now(const struct client *client)
{
	return client->env->machine.now_ns(client->env->machine.ctx);
}

void client_begin(struct client *client, struct app_env *env, const struct probe_settings *settings)
{
	client->env = env;
	client->settings = settings;
	client->http.env = env;
	client->http.options = (struct http_client_options){
		.connect_timeout_ns = settings->connect_timeout_ns,
		.patient = settings->connect_timeout_given || settings->retry > 0 ||
			   env->platform->timeout_given,
		.hosts = settings->hosts.entry,
		.n_hosts = settings->hosts.list.count,
	};
	probe_reader_begin(&client->reader, settings, env->events);
}

bool client_is_over(const struct client *client, uint64_t at_ns)
{
	return client->is_over != NULL && client->is_over(client->is_over_ctx, at_ns);
}

struct transfer *attempt_begin(struct client *client, const struct attempt *a, struct connection *connection,
			       const char *text)
{
	struct transfer *t = &client->transfer;

	transfer_begin(t, &client->http, connection, a->deadline_ns, text, strlen(text));
	t->report.urlnum = a->check;
	t->report.probe = a->probe;
	t->report.num_retries = a->number;
	return t;
}

/* --- ping= and tcp= -------------------------------------------------------------------------------- */

static struct transfer *begin_plain(struct client *client, const struct attempt *a,
				    struct connection *connection, const char *text, const char *kind,
				    const char *scheme)
{
	struct transfer *t = attempt_begin(client, a, connection, text);

	t->report.check = kind;
	t->report.scheme = scheme;
	t->report.url_effective = t->url;
	return t;
}

/* One that stands alone is not failed by one packet that was lost; in a series each round sends one,
 * so that those that were lost are counted. */
static void try_ping(struct client *client, const struct attempt *a)
{
	const struct http_ping *ping = &client->settings->pings.entry[a->check];
	struct span host = {ping->text + strlen("ping://"), ping->host_len};
	struct transfer *t = begin_plain(client, a, &client->connection, ping->text, "ping", "ping");

	ping_host(t, host, a->probe != 0 ? 1 : PING_REQUESTS_MAX, (uint16_t)MAX(a->probe, 1u));
	transfer_end(t);
}

/* Connects, and closes. */
static void try_tcp(struct client *client, const struct attempt *a)
{
	const struct http_tcp *tcp = &client->settings->tcps.entry[check_tcp_row(client->settings, a->check)];
	struct span host = {tcp->text + strlen("tcp://"), tcp->host_len};
	struct transfer *t = begin_plain(client, a, &client->tcp_line, tcp->text, "connect", "tcp");

	(void)connection_open(t, host, tcp->port); /* what it says is in the report */
	transfer_end(t);
	connection_close(t);
}

/* --- again and again ------------------------------------------------------------------------------ */

static uint64_t deadline(const struct client *client, uint64_t start_ns)
{
	uint64_t run_ns = client->env->deadline_ns;

	if (start_ns < run_ns && run_ns - start_ns > client->settings->max_time_ns)
		return start_ns + client->settings->max_time_ns;
	return run_ns;
}

/* It failed, and the address that it was tried from turned out to be another host's: one answer to a
 * probe, which anybody can send, must not end the run while there is time for another address.  What a
 * server may have acted on already is not sent twice. */
static bool has_another_address(struct client *client, const struct attempt *a)
{
	const struct transfer *t = &client->transfer;
	enum http_method method = probe_method(client->settings);
	bool harmless = !check_is_url(client->settings, a->check) || t->report.num_connects == 0 ||
			method == HTTP_GET || method == HTTP_HEAD;

	return transfer_failed_by_network(t) && harmless &&
	       client->env->another_address != NULL &&
	       client->env->another_address(client->env->machine.ctx, a->deadline_ns);
}

void check_run(struct client *client, unsigned check, unsigned probe, unsigned next)
{
	struct attempt a = {.check = check, .probe = probe, .next = next};

	for (;;) {
		a.start_ns = client_now(client);
		a.deadline_ns = deadline(client, a.start_ns);
		if (check_is_url(client->settings, check))
			fetch_url(client, &a);
		else if (check_is_ping(client->settings, check))
			try_ping(client, &a);
		else
			try_tcp(client, &a);
		if (has_another_address(client, &a))
			continue;
		if (!retry_wait(client, a.number))
			return;
		a.number++;
	}
}

uint64_t check_time_ns(const struct client *client, unsigned check, const struct report *r)
{
	if (check_is_ping(client->settings, check))
		return ping_round_trip_ns(r);
	return r->time_redirect_ns + r->time_total_ns;
}

void check_end(struct client *client)
{
	if (client->connection.open)
		connection_close(&client->transfer);
	closing_finish(&client->http.closing, client->env);
}
