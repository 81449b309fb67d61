/*
 * SPDX-License-Identifier: MIT
 *
 * The programs on both ends of a conversation.  See tests/sim/lib/sim_talk.h.
 */
#include "tests/sim/lib/sim_talk.h"

#include "net/socket/table.h"
#include "net/tcp/tcb.h"

#define CHUNK_MAX (64u * 1024)
#define CROSSING_PORT 1000u /* above the port of the other, where both connect */

/* The stream of a side: a table of random bytes over and over, from a place that depends on who
 * sends it.  The table's length is prime, so a lost, doubled or misplaced segment shows. */
#define TABLE_LEN 65521u

static void pattern_at(const struct sim_side *sender, uint64_t offset, const uint8_t **at,
		       size_t *run)
{
	static uint8_t table[TABLE_LEN];
	bool client = sender == &sender->talk->client;
	size_t i = (size_t)((offset + (client ? 0 : TABLE_LEN / 3)) % TABLE_LEN);

	if (table[0] == 0) { /* once: the same for all seeds */
		uint32_t x = 1;

		for (size_t j = 0; j < TABLE_LEN; j++) {
			x = x * 1664525 + 1013904223;
			table[j] = (uint8_t)(x >> 24 | (j == 0));
		}
	}
	*at = table + i;
	*run = TABLE_LEN - i;
}

static void pattern_copy(const struct sim_side *sender, uint64_t offset, uint8_t *buf, size_t len)
{
	while (len > 0) {
		const uint8_t *at;
		size_t run;

		pattern_at(sender, offset, &at, &run);
		run = MIN(run, len);
		memcpy(buf, at, run);
		buf += run;
		offset += run;
		len -= run;
	}
}

static bool pattern_equals(const struct sim_side *sender, uint64_t offset, const uint8_t *buf,
			   size_t len)
{
	while (len > 0) {
		const uint8_t *at;
		size_t run;

		pattern_at(sender, offset, &at, &run);
		run = MIN(run, len);
		if (memcmp(buf, at, run) != 0)
			return false;
		buf += run;
		offset += run;
		len -= run;
	}
	return true;
}

static struct sim_side *other(struct sim_side *side)
{
	struct sim_talk *talk = side->talk;

	return side == &talk->client ? &talk->server : &talk->client;
}

static size_t chunk_of(const struct sim_side *side)
{
	return side->chunk != 0 ? MIN(side->chunk, (size_t)CHUNK_MAX) : 16 * 1024;
}

/* --- one side -------------------------------------------------------------------------------- */

static void give_up(struct sim_host *host, struct sim_side *side, int err)
{
	side->error = err;
	side->closed = true;
	(void)sock_close(host->stack, side->fd, host->sim->now_ns);
}

/* Falls silent once, at its place. */
static bool is_idle(struct sim_host *host, struct sim_side *side)
{
	uint64_t now_ns = host->sim->now_ns;

	if (side->idle_ns != 0 && side->send_again_ns == 0 && side->sent >= side->idle_at)
		side->send_again_ns = now_ns + side->idle_ns;
	if (now_ns >= side->send_again_ns)
		return false;
	sim_wake(host, side->send_again_ns);
	return true;
}

static void send_some(struct sim_host *host, struct sim_side *side)
{
	uint8_t buf[CHUNK_MAX];

	while (!side->closed && side->sent < side->to_send && !is_idle(host, side)) {
		size_t n = MIN(chunk_of(side), side->to_send - side->sent);
		int took;

		pattern_copy(side, side->sent, buf, n);
		took = sock_send(host->stack, side->fd, buf, n, host->sim->now_ns);
		if (took == ERR_AGAIN)
			return;
		if (took < 0)
			give_up(host, side, took);
		else
			side->sent += (uint64_t)took;
	}
}

