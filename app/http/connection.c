/*
 * SPDX-License-Identifier: MIT
 *
 * From a host's name to a connection, and what is sent and received over it; see
 * app/http/connection.h.  Whatever goes wrong becomes a status of base/status.h and a sentence.
 */
#include "app/http/connection.h"

#include "app/http/closing.h"
#include "app/http/connect.h"
#include "app/http/text.h"
#include "app/http/transfer.h"
#include "base/ipv4_text.h"
#include "base/string.h"

/* --- from the host's name to an address ----------------------------------------------------------- */

bool connection_resolve(struct transfer *t, struct span host)
{
	struct resolved *resolved = &t->client->resolved;
	const struct app_env *env = t->env;
	const struct app_names names =
		env->names != NULL ? env->names(env->machine.ctx) : (struct app_names){0};
	const struct resolver resolver = {
		.machine = t->m,
		.memory = &t->client->name_servers,
		.answer_buf = t->client->dns_answer,
		.events = t->events,
		.servers = {names.servers[0], names.servers[1], names.servers[2]},
		.n_servers = names.n_servers,
		.search = names.search,
		.hosts = t->client->options.hosts,
		.n_hosts = t->client->options.n_hosts,
	};
	uint32_t ipv4;
	enum status status = resolver_lookup(&resolver, host.at, host.len, t->deadline_ns, resolved);

	if (status != STATUS_OK) {
		transfer_fail(t, status, resolved->problem);
		t->report.refused = resolved->refused;
		return false;
	}
	if (!ipv4_parse(host.at, host.len, &ipv4))
		t->report.time_namelookup_ns = transfer_elapsed(t);
	return true;
}

/* --- one of its addresses -------------------------------------------------------------------------- */

/* A name may have several addresses: the next is tried where one cannot be connected to, as long as
 * there is time (RFC 1123 2.3). */
static bool reach_one_of(struct transfer *t, uint16_t port)
{
	const struct resolved *resolved = &t->client->resolved;

	for (unsigned i = 0; i < resolved->n; i++) {
		t->report.has_remote = true;
		t->report.remote = t->connection->remote = (struct net_endpoint){resolved->addr[i], port};
		if (connect_to(t, t->connection))
			return true;
		if (t->report.exitcode != STATUS_COULD_NOT_CONNECT &&
		    t->report.exitcode != STATUS_TIMED_OUT)
			return false;
		if (i + 1 == resolved->n || transfer_now(t) >= t->deadline_ns)
			return false;
		event_emit(t->events, EVENT_HTTP_NEXT_ADDRESS, t->conn, 0,
			   EV_ENDPOINT("dst", t->report.remote), EV_STR("problem", t->errormsg));
		connection_abort(t);
		transfer_clear_failure(t);
	}
	return false;
}

/* --- the one that is kept ------------------------------------------------------------------------- */

bool connection_leads_to(const struct connection *connection, struct span host, uint16_t port)
{
	return connection->open && connection->connected && connection->remote.port == port &&
	       span_equal_any_case(host, (struct span){connection->host, connection->host_len});
}

/* Nothing may have come over it since the last answer: neither bytes nor an end. */
static bool is_alive(const struct transfer *t)
{
	return sock_poll(t->m->stack, t->connection->fd, SOCK_POLLIN) == 0;
}

static bool use_again(struct transfer *t)
{
	struct connection *connection = t->connection;

	t->conn = connection->conn;
	if (!is_alive(t)) {
		event_emit(t->events, EVENT_HTTP_KEPT_LOST, t->conn, 0, EV_ENDPOINT("dst", connection->remote));
		return false;
	}
	t->reused = true;
	t->report.has_remote = true;
	t->report.remote = connection->remote;
	t->report.has_local = connection->has_local;
	t->report.local = connection->local;
	event_emit(t->events, EVENT_HTTP_KEPT, t->conn, 0, EV_ENDPOINT("dst", connection->remote));
	return true;
}

/* --- the interface --------------------------------------------------------------------------------- */

bool connection_open(struct transfer *t, struct span host, uint16_t port)
{
	struct connection *connection = t->connection;

	if (connection_leads_to(connection, host, port) && use_again(t))
		return true;
	connection_close(t);
	t->conn = 0;
	t->reused = false;
	if (!connection_resolve(t, host)) {
		t->report.failed_step = 1;
		return false;
	}
	connection->host_len = MIN(host.len, sizeof(connection->host));
	memcpy(connection->host, host.at, connection->host_len);
	return reach_one_of(t, port);
}

static void clear_connection(struct connection *connection)
{
	connection->open = connection->connected = false;
	connection->host_len = 0;
}

/* The verdict on the transfer stands: a close that fails is in the log. */
void connection_close(struct transfer *t)
{
	struct connection *connection = t->connection;

	if (connection->open && connection->connected)
		closing_begin(&t->client->closing, t->env, connection->fd, connection->conn, &connection->remote);
	else if (connection->open)
		blocking_abort(t->m, connection->fd);
	clear_connection(connection);
}

void connection_abort(struct transfer *t)
{
	if (t->connection->open)
		blocking_abort(t->m, t->connection->fd);
	clear_connection(t->connection);
}

/* --- the stream ------------------------------------------------------------------------------------- */

int connection_send(struct transfer *t, const void *buf, size_t len, size_t *sent)
{
	return blocking_send_counted(t->m, t->connection->fd, buf, len, t->deadline_ns, sent);
}

int connection_receive(struct transfer *t, void *buf, size_t len, uint64_t deadline_ns)
{
	return blocking_recv(t->m, t->connection->fd, buf, len, deadline_ns);
}

void connection_explain_awaited(struct transfer *t, struct strbuf *sb)
{
	transfer_explain_awaited(t, sb, t->connection->fd);
}
