/*
 * SPDX-License-Identifier: MIT
 *
 * The server as a whole: the socket that listens, the table of sessions, the end.  See
 * app/server/server.h.
 *
 * crowd.c decides which connections are served and which wait; here, sessions run that something has
 * happened to, and those whose deadline has come.  While a connection waits, others end with their answer, and idle or
 * slow ones sooner, whether they are slow to ask or to read.
 */
#include "app/server/server.h"

#include "app/server/internal.h"
#include "base/string.h"
#include "log/log.h"

/* As many as come in one event-loop iteration: they are taken out of TCP's queue in each. */
#define BACKLOG 256u
#define SCAN_NS (10 * NS_PER_MS) /* a deadline is noticed that late at most */

static uint64_t server_now(const struct server *s)
{
	return s->m->now_ns(s->m->ctx);
}

/* --- the background ------------------------------------------------------------------------------ */

static unsigned n_sessions(const struct server *s)
{
	return s->places + s->room;
}

/* A connection that TCP accepted has been promised an answer: at the end places do not count. */
static void admit_all(struct server *s, uint64_t now_ns)
{
	crowd_let_in(s, now_ns);
	s->places += s->room;
	s->room = 0;
	s->takeover_is_due = true;
	crowd_let_in(s, now_ns);
}

static void begin_stop(struct server *s, const char *reason, uint64_t now_ns)
{
	admit_all(s, now_ns);
	(void)sock_close(s->m->stack, s->listener, now_ns);
	s->listener = -1;
	s->stopping = true;
	s->crowded = false;
	s->stop_by_ns = now_ns + SERVER_STOP_NS;
	event_emit(s->env->events, EVENT_SRV_STOPPING, 0, 0, EV_STR("reason", reason),
		   EV_U64("open", s->n_open));
	for (unsigned i = 0; i < n_sessions(s); i++) {
		if (s->sessions[i].fd >= 0)
			session_stop(s, &s->sessions[i], now_ns);
	}
	s->scan_ns = 0;
}

/* True: it has just begun to stop. */
static bool stop_if_it_is_time(struct server *s, uint64_t now_ns)
{
	if (s->stopping)
		return false;
	if (s->settings->requests > 0 && s->requests >= s->settings->requests)
		begin_stop(s, "requests= have been answered", now_ns);
	else if (now_ns >= s->end_ns)
		begin_stop(s, "hold= has passed", now_ns);
	return s->stopping;
}

static void run(struct server *s, struct session *c, uint64_t now_ns)
{
	if (c->fd >= 0 && session_run(s, c, now_ns))
		crowd_run_again(s, c);
	if (c->fd >= 0)
		s->scan_ns = MIN(s->scan_ns, session_deadline(s, c));
}

/* Whose deadline has come; all of them, but not for each packet. */
static void scan_sessions(struct server *s, uint64_t now_ns)
{
	s->scan_ns = TIME_NEVER;
	for (unsigned i = 0; i < n_sessions(s); i++) {
		struct session *c = &s->sessions[i];

		if (c->fd >= 0 && now_ns >= session_deadline(s, c))
			run(s, c, now_ns);
		else if (c->fd >= 0)
			s->scan_ns = MIN(s->scan_ns, session_deadline(s, c));
	}
	s->scan_ns = MAX(s->scan_ns, now_ns + SCAN_NS);
}

/* When it has to run again at the latest. */
static uint64_t run_sessions(struct server *s, uint64_t now_ns)
{
	struct session *c, *last = NULL;

	while ((c = sock_next_active(s->m->stack)) != NULL)
		crowd_run_again(s, c);
	/* Each once: one that has more to do is behind the last one then. */
	for (c = s->again; c != NULL; c = c->next_again)
		last = c;
	while (last != NULL && (c = crowd_next_again(s)) != NULL) {
		run(s, c, now_ns);
		if (c == last)
			break;
	}
	if (now_ns >= s->scan_ns)
		scan_sessions(s, now_ns);
	return s->again != NULL ? now_ns : s->scan_ns;
}

