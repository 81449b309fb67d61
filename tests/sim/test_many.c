/*
 * SPDX-License-Identifier: MIT
 *
 * Ten thousand connections between two hosts, all open at once: they open, carry a few bytes each
 * way, close, and nothing is left.  What must not grow with them is counted, not timed: the chains
 * of the lookup table.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/tcb.h"
#include "tests/runner/unit.h"
#include "tests/sim/lib/sim.h"

#define CONNECTIONS 10000
#define AT_ONCE 64   /* opening at the same time: less than the backlog */
#define CHAIN_MAX 12 /* with one connection a bucket, twelve in one are less likely than 1 in 10^4 */
#define PORT 80

struct many {
	struct sim sim;
	struct sim_host *client, *server;
	int listener;
	int client_fd[CONNECTIONS], server_fd[CONNECTIONS];
	unsigned opened, connected, accepted, answered, read;
};

static bool is_connected(struct sim_host *host, int fd)
{
	return sock_poll(host->stack, fd, SOCK_POLLOUT) == SOCK_POLLOUT;
}

/* Each connection gets its own number back, not another's. */
static void read_answers(struct many *m)
{
	uint32_t number;

	while (m->read < m->connected &&
	       sock_recv(m->client->stack, m->client_fd[m->read], &number, sizeof(number),
			 m->sim.now_ns) == sizeof(number))
		assert_int_equal(number, m->read++);
}

/* Each connection, once it is open, says its number. */
static void client_program(struct sim_host *host, void *ctx)
{
	struct many *m = ctx;
	struct net_endpoint remote = net_endpoint_ipv4(m->server->ip, PORT);
	uint64_t now_ns = host->sim->now_ns;

	while (m->connected < m->opened && is_connected(host, m->client_fd[m->connected])) {
		uint32_t number = m->connected;

		assert_int_equal(sock_send(host->stack, m->client_fd[m->connected++], &number,
					   sizeof(number), now_ns), sizeof(number));
	}
	while (m->opened < CONNECTIONS && m->opened < m->connected + AT_ONCE) {
		int fd = sock_socket(host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, 0);

		assert_true(fd >= 0);
		assert_int_equal(sock_connect(host->stack, fd, &remote, now_ns), ERR_INPROGRESS);
		m->client_fd[m->opened++] = fd;
	}
	read_answers(m);
	kit_events_clear(&host->kp);
}

/* The answer is the number again. */
static void server_program(struct sim_host *host, void *ctx)
{
	struct many *m = ctx;
	uint64_t now_ns = host->sim->now_ns;
	uint32_t number;
	int fd;

	while ((fd = sock_accept(host->stack, m->listener, NULL)) >= 0)
		m->server_fd[m->accepted++] = fd;
	while (m->answered < m->accepted) {
		fd = m->server_fd[m->answered];
		if (sock_recv(host->stack, fd, &number, sizeof(number), now_ns) != sizeof(number))
			break;
		assert_int_equal(sock_send(host->stack, fd, &number, sizeof(number), now_ns),
				 sizeof(number));
		m->answered++;
	}
	kit_events_clear(&host->kp);
}

static bool all_have_answers(void *ctx)
{
	const struct many *m = ctx;

	return m->read == CONNECTIONS;
}

static struct many *open_many(void)
{
	struct many *m = test_calloc(1, sizeof(*m));
	struct sim_host_options options = {
		.net = {.max_sockets = CONNECTIONS + 8, .sndbuf = 4096},
		.tx_ring = 4 * AT_ONCE,
	};
	struct net_endpoint local = net_endpoint_ipv4(0, PORT);

	sim_open(&m->sim, "many", 1);
	m->client = sim_host(&m->sim, &options);
	m->server = sim_host(&m->sim, &options);
	sim_set_delay(m->client, NS_PER_MS);
	m->listener = sock_socket(m->server->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, 0);
	assert_int_equal(sock_bind(m->server->stack, m->listener, &local), ERR_OK);
	assert_int_equal(sock_listen(m->server->stack, m->listener, 2 * AT_ONCE), ERR_OK);
	sim_add_app(m->client, client_program, m);
	sim_add_app(m->server, server_program, m);
	assert_true(sim_run(&m->sim, 600 * NS_PER_S, all_have_answers, m));
	return m;
}

static unsigned longest_chain(const struct stack *stack)
{
	unsigned longest = 0;

	for (uint32_t i = 0; i < stack->tcp->n_buckets; i++) {
		unsigned n = 0;

		for (const struct tcb *tcb = stack->tcp->buckets[i]; tcb; tcb = tcb->id.hash_next)
			n++;
		longest = MAX(longest, n);
	}
	return longest;
}

static void expect_short_chains(const struct stack *stack)
{
	assert_int_equal(stack->tcp->n_connections, CONNECTIONS);
	assert_true(stack->tcp->n_buckets >= CONNECTIONS);
	assert_in_range(longest_chain(stack), 1, CHAIN_MAX);
}

static void close_all(struct many *m)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		assert_int_equal(sock_close(m->client->stack, m->client_fd[i], m->sim.now_ns),
				 ERR_OK);
		assert_int_equal(sock_close(m->server->stack, m->server_fd[i], m->sim.now_ns),
				 ERR_OK);
		if (i % AT_ONCE == 0)
			(void)sim_run(&m->sim, m->sim.now_ns + NS_PER_MS, NULL, NULL);
	}
	assert_int_equal(sock_close(m->server->stack, m->listener, m->sim.now_ns), ERR_OK);
}

TEST(ten_thousand_connections)
{
	struct many *m = open_many();

	(void)sim_run(&m->sim, m->sim.now_ns + 10 * NS_PER_S, NULL, NULL);
	expect_short_chains(m->client->stack);
	expect_short_chains(m->server->stack);
	/* Idle connections ask for nothing. */
	assert_true(net_next_deadline(m->client->stack) == TIME_NEVER);
	assert_true(net_next_deadline(m->server->stack) == TIME_NEVER);
	close_all(m);
	sim_settle(&m->sim);
	sim_close(&m->sim);
	test_free(m);
}
