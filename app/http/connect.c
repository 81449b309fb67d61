/*
 * SPDX-License-Identifier: MIT
 *
 * One attempt to connect, step by step; see app/http/connect.h.  A sentence about time says what was
 * waited for.
 */
#include "app/http/connect.h"

#include "base/strbuf.h"

static bool is_out_of_memory(int err)
{
	return err == ERR_NOMEM || err == ERR_NOBUFS || err == ERR_MFILE;
}

/* --- create a socket ------------------------------------------------------------------------------ */

static bool create_socket(struct transfer *t, struct connection *connection)
{
	connection->conn = t->conn = sock_next_conn(t->m->stack);
	event_emit(t->events, EVENT_APP_SOCKET, t->conn, 0, EV_STR("family", "AF_INET"),
		   EV_STR("type", "SOCK_STREAM"), EV_STR("protocol", "IPPROTO_TCP"));
	connection->step = 1;
	connection->fd = sock_socket(t->m->stack, (enum net_family)connection->remote.addr.family, SOCK_TYPE_STREAM,
				     SOCK_PROTO_TCP);
	if (connection->fd < 0) {
		struct strbuf sb = transfer_fail(t, STATUS_OUT_OF_MEMORY, "no socket: ");
		strbuf_str(&sb, err_text(connection->fd));
		return false;
	}
	connection->open = true;
	event_emit(t->events, EVENT_APP_FD, t->conn, 0, EV_U64("fd", (uint64_t)connection->fd));
	connection->step = 4;
	return true;
}

/* --- connect -------------------------------------------------------------------------------------- */

static unsigned last_step_of(const struct transfer *t, const struct connection *connection)
{
	return MAX(connection->step, sock_last_step(t->m->stack, connection->fd));
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

	line->what = awaited(last_step_of(t, t->connection));
	line->conn = t->conn;
	line->dst = &t->connection->remote;
}

static void explain_timeout(struct transfer *t, int fd, unsigned last_step)
{
	struct strbuf sb = transfer_fail_timed_out(t);

	strbuf_str(&sb, awaited(last_step));
	transfer_explain_awaited(t, &sb, fd);
}

/* Before step 8 the error is our own stack's, which found no way there; after it the network's.
 * Loopback, multicast and the like are found behind no gateway. */
const char *connection_no_way(const struct transfer *t, int err)
{
	if (err == ERR_NETUNREACH && net_addr_is_host(&t->report.remote.addr))
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

static void explain_error(struct transfer *t, const struct connection *connection, int err, uint64_t began_ns)
{
	unsigned last_step = last_step_of(t, connection);
	struct strbuf sb;

	t->report.failed_step = report_step_after(last_step);
	t->refused = err == ERR_CONNREFUSED;
	if (last_step < 8 && transfer_gave_up_on_arp(t, connection->fd, err)) {
		transfer_fail_no_arp(t, connection->fd, began_ns);
	} else if (err == ERR_TIMEDOUT) {
		explain_timeout(t, connection->fd, last_step);
	} else if (is_out_of_memory(err)) {
		transfer_fail(t, STATUS_OUT_OF_MEMORY, "no memory for the connection");
	} else {
		sb = transfer_fail(t, STATUS_COULD_NOT_CONNECT, connect_sentence(t, err, last_step));
		transfer_explain_awaited(t, &sb, connection->fd);
	}
}

static void remember_local(struct transfer *t, struct connection *connection)
{
	connection->has_local = sock_getsockname(t->m->stack, connection->fd, &connection->local) == ERR_OK &&
			  connection->local.addr.family != NET_FAMILY_NONE && connection->local.port != 0;
	t->report.has_local = connection->has_local;
	t->report.local = connection->local;
}

/* --- the attempt ------------------------------------------------------------------------------------ */

int connect_begin(struct transfer *t, struct connection *connection)
{
	event_emit(t->events, EVENT_APP_CONNECT, t->conn, 0, EV_U64("fd", (uint64_t)connection->fd),
		   EV_ENDPOINT("dst", connection->remote));
	connection->step = 5;
	transfer_set_timeouts(t, connection->fd, connection->connect_by_ns);
	transfer_begin_wait(t, describe_connect, t, connection->connect_by_ns);
	return sock_connect(t->m->stack, connection->fd, &connection->remote, transfer_now(t));
}

int connect_check(const struct transfer *t, const struct connection *connection)
{
	int ready = sock_poll(t->m->stack, connection->fd, SOCK_POLLOUT), err;
	int64_t value;

	if (ready == 0)
		return ERR_INPROGRESS;
	if (ready < 0)
		return ready;
	err = sock_getsockopt(t->m->stack, connection->fd, SOCK_SO_ERROR, &value);
	return err != ERR_OK ? err : (int)value;
}

bool connect_end(struct transfer *t, struct connection *connection, int err)
{
	transfer_end_wait(t);
	remember_local(t, connection);
	if (err != ERR_OK) {
		explain_error(t, connection, err, connection->connect_began_ns);
		return false;
	}
	t->report.time_connect_ns = transfer_elapsed(t);
	event_emit(t->events, EVENT_APP_CONNECTED, t->conn, 0, EV_U64("fd", (uint64_t)connection->fd),
		   EV_U64("connect_us", (transfer_now(t) - connection->connect_began_ns) / NS_PER_US));
	connection->step = 16;
	connection->connected = true;
	t->report.num_connects++;
	return true;
}

/* Until it is settled, or its time is over. */
static int wait(const struct transfer *t, const struct connection *connection, int err)
{
	while (err == ERR_INPROGRESS) {
		err = connect_check(t, connection);
		if (err == ERR_INPROGRESS && transfer_now(t) >= connection->connect_by_ns)
			return ERR_TIMEDOUT;
		if (err == ERR_INPROGRESS)
			blocking_turn(t->m, connection->connect_by_ns);
	}
	return err;
}

bool connect_to(struct transfer *t, struct connection *connection)
{
	if (!create_socket(t, connection))
		return false;
	connection->connect_began_ns = transfer_now(t);
	connection->connect_by_ns =
		MIN(t->deadline_ns, connection->connect_began_ns + t->client->options.connect_timeout_ns);
	return connect_end(t, connection, wait(t, connection, connect_begin(t, connection)));
}