static void check(struct sim_side *side, const uint8_t *buf, size_t n)
{
	struct sim *sim = side->talk->sim;

	if (side->received + n > side->to_receive)
		sim_fail(sim, "received more than was sent");
	if (!pattern_equals(other(side), side->received, buf, n))
		sim_fail(sim, "bytes %llu to %llu arrived as something else",
			 (unsigned long long)side->received,
			 (unsigned long long)(side->received + n));
	side->received += n;
}

static void receive_some(struct sim_host *host, struct sim_side *side)
{
	uint8_t buf[CHUNK_MAX];
	uint64_t now_ns = host->sim->now_ns;

	while (!side->closed && !side->end_seen && now_ns >= side->read_again_ns) {
		int n = sock_recv(host->stack, side->fd, buf, chunk_of(side), now_ns);

		if (n == ERR_AGAIN)
			return;
		if (n < 0) {
			give_up(host, side, n);
			return;
		}
		if (n == 0)
			side->end_seen = true;
		check(side, buf, (size_t)n);
		if (side->read_pause_ns != 0) {
			side->read_again_ns = now_ns + side->read_pause_ns;
			sim_wake(host, side->read_again_ns);
		}
	}
}

/* False: the connection is over already, and it can say why. */
static bool shut_down(struct sim_host *host, struct sim_side *side, uint64_t now_ns)
{
	int64_t why = ERR_OK;

	side->shut = sock_shutdown(host->stack, side->fd, SOCK_SHUT_WR, now_ns) == ERR_OK;
	if (side->shut)
		return true;
	if (sock_getsockopt(host->stack, side->fd, SOCK_SO_ERROR, &why) != ERR_OK || why == ERR_OK)
		sim_fail(host->sim, "shutdown was refused");
	give_up(host, side, (int)why);
	return false;
}

static void close_when_done(struct sim_host *host, struct sim_side *side)
{
	uint64_t now_ns = host->sim->now_ns;
	bool all_received = side->received == side->to_receive;

	if (side->closed || side->sent < side->to_send || !(side->close_first || side->end_seen))
		return;
	if (side->half_close && !side->shut && !shut_down(host, side, now_ns))
		return;
	if (side->end_seen || (all_received && !side->half_close)) {
		(void)sock_close(host->stack, side->fd, now_ns);
		side->closed = true;
	}
}

static bool abort_in_the_middle(struct sim_host *host, struct sim_side *side)
{
	if (side->abort_at == 0 || side->closed || side->sent + side->received < side->abort_at)
		return false;
	if (sock_abort(host->stack, side->fd, host->sim->now_ns) != ERR_OK)
		sim_fail(host->sim, "abort was refused");
	side->closed = true;
	return true;
}

static void notice_connected(struct sim_host *host, struct sim_side *side)
{
	int ready = sock_poll(host->stack, side->fd, SOCK_POLLOUT);
	int64_t err;

	if (ready < 0)
		sim_fail(host->sim, "poll says %d", ready);
	if (!(ready & (SOCK_POLLOUT | SOCK_POLLERR)))
		return;
	if (sock_getsockopt(host->stack, side->fd, SOCK_SO_ERROR, &err) != ERR_OK)
		sim_fail(host->sim, "SO_ERROR was refused");
	if (err != ERR_OK) {
		give_up(host, side, (int)err);
		return;
	}
	side->connected = true;
	side->talk->connected_ns = host->sim->now_ns;
}

static bool now_before(const struct sim_host *host, uint64_t at_ns)
{
	return host->sim->now_ns < at_ns;
}

static void run_side(struct sim_host *host, struct sim_side *side)
{
	if (side->fd < 0 || side->closed)
		return;
	if (!side->connected)
		notice_connected(host, side);
	if (!side->connected)
		return;
	receive_some(host, side);
	send_some(host, side);
	if (abort_in_the_middle(host, side))
		return;
	if (now_before(host, side->read_again_ns))
		sim_wake(host, side->read_again_ns);
	close_when_done(host, side);
}

