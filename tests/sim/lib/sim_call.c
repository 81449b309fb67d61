/*
 * SPDX-License-Identifier: MIT
 *
 * The client's call; see tests/sim/lib/sim_call.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/lib/sim_call.h"

/* --- the server ----------------------------------------------------------------------------------- */

static void do_last_deed(struct sim_web *s)
{
	uint64_t now_ns = s->host->sim->now_ns;
	uint8_t rest[64];

	switch (s->deed) {
	case DEED_CLOSE:
		(void)sock_close(s->host->stack, s->fd, now_ns);
		break;
	case DEED_WAIT:
		if (sock_recv(s->host->stack, s->fd, rest, sizeof(rest), now_ns) != 0)
			return;
		(void)sock_close(s->host->stack, s->fd, now_ns);
		break;
	case DEED_RESET:
		(void)sock_abort(s->host->stack, s->fd, now_ns);
		break;
	case DEED_HANG:
		return;
	}
	s->done = true;
}

static bool read_request(struct sim_web *s)
{
	size_t room = sizeof(s->request) - 1 - s->request_len;
	int n = sock_recv(s->host->stack, s->fd, s->request + s->request_len, room,
			  s->host->sim->now_ns);

	if (n > 0)
		s->request_len += (size_t)n;
	return strstr(s->request, "\r\n\r\n") != NULL;
}

static bool send_answer(struct sim_web *s)
{
	size_t head_len = strlen(s->head), total = head_len + s->body_len;

	while (s->sent < total) {
		const uint8_t *at = s->sent < head_len ? (const uint8_t *)s->head + s->sent
						       : s->body + (s->sent - head_len);
		size_t n = s->sent < head_len ? head_len - s->sent : total - s->sent;
		int took;

		if (s->piece > 0)
			n = MIN(n, s->piece);
		took = sock_send(s->host->stack, s->fd, at, n, s->host->sim->now_ns);
		if (took < 0)
			return false;
		s->sent += (size_t)took;
	}
	return true;
}

static void serve(struct sim_host *host, void *ctx)
{
	struct sim_web *s = ctx;
	struct net_endpoint peer;

	if (s->fd < 0)
		s->fd = sock_accept(host->stack, s->listener, &peer);
	if (s->fd < 0 || s->done)
		return;
	if (!s->at_once && (!read_request(s) || !send_answer(s)))
		return;
	do_last_deed(s);
}

void sim_web_start(struct sim_call *call, const char *head)
{
	struct sim_web *s = &call->server;
	struct net_endpoint any = net_endpoint_ipv4(0, SIM_WEB_PORT);

	s->head = head;
	s->fd = -1;
	s->listener = sock_socket(s->host->stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP);
	assert_true(s->listener >= 0);
	assert_int_equal(sock_bind(s->host->stack, s->listener, &any), ERR_OK);
	assert_int_equal(sock_listen(s->host->stack, s->listener, 4), ERR_OK);
	if (s->piece > 0)
		assert_int_equal(sock_setsockopt(s->host->stack, s->listener, SOCK_TCP_NODELAY, 1,
						 call->sim.now_ns), ERR_OK);
	sim_add_app(s->host, serve, s);
}

/* --- the client's machine ------------------------------------------------------------------------- */

static uint64_t machine_now(void *ctx)
{
	struct sim_call *call = ctx;

	return call->sim.now_ns;
}

static void machine_random(void *ctx, void *buf, size_t len)
{
	struct sim_call *call = ctx;
	uint8_t *at = buf;

	while (len-- > 0)
		*at++ = (uint8_t)(sim_random(&call->sim) >> 32);
}

static bool second_look(void *ctx)
{
	unsigned *looks = ctx;

	return (*looks)++ > 0;
}

/* One event of the simulated world, or the deadline. */
static void machine_turn(void *ctx, uint64_t deadline_ns)
{
	struct sim_call *call = ctx;
	unsigned looks = 0;

	(void)sim_run(&call->sim, deadline_ns, second_look, &looks);
}

struct sim_call *sim_call_open(const char *name, uint64_t seed, const struct sim_host_options *client)
{
	struct sim_call *call = test_calloc(1, sizeof(*call));

	sim_open(&call->sim, name, seed);
	call->client = sim_host(&call->sim, client);
	call->server.host = sim_host(&call->sim, NULL);
	sim_set_delay(call->client, 2 * NS_PER_MS);
	return call;
}

void sim_call_close(struct sim_call *call)
{
	sim_close(&call->sim);
	test_free(call);
}

enum status sim_call_run(struct sim_call *call, const char *config)
{
	struct event_sink *events = &call->client->kp.sink;
	struct config_tables tables = {0};
	struct app_env env = {
		.machine = {.stack = call->client->stack, .ctx = call, .now_ns = machine_now,
			    .turn = machine_turn, .random = machine_random},
		.events = events,
		.platform = &call->platform,
		.names = call->names,
		.deadline_ns = call->sim.now_ns + 30 * NS_PER_S,
	};

	tables.keys[0] = app_config_keys(&tables.count[0]);
	assert_int_equal(config_read(&tables, CONFIG_SOURCE_LINE, "test", config, strlen(config), NULL), 0);
	assert_int_equal(app_config_check(events), 0);
	assert_int_equal(app_check(events), STATUS_OK);
	return app_main(&env);
}
