/*
 * SPDX-License-Identifier: MIT
 *
 * The server as a whole: the socket that listens, the table of sessions, the end.  See
 * app/server/server.h.
 *
 * At most SERVER_SESSIONS_MAX connections are attended to; more wait with their handshake done in
 * TCP's accept queue.  While somebody waits there, connections end with their answer, and idle or slow
 * ones sooner, whether they are slow to ask or to read: nobody waits longer than a slow client is given.
 */
#include "app/server/server.h"

#include "app/server/internal.h"
#include "app/server/settings.h"
#include "base/string.h"
#include "kernel/log.h"

#define BACKLOG 128u
/* An answer of usual size fits; with all sessions at once that is 2 MiB. */
#define SNDBUF (32u * 1024)
#define RCVBUF (16u * 1024)

static struct server the_server;

static uint64_t now(const struct server *s)
{
	return s->m->now_ns(s->m->ctx);
}

/* --- the door ----------------------------------------------------------------------------------- */

static struct session *free_session(struct server *s)
{
	for (unsigned i = 0; s->n_open < SERVER_SESSIONS_MAX && i < SERVER_SESSIONS_MAX; i++) {
		if (s->sessions[i].fd < 0)
			return &s->sessions[i];
	}
	return NULL;
}

static bool somebody_waits(struct server *s)
{
	return sock_poll(s->m->stack, s->listener, SOCK_POLLIN) > 0;
}

static void let_in(struct server *s, uint64_t now_ns)
{
	struct net_endpoint peer;
	struct session *c;

	while ((c = free_session(s)) != NULL) {
		int fd = sock_accept(s->m->stack, s->listener, &peer);

		if (fd < 0)
			break; /* nobody is there, or descriptors or memory are short: later */
		session_begin(s, c, fd, &peer, now_ns);
	}
	s->crowded = c == NULL && somebody_waits(s);
}

/* --- the background ------------------------------------------------------------------------------ */

static void begin_stop(struct server *s, const char *reason, uint64_t now_ns)
{
	let_in(s, now_ns); /* who was accepted by TCP has been promised an answer */
	(void)sock_close(s->m->stack, s->listener, now_ns);
	s->listener = -1;
	s->stopping = true;
	s->crowded = false;
	s->stop_by_ns = now_ns + SERVER_STOP_NS;
	event_emit(s->env->events, EVENT_SRV_STOPPING, 0, 0, EV_STR("reason", reason),
		   EV_U64("open", s->n_open));
	for (unsigned i = 0; i < SERVER_SESSIONS_MAX; i++) {
		if (s->sessions[i].fd >= 0)
			session_stop(s, &s->sessions[i], now_ns);
	}
}

/* True: it has just begun to stop. */
static bool stop_if_it_is_time(struct server *s, uint64_t now_ns)
{
	if (s->stopping)
		return false;
	if (server_settings.requests > 0 && s->requests >= server_settings.requests)
		begin_stop(s, "requests= have been answered", now_ns);
	else if (now_ns >= s->end_ns)
		begin_stop(s, "hold= has passed", now_ns);
	return s->stopping;
}

/* When it has to run again at the latest. */
static uint64_t run_sessions(struct server *s, uint64_t now_ns)
{
	uint64_t next_ns = TIME_NEVER;

	for (unsigned i = 0; i < SERVER_SESSIONS_MAX; i++) {
		struct session *c = &s->sessions[i];

		if (c->fd < 0)
			continue;
		if (session_run(s, c, now_ns))
			next_ns = 0;
		if (c->fd >= 0)
			next_ns = MIN(next_ns, session_deadline(s, c));
	}
	return next_ns;
}

static void abort_the_rest(struct server *s, uint64_t now_ns)
{
	for (unsigned i = 0; i < SERVER_SESSIONS_MAX; i++) {
		if (s->sessions[i].fd >= 0)
			session_abort(s, &s->sessions[i], now_ns);
	}
}

static uint64_t server_run(struct background *background, uint64_t now_ns)
{
	struct server *s = CONTAINER_OF(background, struct server, background);
	unsigned were_open = s->n_open;
	uint64_t next_ns, tick_ns;

	if (!s->stopping)
		let_in(s, now_ns);
	next_ns = run_sessions(s, now_ns);
	if (s->crowded && s->n_open < SERVER_SESSIONS_MAX)
		next_ns = now_ns; /* for who waits nothing else will happen */
	if (stop_if_it_is_time(s, now_ns))
		next_ns = now_ns; /* whoever waits is to look */
	else if (!s->stopping)
		next_ns = MIN(next_ns, s->end_ns);
	else if (now_ns >= s->stop_by_ns)
		abort_the_rest(s, now_ns);
	else if (s->n_open > 0)
		next_ns = MIN(next_ns, s->stop_by_ns);
	else if (were_open > 0)
		next_ns = now_ns; /* server_end() waits for the last of them */
	tick_ns = traffic_tick(s, now_ns);
	return MIN(next_ns, tick_ns);
}