/* --- programs -------------------------------------------------------------------------------- */

static int new_socket(struct sim_host *host, uint16_t port)
{
	struct net_endpoint local = net_endpoint_ipv4(host->ip, port);
	int fd = sock_socket(host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);

	if (fd < 0 || (port != 0 && sock_bind(host->stack, fd, &local) != ERR_OK))
		sim_fail(host->sim, "no socket");
	return fd;
}

static void set_option(struct sim_host *host, const struct sim_side *side,
		       enum sock_option option, int64_t value)
{
	if (sock_setsockopt(host->stack, side->fd, option, value, host->sim->now_ns) != ERR_OK)
		sim_fail(host->sim, "socket option %d was refused", (int)option);
}

static void set_options(struct sim_host *host, const struct sim_side *side)
{
	if (side->nodelay)
		set_option(host, side, SOCK_TCP_NODELAY, 1);
	if (!side->keepalive)
		return;
	set_option(host, side, SOCK_TCP_KEEPIDLE, 5);
	set_option(host, side, SOCK_TCP_KEEPINTVL, 5);
	set_option(host, side, SOCK_TCP_KEEPCNT, 8);
	set_option(host, side, SOCK_SO_KEEPALIVE, 1);
}

static void connect_side(struct sim_host *host, struct sim_side *side, const struct sim_host *to,
			 uint16_t from_port, uint16_t to_port)
{
	struct net_endpoint remote = net_endpoint_ipv4(to->ip, to_port);
	int err;

	side->fd = new_socket(host, from_port);
	set_options(host, side);
	err = sock_connect(host->stack, side->fd, &remote, host->sim->now_ns);
	if (err != ERR_INPROGRESS)
		sim_fail(host->sim, "connect says %d", err);
}

static void client_program(struct sim_host *host, void *ctx)
{
	struct sim_talk *talk = ctx;

	if (talk->client.fd < 0 && !talk->client.closed) {
		if (now_before(host, talk->start_ns)) {
			sim_wake(host, talk->start_ns);
			return;
		}
		connect_side(host, &talk->client, talk->server_host, 0, talk->port);
		if (sock_getsockname(host->stack, talk->client.fd, &talk->client_local) != ERR_OK)
			sim_fail(host->sim, "getsockname was refused");
	}
	run_side(host, &talk->client);
}

/* Which of those that share the listener has connected from there. */
static struct sim_talk *talk_of(struct sim_talk *owner, const struct net_endpoint *remote)
{
	struct sim_talk *t = owner;

	while (t != NULL && !(t->client_local.port == remote->port &&
			      t->client_host->ip == net_addr_to_ipv4(&remote->addr)))
		t = t->next_shared;
	return t;
}

static void accept_one(struct sim_host *host, struct sim_talk *owner)
{
	struct net_endpoint remote;
	int fd = sock_accept(host->stack, owner->listener, &remote);
	struct sim_talk *talk;

	if (fd == ERR_AGAIN)
		return;
	if (fd < 0)
		sim_fail(host->sim, "accept says %d", fd);
	talk = talk_of(owner, &remote);
	if (owner->accept_pause_ns != 0) {
		owner->accept_again_ns = host->sim->now_ns + owner->accept_pause_ns;
		sim_wake(host, owner->accept_again_ns);
	}
	if (talk == NULL || talk->server.fd >= 0)
		sim_fail(host->sim, "accepted a connection that nobody opened");
	talk->server.fd = fd;
	talk->server.connected = true;
	set_options(host, &talk->server);
}

static void server_program(struct sim_host *host, void *ctx)
{
	struct sim_talk *owner = ctx;

	if (owner->listener >= 0 && !now_before(host, owner->accept_again_ns))
		accept_one(host, owner);
	for (struct sim_talk *t = owner; t != NULL; t = t->next_shared)
		run_side(host, &t->server);
}

