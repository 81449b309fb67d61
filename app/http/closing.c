/* SPDX-License-Identifier: MIT */
/* Closing in order, beside what comes next; see app/http/closing.h. */
#include "app/http/closing.h"

#include "base/string.h"

static uint64_t closing_now(const struct app_env *env)
{
	return env->machine.now_ns(env->machine.ctx);
}

static void closing_abort(const struct closing *c, const struct closing_conn *conn, uint64_t now_ns)
{
	event_emit(c->events, EVENT_CLOSE_ABANDONED, conn->conn, 0, EV_ENDPOINT("dst", conn->remote),
		   EV_SECONDS("seconds", now_ns - conn->since_ns));
	(void)sock_abort(c->stack, conn->fd, now_ns); /* only a bad descriptor can make it fail */
}

/* True when it is over, one way or another. */
static bool closing_step(const struct closing *c, const struct closing_conn *conn, uint64_t now_ns)
{
	if (sock_fin_acked(c->stack, conn->fd))
		(void)sock_close(c->stack, conn->fd, now_ns);
	else if (sock_poll(c->stack, conn->fd, 0) < 0 || sock_is_over(c->stack, conn->fd) ||
		 (sock_poll(c->stack, conn->fd, 0) & SOCK_POLLERR) != 0)
		(void)sock_abort(c->stack, conn->fd, now_ns);
	else if (now_ns >= conn->until_ns)
		closing_abort(c, conn, now_ns);
	else
		return false;
	return true;
}

static uint64_t closing_run(struct background *background, uint64_t now_ns)
{
	struct closing *c = CONTAINER_OF(background, struct closing, background);
	uint64_t next_ns = TIME_NEVER;
	unsigned left = 0;

	for (unsigned i = 0; i < c->n; i++) {
		if (closing_step(c, &c->conns[i], now_ns))
			continue;
		c->conns[left++] = c->conns[i];
		next_ns = MIN(next_ns, c->conns[left - 1].until_ns);
	}
	c->n = left;
	return next_ns;
}

/* No connection waits for a place: the oldest has had the most time already. */
static void closing_make_place(struct closing *c, uint64_t now_ns)
{
	if (c->n < CLOSING_MAX)
		return;
	closing_abort(c, &c->conns[0], now_ns);
	c->n--;
	memmove(&c->conns[0], &c->conns[1], c->n * sizeof(c->conns[0]));
}

/* Until none is left: two seconds at most, so it needs no line of progress. */
static void closing_wait(struct closing *c, struct app_env *env)
{
	struct machine *m = &env->machine;

	(void)closing_run(&c->background, closing_now(env));
	/* The list is checked behind each turn: a turn that brought the last acknowledgment is not followed
	 * by one that waits for nothing. */
	while (c->n > 0) {
		blocking_turn(m, c->conns[0].until_ns);
		(void)closing_run(&c->background, closing_now(env));
	}
}

void closing_begin(struct closing *c, struct app_env *env, int fd, uint32_t conn,
		   const struct net_endpoint *remote)
{
	uint64_t now_ns = closing_now(env);

	c->background.run = closing_run;
	c->stack = env->machine.stack;
	c->events = env->events;
	env->machine.closing = &c->background;
	if (sock_shutdown(c->stack, fd, SOCK_SHUT_WR, now_ns) != ERR_OK) {
		blocking_abort(&env->machine, fd);
		return;
	}
	closing_make_place(c, now_ns);
	c->conns[c->n++] = (struct closing_conn){
		.fd = fd,
		.conn = conn,
		.remote = *remote,
		.since_ns = now_ns,
		.until_ns = MIN(now_ns + CLOSING_TIMEOUT_NS, MAX(env->deadline_ns, now_ns)),
	};
	(void)closing_run(&c->background, now_ns);
}

void closing_finish(struct closing *c, struct app_env *env)
{
	closing_wait(c, env);
	env->machine.closing = NULL;
}
