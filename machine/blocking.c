/* SPDX-License-Identifier: MIT */
/* Waiting for sockets; see machine/blocking.h. */
#include "machine/blocking.h"

static uint64_t now(struct machine *m)
{
	return m->now_ns(m->ctx);
}

static uint64_t run_beside(struct background *b, uint64_t now_ns)
{
	return b != NULL ? b->run(b, now_ns) : TIME_NEVER;
}

/* The line that is due comes before the sleep, so that a late iteration is reported late, not never. */
static void turn(struct machine *m, uint64_t deadline_ns, uint64_t now_ns)
{
	uint64_t beside_ns = run_beside(m->background, now_ns);
	uint64_t closing_ns = run_beside(m->closing, now_ns);
	uint64_t line_ns = progress_tick(m->progress, now_ns);

	deadline_ns = MIN(deadline_ns, MIN(beside_ns, closing_ns));
	m->turn(m->ctx, MIN(deadline_ns, line_ns));
}

void blocking_turn(struct machine *m, uint64_t deadline_ns)
{
	turn(m, deadline_ns, now(m));
}

/* One turn, unless the deadline has passed. */
static int wait_a_turn(struct machine *m, uint64_t deadline_ns)
{
	uint64_t now_ns = now(m);

	if (now_ns >= deadline_ns)
		return ERR_TIMEDOUT;
	turn(m, deadline_ns, now_ns);
	return ERR_OK;
}

/* Until one of the events in `wanted` holds; an error of the socket is reported by the call that
 * follows, so that it comes with the right meaning. */
static int wait_for(struct machine *m, int fd, unsigned wanted, uint64_t deadline_ns)
{
	for (;;) {
		int ready = sock_poll(m->stack, fd, wanted);
		if (ready != 0)
			return MIN(ready, 0);
		int err = wait_a_turn(m, deadline_ns);
		if (err != ERR_OK)
			return err;
	}
}

/* The pending error, and clears it. */
static int pending_error(struct machine *m, int fd)
{
	int64_t value;
	int err = sock_getsockopt(m->stack, fd, SOCK_SO_ERROR, &value);

	return err != ERR_OK ? err : (int)value;
}

int blocking_connect(struct machine *m, int fd, const struct net_endpoint *remote,
		     uint64_t deadline_ns)
{
	int err = sock_connect(m->stack, fd, remote, now(m));

	if (err != ERR_INPROGRESS)
		return err;
	err = wait_for(m, fd, SOCK_POLLOUT, deadline_ns);
	if (err != ERR_OK)
		return err;
	return pending_error(m, fd);
}

int blocking_send_all(struct machine *m, int fd, const void *buf, size_t len, uint64_t deadline_ns)
{
	size_t sent = 0;

	return blocking_send_counted(m, fd, buf, len, deadline_ns, &sent);
}

int blocking_send_counted(struct machine *m, int fd, const void *buf, size_t len,
			  uint64_t deadline_ns, size_t *sent)
{
	const uint8_t *at = buf;

	while (*sent < len) {
		int n = sock_send(m->stack, fd, at + *sent, len - *sent, now(m));

		/* Not a question for sock_poll(): a datagram socket says that it is ready while the
		 * device has no room, which only a turn can make. */
		if (n == ERR_AGAIN) {
			n = wait_a_turn(m, deadline_ns);
			if (n == ERR_OK)
				continue;
		}
		if (n < 0)
			return n;
		*sent += (size_t)n;
	}
	return ERR_OK;
}

int blocking_recv(struct machine *m, int fd, void *buf, size_t len, uint64_t deadline_ns)
{
	for (;;) {
		int n = sock_recv(m->stack, fd, buf, len, now(m));
		if (n != ERR_AGAIN)
			return n;
		int err = wait_for(m, fd, SOCK_POLLIN, deadline_ns);
		if (err != ERR_OK)
			return err;
	}
}

int blocking_recvfrom(struct machine *m, int fd, void *buf, size_t len, struct net_endpoint *from,
		      uint64_t deadline_ns)
{
	for (;;) {
		int n = sock_recvfrom(m->stack, fd, buf, len, from, now(m));
		if (n != ERR_AGAIN)
			return n;
		int err = wait_for(m, fd, SOCK_POLLIN, deadline_ns);
		if (err != ERR_OK)
			return err;
	}
}

int blocking_recvmsg(struct machine *m, int fd, struct sock_msg *msg, uint64_t deadline_ns)
{
	for (;;) {
		int n = sock_recvmsg(m->stack, fd, msg, 0, now(m));
		if (n != ERR_AGAIN)
			return n;
		int err = wait_for(m, fd, SOCK_POLLIN, deadline_ns);
		if (err != ERR_OK)
			return err;
	}
}

static int wait_for_fin_acked(struct machine *m, int fd, uint64_t deadline_ns)
{
	while (!sock_fin_acked(m->stack, fd)) {
		int ready = sock_poll(m->stack, fd, 0);

		if (ready < 0)
			return ready;
		if ((ready & SOCK_POLLERR) != 0)
			return pending_error(m, fd);
		/* RFC 9293 3.10.7.4: a RST after both FINs is no error of the user's. */
		if (sock_is_over(m->stack, fd))
			return ERR_CONNRESET;
		ready = wait_a_turn(m, deadline_ns);
		if (ready != ERR_OK)
			return ready;
	}
	return ERR_OK;
}

int blocking_close(struct machine *m, int fd, uint64_t deadline_ns)
{
	int err = sock_shutdown(m->stack, fd, SOCK_SHUT_WR, now(m));

	if (err == ERR_OK)
		err = wait_for_fin_acked(m, fd, deadline_ns);
	if (err != ERR_OK) {
		blocking_abort(m, fd);
		return err;
	}
	return sock_close(m->stack, fd, now(m));
}

void blocking_abort(struct machine *m, int fd)
{
	/* Only a bad descriptor can make it fail, and then there is nothing to end. */
	(void)sock_abort(m->stack, fd, now(m));
	/* An iteration without sleep: the RST leaves before the caller ends the machine. */
	m->turn(m->ctx, now(m));
}

void blocking_sleep_until(struct machine *m, uint64_t deadline_ns)
{
	while (wait_a_turn(m, deadline_ns) == ERR_OK)
		continue;
}
