/*
 * The programs on both ends of a conversation.  See tests/sim/lib/sim_talk.h.
 */
#include "tests/sim/lib/sim_talk.h"

#include "net/tcp.h"

#define CHUNK_MAX (64u * 1024)

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

static void send_some(struct sim_host *host, struct sim_side *side)
{
	uint8_t buf[CHUNK_MAX];

	while (!side->closed && side->sent < side->to_send) {
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
		if (side->read_pause_ns != 0)
			side->read_again_ns = now_ns + side->read_pause_ns;
	}
}

static void close_when_done(struct sim_host *host, struct sim_side *side)
{
	uint64_t now_ns = host->sim->now_ns;
	bool all_received = side->received == side->to_receive;

	if (side->closed || side->sent < side->to_send || !(side->close_first || side->end_seen))
		return;
	if (side->half_close && !side->shut) {
		if (sock_shutdown(host->stack, side->fd, SOCK_SHUT_WR, now_ns) != ERR_OK)
			sim_fail(host->sim, "shutdown was refused");
		side->shut = true;
	}
	if (side->end_seen || (all_received && !side->half_close)) {
		(void)sock_close(host->stack, side->fd, now_ns);
		side->closed = true;
	}
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
	close_when_done(host, side);
}

/* --- programs -------------------------------------------------------------------------------- */

static void client_program(struct sim_host *host, void *ctx)
{
	struct sim_talk *talk = ctx;

	run_side(host, &talk->client);
}

static void server_program(struct sim_host *host, void *ctx)
{
	struct sim_talk *talk = ctx;

	if (talk->server.fd < 0 && !talk->server.closed) {
		int fd = sock_accept(host->stack, talk->listener, NULL);

		if (fd < 0 && fd != ERR_AGAIN)
			sim_fail(host->sim, "accept says %d", fd);
		talk->server.fd = MAX(fd, -1);
		talk->server.connected = fd >= 0;
	}
	run_side(host, &talk->server);
}

static int new_socket(struct sim_host *host, uint16_t port)
{
	struct net_endpoint local = net_endpoint_ipv4(host->ip, port);
	int fd = sock_socket(host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_DEFAULT);

	if (fd < 0 || (port != 0 && sock_bind(host->stack, fd, &local) != ERR_OK))
		sim_fail(host->sim, "no socket");
	return fd;
}

static void connect_side(struct sim_host *host, struct sim_side *side, const struct sim_host *to,
			 uint16_t port)
{
	struct net_endpoint remote = net_endpoint_ipv4(to->ip, port);
	int err = sock_connect(host->stack, side->fd, &remote, host->sim->now_ns);

	if (err != ERR_INPROGRESS)
		sim_fail(host->sim, "connect says %d", err);
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
	client->app = client_program;
	server->app = server_program;
	client->app_ctx = server->app_ctx = talk;
	if (talk->simultaneous) {
		talk->client.fd = new_socket(client, 1000);
		talk->server.fd = new_socket(server, talk->port);
		connect_side(client, &talk->client, server, talk->port);
		connect_side(server, &talk->server, client, 1000);
		return;
	}
	talk->server.fd = -1;
	talk->listener = new_socket(server, talk->port);
	if (sock_listen(server->stack, talk->listener, 8) != ERR_OK)
		sim_fail(sim, "listen was refused");
	talk->client.fd = new_socket(client, 0);
	connect_side(client, &talk->client, server, talk->port);
}

/* A side that could not even open: its peer may wait for ever. */
static bool was_unreachable(const struct sim_side *side)
{
	return side->closed && !side->connected && side->error == ERR_HOSTUNREACH;
}

bool sim_talk_is_over(void *ctx)
{
	const struct sim_talk *talk = ctx;

	if (was_unreachable(&talk->client) || was_unreachable(&talk->server))
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

/* Programs that pause between reads need somebody who wakes them: a step every millisecond. */
static bool run_to_the_end(struct sim_talk *talk, uint64_t until_ns)
{
	struct sim *sim = talk->sim;

	while (!sim_talk_is_over(talk) && sim->now_ns < until_ns) {
		bool pausing = talk->client.read_pause_ns != 0 || talk->server.read_pause_ns != 0;
		uint64_t slice = pausing ? sim->now_ns + NS_PER_MS : until_ns;

		(void)sim_run(sim, MIN(slice, until_ns), sim_talk_is_over, talk);
	}
	return sim_talk_is_over(talk);
}

bool sim_talk_finish(struct sim_talk *talk, uint64_t until_ns)
{
	if (!run_to_the_end(talk, until_ns))
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

static void expect_quiet(struct sim *sim, struct sim_host *host, const char *who)
{
	unsigned ended = kit_event_count(&host->kp, EVENT_TCP_SUMMARY);
	unsigned begun = kit_event_count(&host->kp, EVENT_TCP_STATE);

	if (ended != 1 || begun == 0)
		sim_fail(sim, "the %s has summed up %u connections, not one", who, ended);
	if (net_next_deadline(host->stack) != TIME_NEVER && host->stack->tcp != NULL &&
	    tcp_has_work(host->stack))
		sim_fail(sim, "the %s still has work", who);
}

void sim_talk_expect_nothing_left(struct sim_talk *talk)
{
	struct sim *sim = talk->sim;

	(void)sim_run(sim, sim->now_ns + 400 * NS_PER_S, NULL, NULL);
	expect_quiet(sim, talk->client_host, "client");
	expect_quiet(sim, talk->server_host, "server");
	if (!talk->simultaneous)
		(void)sock_close(talk->server_host->stack, talk->listener, sim->now_ns);
}
