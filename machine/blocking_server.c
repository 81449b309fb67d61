/* SPDX-License-Identifier: MIT */
/* Waiting for what a server waits for, and for several sockets at once; see machine/blocking.h. */
#include "machine/blocking.h"

int blocking_poll(struct machine *m, struct sock_pollfd *fds, unsigned n, uint64_t deadline_ns)
{
	for (;;) {
		int ready = sock_poll_fds(m->stack, fds, n);

		if (ready != 0 || m->now_ns(m->ctx) >= deadline_ns)
			return ready;
		blocking_turn(m, deadline_ns);
	}
}

/* Until the socket is ready or no descriptor at all: the call that follows says what is wrong. */
static int wait_for(struct machine *m, int fd, uint16_t events, uint64_t deadline_ns)
{
	struct sock_pollfd one = {.fd = fd, .events = events};

	return blocking_poll(m, &one, 1, deadline_ns) != 0 ? ERR_OK : ERR_TIMEDOUT;
}

int blocking_accept(struct machine *m, int fd, struct net_endpoint *remote, uint64_t deadline_ns)
{
	for (;;) {
		int accepted = sock_accept(m->stack, fd, remote);
		int err = accepted == ERR_AGAIN ? wait_for(m, fd, SOCK_POLLIN, deadline_ns) : ERR_OK;

		if (accepted != ERR_AGAIN || err != ERR_OK)
			return err != ERR_OK ? err : accepted;
	}
}

int blocking_send(struct machine *m, int fd, const void *buf, size_t len, uint64_t deadline_ns)
{
	return blocking_sendto(m, fd, buf, len, NULL, deadline_ns);
}

int blocking_sendto(struct machine *m, int fd, const void *buf, size_t len,
		    const struct net_endpoint *to, uint64_t deadline_ns)
{
	for (;;) {
		int sent = sock_sendto(m->stack, fd, buf, len, to, m->now_ns(m->ctx));

		/* A device without room has some after a turn; a datagram socket cannot say when. */
		if (sent != ERR_AGAIN)
			return sent;
		if (m->now_ns(m->ctx) >= deadline_ns)
			return ERR_TIMEDOUT;
		blocking_turn(m, deadline_ns);
	}
}