static void crossing_client_program(struct sim_host *host, void *ctx)
{
	struct sim_talk *talk = ctx;

	run_side(host, &talk->client);
}

static void crossing_server_program(struct sim_host *host, void *ctx)
{
	struct sim_talk *talk = ctx;

	run_side(host, &talk->server);
}

static void start_listening(struct sim_talk *talk)
{
	struct sim_host *host = talk->server_host;

	talk->listener = new_socket(host, talk->port);
	if (sock_listen(host->stack, talk->listener, talk->backlog != 0 ? talk->backlog : 8) !=
	    ERR_OK)
		sim_fail(host->sim, "listen was refused");
	sim_add_app(host, server_program, talk);
}

void sim_talk_start(struct sim_talk *talk, struct sim *sim, struct sim_host *client,
		    struct sim_host *server)
{
	talk->sim = sim;
	talk->client_host = client;
	talk->server_host = server;
	talk->client.talk = talk->server.talk = talk;
	talk->client.to_receive = talk->server.to_send;
	talk->server.to_receive = talk->client.to_send;
	talk->port = talk->port != 0 ? talk->port : 80;
	talk->client.fd = talk->server.fd = talk->listener = -1;
	if (talk->simultaneous) {
		connect_side(client, &talk->client, server, CROSSING_PORT + talk->port, talk->port);
		connect_side(server, &talk->server, client, talk->port, CROSSING_PORT + talk->port);
		sim_add_app(client, crossing_client_program, talk);
		sim_add_app(server, crossing_server_program, talk);
		return;
	}
	if (talk->shared == NULL) {
		start_listening(talk);
	} else {
		talk->port = talk->shared->port;
		talk->next_shared = talk->shared->next_shared;
		talk->shared->next_shared = talk;
	}
	sim_add_app(client, client_program, talk);
	client_program(client, talk);
}

/* A side that could not even open: its peer may wait for ever. */
static bool was_unreachable(const struct sim_side *side)
{
	return side->closed && !side->connected && side->error == ERR_HOSTUNREACH;
}

bool sim_talk_is_over(void *ctx)
{
	const struct sim_talk *talk = ctx;

	/* Where anything may go wrong, the other side's time-out is waited for too. */
	if (!talk->may_end_badly &&
	    (was_unreachable(&talk->client) || was_unreachable(&talk->server)))
		return true;
	return talk->client.closed && talk->server.closed;
}

static void expect_all(struct sim_talk *talk, const struct sim_side *side, const char *who)
{
	if (side->error != ERR_OK)
		sim_fail(talk->sim, "the %s's socket ended with \"%s\" after %llu bytes", who,
			 err_text(side->error), (unsigned long long)side->received);
	if (side->received != side->to_receive)
		sim_fail(talk->sim, "the %s got %llu of %llu bytes", who,
			 (unsigned long long)side->received, (unsigned long long)side->to_receive);
}

bool sim_talk_finish(struct sim_talk *talk, uint64_t until_ns)
{
	if (!sim_run(talk->sim, until_ns, sim_talk_is_over, talk))
		sim_fail(talk->sim, "not over in time: client %llu/%llu sent, %llu/%llu received; "
			 "server %llu/%llu sent, %llu/%llu received",
			 (unsigned long long)talk->client.sent,
			 (unsigned long long)talk->client.to_send,
			 (unsigned long long)talk->client.received,
			 (unsigned long long)talk->client.to_receive,
			 (unsigned long long)talk->server.sent,
			 (unsigned long long)talk->server.to_send,
			 (unsigned long long)talk->server.received,
			 (unsigned long long)talk->server.to_receive);
	talk->finished_ns = talk->sim->now_ns;
	if (talk->may_be_unreachable &&
	    (was_unreachable(&talk->client) || was_unreachable(&talk->server)))
		return false;
	expect_all(talk, &talk->client, "client");
	expect_all(talk, &talk->server, "server");
	return true;
}