static void abort_the_rest(struct server *s, uint64_t now_ns)
{
	for (unsigned i = 0; i < n_sessions(s); i++) {
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
		crowd_let_in(s, now_ns);
	next_ns = run_sessions(s, now_ns);
	if (s->crowded)
		/* for those that wait, a place that has become free is all that happens */
		next_ns = s->takeover_is_due ? now_ns : MIN(next_ns, s->next_takeover_ns);
	if (stop_if_it_is_time(s, now_ns))
		next_ns = now_ns; /* those that wait have to check */
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

static int choose_options(struct stack *stack, int fd, uint64_t now_ns)
{
	int err = sock_setsockopt(stack, fd, SOCK_SO_SNDBUF, SERVER_SNDBUF, now_ns);

	if (err == ERR_OK)
		err = sock_setsockopt(stack, fd, SOCK_SO_RCVBUF, SERVER_RCVBUF, now_ns);
	if (err == ERR_OK)
		err = sock_setsockopt(stack, fd, SOCK_TCP_NODELAY, 1, now_ns);
	return err;
}

/* socket, bind, listen: an error of the first two or of the last. */
static int open_listener(struct server *s, uint64_t now_ns)
{
	struct stack *stack = s->m->stack;
	int fd = sock_socket(stack, (enum net_family)s->local.addr.family, SOCK_TYPE_STREAM, SOCK_PROTO_TCP), err;

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
	uint64_t hold_ns = s->env->platform->hold_ns, requests = s->settings->requests;
	bool has_ip = !net_addr_is_any(&s->settings->address);

	event_emit(s->env->events, EVENT_SRV_LISTENING, 0, 0, EV_I64("fd", s->listener),
		   EV_IF(has_ip, EV_ADDR("ip", s->local.addr)), EV_U64("port", s->local.port),
		   EV_U64("connections", s->places),
		   EV_IF(hold_ns != 0, EV_SECONDS("seconds", hold_ns)),
		   EV_IF(requests != 0, EV_U64("requests", requests)));
}

enum status server_begin(struct server *s, struct app_env *env, const struct server_settings *settings,
			 struct monitor *monitor, const char **problem)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->background.run = server_run;
	s->env = env;
	s->settings = settings;
	s->monitor = monitor;
	s->m = &env->machine;
	s->begun_ns = server_now(s);
	s->end_ns = env->platform->hold_ns != 0 ? s->begun_ns + env->platform->hold_ns : TIME_NEVER;
	s->local = (struct net_endpoint){s->settings->address, s->settings->port};
	*problem = "no memory for the server";
	if (!crowd_open(s))
		return STATUS_OUT_OF_MEMORY;
	err = open_listener(s, s->begun_ns);
	if (err != ERR_OK) {
		crowd_close(s);
		if (err != ERR_ADDRNOTAVAIL)
			return STATUS_OUT_OF_MEMORY;
		*problem = "listen=: that is no address of this machine";
		return STATUS_BAD_CONFIG;
	}
	log_limit_connections(s->settings->log_connections);
	announce(s);
	s->m->background = &s->background;
	return STATUS_OK;
}

/* --- end ----------------------------------------------------------------------------------------- */

bool server_is_over(const struct server *s, uint64_t at_ns)
{
	return s->stopping || at_ns >= s->end_ns;
}

uint64_t server_requests(const struct server *s)
{
	return s->requests;
}

bool server_serve(struct server *s)
{
	while (!s->stopping) {
		if (server_now(s) >= s->env->deadline_ns)
			return false;
		blocking_turn(s->m, s->env->deadline_ns);
	}
	return true;
}

void server_end(struct server *s)
{
	if (!s->stopping)
		begin_stop(s, "the run ends", server_now(s));
	while (s->n_open > 0)
		blocking_turn(s->m, s->stop_by_ns);
	blocking_turn(s->m, server_now(s)); /* the last RST leaves, if there was one */
	s->m->background = NULL;
	crowd_close(s);
	traffic_summary(s, server_now(s));
}
