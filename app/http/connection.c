/*
 * SPDX-License-Identifier: MIT
 *
 * From a host's name to a connection; see app/http/connection.h.  Whatever goes wrong becomes a
 * status of base/status.h and a sentence; a sentence about time says what was waited for.
 */
#include "app/http/connection.h"

#include "app/dns/resolver.h"
#include "app/http/closing.h"
#include "app/probe/settings.h"
#include "app/http/transfer.h"
#include "base/ipv4_text.h"
#include "base/string.h"

static bool is_out_of_memory(int err)
{
	return err == ERR_NOMEM || err == ERR_NOBUFS || err == ERR_MFILE;
}

/* --- from the host's name to an address ----------------------------------------------------------- */

bool connection_resolve(struct transfer *t, struct url_span host, struct resolved *resolved)
{
	const struct app_env *env = t->env;
	const struct app_names names =
		env->names != NULL ? env->names(env->machine.ctx) : (struct app_names){0};
	static struct resolver_memory memory; /* one machine, one network */
	const struct resolver resolver = {
		.machine = t->m,
		.memory = &memory,
		.events = t->events,
		.servers = {names.servers[0], names.servers[1], names.servers[2]},
		.n_servers = names.n_servers,
		.search = names.search,
		.hosts = http_settings.hosts.entry,
		.n_hosts = http_settings.hosts.list.count,
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

/* --- create a socket ------------------------------------------------------------------------------ */

static bool create_socket(struct transfer *t)
{
	struct connection *line = t->line;

	line->conn = t->conn = sock_next_conn(t->m->stack);
	event_emit(t->events, EVENT_APP_SOCKET, t->conn, 0, EV_STR("family", "AF_INET"),
		   EV_STR("type", "SOCK_STREAM"), EV_STR("protocol", "IPPROTO_TCP"));
	line->step = 1;
	line->fd = sock_socket(t->m->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	if (line->fd < 0) {
		struct strbuf sb = transfer_fail(t, STATUS_OUT_OF_MEMORY, "no socket: ");
		strbuf_str(&sb, err_text(line->fd));
		return false;
	}
	line->open = true;
	event_emit(t->events, EVENT_APP_FD, t->conn, 0, EV_U64("fd", (uint64_t)line->fd));
	line->step = 4;
	return true;
}

/* --- connect -------------------------------------------------------------------------------------- */

static unsigned last_step_of(const struct transfer *t)
{
	return MAX(t->line->step, sock_last_step(t->m->stack, t->line->fd));
}

static const char *awaited(unsigned last_step)
{
	if (last_step < 8)
		return "waiting for the next hop's ARP answer";
	if (last_step < 12)
		return "waiting for the server's SYN-ACK";
	return "waiting for the connection";
}

static void describe_connect(const void *ctx, struct progress_line *line)
{
	const struct transfer *t = ctx;

	line->what = awaited(last_step_of(t));
	line->conn = t->conn;
	line->dst = &t->line->remote;
}

static void explain_timeout(struct transfer *t, unsigned last_step)
{
	struct strbuf sb = transfer_fail_timed_out(t);

	strbuf_str(&sb, awaited(last_step));
	transfer_explain_awaited(t, &sb, t->line->fd);
}

/* RFC 1122 3.2.1.3: loopback, multicast and the like are found behind no gateway. */
static bool is_a_hosts(uint32_t ipv4)
{
	uint32_t first = ipv4 >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Before step 8 the error is our own stack's, which found no way there; after it the network's. */
const char *connection_no_way(const struct transfer *t, int err)
{
	if (err == ERR_NETUNREACH && is_a_hosts(net_addr_to_ipv4(&t->report.remote.addr)))
		return "no route: there is no gateway";
	return "the address is not another host's";
}

static const char *connect_sentence(const struct transfer *t, int err, unsigned last_step)
{
	switch (err) {
	case ERR_ACCES: /* a network's own address, or a broadcast address */
	case ERR_ADDRNOTAVAIL: /* ours */
		return connection_no_way(t, err);
	case ERR_CONNREFUSED: return "connection refused";
	case ERR_HOSTUNREACH: return "host unreachable, says the network";
	case ERR_NETUNREACH: return last_step < 8 ? connection_no_way(t, err)
						  : "network unreachable, says the network";
	default: return err_text(err);
	}
}

static void explain_error(struct transfer *t, int err, uint64_t began_ns)
{
	unsigned last_step = last_step_of(t);
	struct strbuf sb;

	t->report.failed_step = report_step_after(last_step);
	t->refused = err == ERR_CONNREFUSED;
	if (last_step < 8 && transfer_gave_up_on_arp(t, t->line->fd, err)) {
		transfer_fail_no_arp(t, t->line->fd, began_ns);
	} else if (err == ERR_TIMEDOUT) {
		explain_timeout(t, last_step);
	} else if (is_out_of_memory(err)) {
		transfer_fail(t, STATUS_OUT_OF_MEMORY, "no memory for the connection");
	} else {
		sb = transfer_fail(t, STATUS_COULD_NOT_CONNECT, connect_sentence(t, err, last_step));
		transfer_explain_awaited(t, &sb, t->line->fd);
	}
}

static void remember_local(struct transfer *t)
{
	struct connection *line = t->line;

	line->has_local = sock_getsockname(t->m->stack, line->fd, &line->local) == ERR_OK &&
			  line->local.addr.family != NET_FAMILY_NONE && line->local.port != 0;
	t->report.has_local = line->has_local;
	t->report.local = line->local;
}

static bool connect_to_server(struct transfer *t)
{
	struct connection *line = t->line;
	uint64_t before = transfer_now(t);
	uint64_t deadline = MIN(t->deadline_ns, before + http_settings.connect_timeout_ns);
	int err;

	event_emit(t->events, EVENT_APP_CONNECT, t->conn, 0, EV_U64("fd", (uint64_t)line->fd),
		   EV_ENDPOINT("dst", line->remote));
	line->step = 5;
	transfer_be_patient(t, line->fd, deadline);
	transfer_begin_wait(t, describe_connect, t, deadline);
	err = blocking_connect(t->m, line->fd, &line->remote, deadline);
	transfer_end_wait(t);
	remember_local(t);
	if (err != ERR_OK) {
		explain_error(t, err, before);
		return false;
	}
	t->report.time_connect_ns = transfer_elapsed(t);
	event_emit(t->events, EVENT_APP_CONNECTED, t->conn, 0, EV_U64("fd", (uint64_t)line->fd),
		   EV_U64("connect_us", (transfer_now(t) - before) / NS_PER_US));
	line->step = 16;
	line->connected = true;
	t->report.num_connects++;
	return true;
}

/* A name may have several addresses: the next is tried where one cannot be connected to, as long as
 * there is time (RFC 1123 2.3). */
static bool reach_one_of(struct transfer *t, const struct resolved *resolved, uint16_t port)
{
	for (unsigned i = 0; i < resolved->n; i++) {
		t->report.has_remote = true;
		t->report.remote = t->line->remote = net_endpoint_ipv4(resolved->ipv4[i], port);
		if (create_socket(t) && connect_to_server(t))
			return true;
		if (t->report.exitcode != STATUS_COULD_NOT_CONNECT &&
		    t->report.exitcode != STATUS_TIMED_OUT)
			return false;
		if (i + 1 == resolved->n || transfer_now(t) >= t->deadline_ns)
			return false;
		event_emit(t->events, EVENT_HTTP_NEXT_ADDRESS, t->conn, 0,
			   EV_ENDPOINT("dst", t->report.remote), EV_STR("problem", t->errormsg));
		connection_abort(t);
		transfer_forget_failure(t);
	}
	return false;
}

/* --- the one that is kept ------------------------------------------------------------------------- */

static bool is_same_host(struct url_span a, const char *b, size_t b_len)
{
	for (size_t i = 0; i < a.len && i < b_len; i++) {
		char x = a.at[i], y = b[i];

		if (x != y && !((x ^ y) == 0x20 && (x | 0x20) >= 'a' && (x | 0x20) <= 'z'))
			return false;
	}
	return a.len == b_len;
}

bool connection_leads_to(const struct connection *line, struct url_span host, uint16_t port)
{
	return line->open && line->connected && line->remote.port == port &&
	       is_same_host(host, line->host, line->host_len);
}

/* Nothing may have come over it since the last answer: neither bytes nor an end. */
static bool is_alive(const struct transfer *t)
{
	return sock_poll(t->m->stack, t->line->fd, SOCK_POLLIN) == 0;
}

static bool use_again(struct transfer *t)
{
	struct connection *line = t->line;

	t->conn = line->conn;
	if (!is_alive(t)) {
		event_emit(t->events, EVENT_HTTP_KEPT_LOST, t->conn, 0, EV_ENDPOINT("dst", line->remote));
		return false;
	}
	t->reused = true;
	t->report.has_remote = true;
	t->report.remote = line->remote;
	t->report.has_local = line->has_local;
	t->report.local = line->local;
	event_emit(t->events, EVENT_HTTP_KEPT, t->conn, 0, EV_ENDPOINT("dst", line->remote));
	return true;
}

/* --- the interface --------------------------------------------------------------------------------- */

bool connection_open(struct transfer *t, struct url_span host, uint16_t port)
{
	static struct resolved resolved;
	struct connection *line = t->line;

	if (connection_leads_to(line, host, port) && use_again(t))
		return true;
	connection_close(t);
	t->conn = 0;
	t->reused = false;
	if (!connection_resolve(t, host, &resolved)) {
		t->report.failed_step = 1;
		return false;
	}
	line->host_len = MIN(host.len, sizeof(line->host));
	memcpy(line->host, host.at, line->host_len);
	return reach_one_of(t, &resolved, port);
}

static void forget(struct connection *line)
{
	line->open = line->connected = false;
	line->host_len = 0;
}

/* The verdict on the transfer stands: a close that fails is in the log. */
void connection_close(struct transfer *t)
{
	struct connection *line = t->line;

	if (line->open && line->connected)
		closing_begin(t->env, line->fd, line->conn, &line->remote);
	else if (line->open)
		blocking_abort(t->m, line->fd);
	forget(line);
}

void connection_abort(struct transfer *t)
{
	if (t->line->open)
		blocking_abort(t->m, t->line->fd);
	forget(t->line);
}