/* --- the end --------------------------------------------------------------------------------- */

/* Errors that an abort, a cut for ever, or a time-out may cause; anything else is a mistake. */
static bool is_named_end(int err)
{
	return err == ERR_CONNRESET || err == ERR_PIPE || err == ERR_TIMEDOUT ||
	       err == ERR_HOSTUNREACH || err == ERR_CONNREFUSED || err == ERR_CONNABORTED;
}

/* Whoever has something to send that nobody acknowledges must have given up long ago. */
static void judge_side(struct sim_talk *talk, struct sim_host *host, struct sim_side *side,
		       const char *who)
{
	const struct socket *sock = side->fd >= 0 && !side->closed
		? socket_find(host->stack, side->fd) : NULL;

	if (side->error != ERR_OK && !is_named_end(side->error))
		sim_fail(talk->sim, "the %s ended with \"%s\"", who, err_text(side->error));
	if (sock != NULL && (sock->tcb->timers.deadline_ns[TCP_TIMER_RETRANSMIT] != TIME_NEVER ||
			     sock->tcb->timers.deadline_ns[TCP_TIMER_PERSIST] != TIME_NEVER))
		sim_fail(talk->sim, "the %s still tries, in %s", who,
			 tcp_state_name(sock->tcb->life.state));
	if (sock != NULL && side->connected && side->keepalive)
		sim_fail(talk->sim, "the %s's keep-alives have not noticed that nobody is there",
			 who);
}

/* The handshake's last ACK and every SYN-ACK after it were lost: the server has given up, and a client
 * with nothing to send cannot know. */
static bool is_half_open(const struct sim_talk *talk)
{
	return talk->client.connected && !talk->client.keepalive && talk->client.to_send == 0 &&
	       talk->server.fd < 0 &&
	       kit_event_count(&talk->server_host->kp, EVENT_TCP_ABORTED) > 0;
}

void sim_talk_judge(struct sim_talk *talk)
{
	if (talk->may_end_badly) {
		judge_side(talk, talk->client_host, &talk->client, "client");
		judge_side(talk, talk->server_host, &talk->server, "server");
		return;
	}
	if (is_half_open(talk))
		return;
	if (!sim_talk_is_over(talk))
		sim_fail(talk->sim, "not over in time: port %u, client %llu/%llu, server %llu/%llu",
			 talk->port, (unsigned long long)talk->client.received,
			 (unsigned long long)talk->client.to_receive,
			 (unsigned long long)talk->server.received,
			 (unsigned long long)talk->server.to_receive);
	if (talk->may_be_unreachable &&
	    (was_unreachable(&talk->client) || was_unreachable(&talk->server)))
		return;
	expect_all(talk, &talk->client, "client");
	expect_all(talk, &talk->server, "server");
}

static void abandon_side(struct sim_host *host, struct sim_side *side)
{
	if (side->fd >= 0 && !side->closed)
		(void)sock_abort(host->stack, side->fd, host->sim->now_ns);
	side->closed = true;
}

void sim_talk_abandon(struct sim_talk *talk)
{
	struct sim_host *host = talk->server_host;

	abandon_side(talk->client_host, &talk->client);
	abandon_side(host, &talk->server);
	if (talk->listener >= 0)
		(void)sock_close(host->stack, talk->listener, host->sim->now_ns);
	talk->listener = -1;
}

static void expect_one_summary(struct sim *sim, struct sim_host *host, const char *who)
{
	unsigned ended = kit_event_count(&host->kp, EVENT_TCP_SUMMARY);

	if (ended != 1)
		sim_fail(sim, "the %s has summed up %u connections, not one", who, ended);
}

void sim_talk_expect_nothing_left(struct sim_talk *talk)
{
	sim_talk_abandon(talk);
	sim_settle(talk->sim);
	expect_one_summary(talk->sim, talk->client_host, "client");
	expect_one_summary(talk->sim, talk->server_host, "server");
}