/* --- begin --------------------------------------------------------------------------------------- */

static bool take_sessions(struct server *s)
{
	s->sessions = s->m->alloc(s->m->ctx, SERVER_SESSIONS_MAX * sizeof(s->sessions[0]));
	for (unsigned i = 0; s->sessions != NULL && i < SERVER_SESSIONS_MAX; i++)
		s->sessions[i].fd = -1;
	return s->sessions != NULL;
}

static int choose_options(struct stack *stack, int fd, uint64_t now_ns)
{
	int err = sock_setsockopt(stack, fd, SOCK_SO_SNDBUF, SNDBUF, now_ns);

	if (err == ERR_OK)
		err = sock_setsockopt(stack, fd, SOCK_SO_RCVBUF, RCVBUF, now_ns);
	if (err == ERR_OK)
		err = sock_setsockopt(stack, fd, SOCK_TCP_NODELAY, 1, now_ns);
	return err;
}

/* socket, bind, listen: an error of the first two or of the last. */
static int open_listener(struct server *s, uint64_t now_ns)
{
	struct stack *stack = s->m->stack;
	int fd = sock_socket(stack, NET_FAMILY_IPV4, SOCK_TYPE_STREAM, SOCK_PROTO_TCP), err;

	if (fd < 0)
		return fd;
	err = choose_options(stack, fd, now_ns);
	if (err == ERR_OK)
		err = sock_bind(stack, fd, &s->local);
	if (err == ERR_OK)
		err = sock_listen(stack, fd, BACKLOG);
	if (err != ERR_OK) {
		(void)sock_close(stack, fd, now_ns);
		return err;
	}
	s->listener = fd;
	return ERR_OK;
}

static void announce(const struct server *s)
{
	uint64_t hold_ns = s->env->platform->hold_ns, requests = server_settings.requests;
	bool has_ip = server_settings.address != 0;

	event_emit(s->env->events, EVENT_SRV_LISTENING, 0, 0, EV_I64("fd", s->listener),
		   EV_IF(has_ip, EV_ADDR("ip", s->local.addr)), EV_U64("port", s->local.port),
		   EV_U64("connections", SERVER_SESSIONS_MAX),
		   EV_IF(hold_ns != 0, EV_SECONDS("seconds", hold_ns)),
		   EV_IF(requests != 0, EV_U64("requests", requests)));
}

enum status server_begin(struct app_env *env, const char **problem)
{
	struct server *s = &the_server;
	int err;

	memset(s, 0, sizeof(*s));
	s->background.run = server_run;
	s->env = env;
	s->m = &env->machine;
	s->begun_ns = now(s);
	s->end_ns = env->platform->hold_ns != 0 ? s->begun_ns + env->platform->hold_ns : TIME_NEVER;
	s->local = net_endpoint_ipv4(server_settings.address, server_settings.port);
	*problem = "no memory for the server";
	if (!take_sessions(s))
		return STATUS_OUT_OF_MEMORY;
	err = open_listener(s, s->begun_ns);
	if (err != ERR_OK) {
		s->m->free(s->m->ctx, s->sessions, SERVER_SESSIONS_MAX * sizeof(s->sessions[0]));
		if (err != ERR_ADDRNOTAVAIL)
			return STATUS_OUT_OF_MEMORY;
		*problem = "listen=: that is no address of this machine";
		return STATUS_BAD_CONFIG;
	}
	log_limit_connections(server_settings.log_connections);
	announce(s);
	s->m->background = &s->background;
	return STATUS_OK;
}

/* --- end ----------------------------------------------------------------------------------------- */

bool server_is_over(uint64_t at_ns)
{
	return server_is_wanted() && (the_server.stopping || at_ns >= the_server.end_ns);
}

uint64_t server_requests(void)
{
	return the_server.requests;
}

bool server_serve(void)
{
	struct server *s = &the_server;

	while (!s->stopping) {
		if (now(s) >= s->env->deadline_ns)
			return false;
		blocking_turn(s->m, s->env->deadline_ns);
	}
	return true;
}

void server_end(void)
{
	struct server *s = &the_server;

	if (!s->stopping)
		begin_stop(s, "the run ends", now(s));
	while (s->n_open > 0)
		blocking_turn(s->m, s->stop_by_ns);
	blocking_turn(s->m, now(s)); /* the last RST leaves, if there was one */
	s->m->background = NULL;
	s->m->free(s->m->ctx, s->sessions, SERVER_SESSIONS_MAX * sizeof(s->sessions[0]));
	traffic_summary(s, now(s));
}
