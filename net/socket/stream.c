/*
 * SPDX-License-Identifier: MIT
 *
 * Stream sockets: the socket library's side of a TCP connection.  Steps 2, 3, 6 and 15 of the
 * sixteen happen here.
 */
#include "net/socket/table.h"

#include "net/stack.h"

static void connected(struct stack *stack, struct tcp_user *user, uint64_t rtt_ns)
{
	struct socket *sock = CONTAINER_OF(user, struct socket, user);

	event_emit(stack->port->events, EVENT_SOCK_CONNECTED, tcp_conn(sock->tcb), 0,
		   EV_I64("fd", user->fd), EV_U64("rtt_us", rtt_ns / NS_PER_US));
}

int stream_create(struct stack *stack, struct socket *sock)
{
	sock->user.fd = sock->fd;
	sock->user.connected = connected;
	sock->tcb = tcp_create(stack, &sock->user);
	if (sock->tcb == NULL)
		return ERR_NOMEM;
	event_emit(stack->port->events, EVENT_SOCK_ALLOC, tcp_conn(sock->tcb), 0,
		   EV_U64("bytes", socket_size(sock->type) + tcp_control_size()),
		   EV_STR("state", tcp_state_name(TCP_CLOSED)));
	event_emit(stack->port->events, EVENT_SOCK_FD, tcp_conn(sock->tcb), 0,
		   EV_I64("fd", sock->fd));
	sock->last_step = 3;
	return ERR_OK;
}

uint32_t sock_next_conn(const struct stack *stack)
{
	return tcp_next_conn(stack);
}

uint32_t sock_conn(const struct stack *stack, int fd)
{
	const struct socket *sock = socket_find(stack, fd);

	return sock != NULL && sock->type == SOCK_TYPE_STREAM ? tcp_conn(sock->tcb) : 0;
}

int stream_bind(struct stack *stack, struct socket *sock, const struct net_endpoint *local)
{
	return tcp_bind(stack, sock->tcb, local);
}

/* --- connecting ------------------------------------------------------------------------------ */

/* Why connect() cannot even begin; ERR_OK: it can. */
static int check_connect(const struct tcp_status *status)
{
	if (status->state == TCP_SYN_SENT || status->state == TCP_SYN_RECEIVED)
		return ERR_ALREADY;
	if (status->state == TCP_LISTEN)
		return ERR_OPNOTSUPP;
	return status->connected ? ERR_ISCONN : ERR_OK;
}

/* One TCB makes one connection: the socket gets a new one, which has the options of the old one and
 * what bind() said. */
static int renew(struct stack *stack, struct socket *sock, uint64_t now_ns)
{
	struct tcb *old = sock->tcb;
	struct tcb *fresh = tcp_create(stack, &sock->user);

	if (fresh == NULL)
		return ERR_NOMEM;
	tcp_succeed(stack, fresh, old);
	sock->tcb = fresh;
	tcp_release(stack, old, now_ns);
	return ERR_OK;
}

int stream_disconnect(struct stack *stack, struct socket *sock, uint64_t now_ns)
{
	struct tcp_status status;

	tcp_abort(stack, sock->tcb, false, now_ns);
	tcp_status(sock->tcb, &status);
	return status.used ? renew(stack, sock, now_ns) : ERR_OK;
}

int stream_connect(struct stack *stack, struct socket *sock, const struct net_endpoint *remote,
		   uint64_t now_ns)
{
	struct tcp_status status;
	uint32_t sndbuf, rcvbuf;
	int err;

	tcp_status(sock->tcb, &status);
	err = check_connect(&status);
	if (err == ERR_OK && status.used) { /* and it failed */
		err = tcp_consume_error(sock->tcb);
		if (err == ERR_OK)
			err = renew(stack, sock, now_ns);
	}
	if (err == ERR_OK)
		err = tcp_alloc_buffers(stack, sock->tcb, &sndbuf, &rcvbuf);
	if (err != ERR_OK)
		return err;
	event_emit(stack->port->events, EVENT_SOCK_CONNECT, tcp_conn(sock->tcb), 0,
		   EV_I64("fd", sock->fd), EV_ENDPOINT("dst", *remote),
		   EV_U64("sndbuf", sndbuf), EV_U64("rcvbuf", rcvbuf));
	sock->last_step = 6;
	return tcp_connect(stack, sock->tcb, remote, now_ns);
}

int sock_listen(struct stack *stack, int fd, unsigned backlog)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);

	return sock != NULL ? tcp_listen(stack, sock->tcb, backlog) : err;
}

int sock_accept(struct stack *stack, int fd, struct net_endpoint *remote)
{
	int err;
	struct socket *listener = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);
	struct socket *sock;
	struct tcp_status status;

	if (listener == NULL)
		return err;
	tcp_status(listener->tcb, &status);
	if (status.state != TCP_LISTEN)
		return ERR_INVAL;
	if (!tcp_accept_waiting(listener->tcb))
		return ERR_AGAIN;
	sock = socket_create(stack, SOCK_TYPE_STREAM, &err);
	if (sock == NULL)
		return err; /* it stays in the queue */
	sock->user.fd = sock->fd;
	sock->tcb = tcp_accept(listener->tcb);
	tcp_attach(sock->tcb, &sock->user);
	tcp_status(sock->tcb, &status);
	if (remote != NULL)
		*remote = status.remote;
	return sock->fd;
}

/* --- talking --------------------------------------------------------------------------------- */

int sock_send(struct stack *stack, int fd, const void *buf, size_t len, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_DGRAM)
		return dgram_send(stack, sock, buf, len, NULL, now_ns);
	return tcp_send(stack, sock->tcb, buf, len, now_ns);
}

int sock_send_flags(struct stack *stack, int fd, const void *buf, size_t len, unsigned flags,
		    uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (flags & ~(unsigned)SOCK_MSG_MORE)
		return ERR_INVAL;
	if (flags == 0)
		return sock_send(stack, fd, buf, len, now_ns);
	if (sock->type == SOCK_TYPE_DGRAM)
		return ERR_OPNOTSUPP;
	return tcp_send_more(stack, sock->tcb, buf, len, now_ns);
}

int sock_send_oob(struct stack *stack, int fd, const void *buf, size_t len, uint64_t now_ns)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);

	return sock != NULL ? tcp_send_urgent(stack, sock->tcb, buf, len, now_ns) : err;
}

int sock_atmark(struct stack *stack, int fd)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);
	struct tcp_status status;

	if (sock == NULL)
		return err;
	tcp_status(sock->tcb, &status);
	return status.urgent_left == 1;
}

int sock_recv(struct stack *stack, int fd, void *buf, size_t len, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_DGRAM)
		return dgram_receive(sock, &(struct sock_msg){.buf = buf, .len = len}, 0);
	return tcp_receive(stack, sock->tcb, buf, len, now_ns);
}

int sock_recvmsg(struct stack *stack, int fd, struct sock_msg *msg, unsigned flags, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	msg->flags = 0;
	if (sock->type == SOCK_TYPE_DGRAM)
		return dgram_receive(sock, msg, flags);
	if (flags & SOCK_MSG_PEEK)
		return tcp_peek(sock->tcb, msg->buf, msg->len);
	return tcp_receive(stack, sock->tcb, msg->buf, msg->len, now_ns);
}

/* --- the end --------------------------------------------------------------------------------- */

int stream_shutdown(struct stack *stack, struct socket *sock, enum sock_how how, uint64_t now_ns)
{
	struct tcp_status status;

	tcp_status(sock->tcb, &status);
	switch (status.state) {
	case TCP_CLOSED:
		return ERR_NOTCONN;
	case TCP_LISTEN:
		if (how != SOCK_SHUT_WR)
			tcp_unlisten(stack, sock->tcb, now_ns);
		return ERR_OK;
	case TCP_SYN_SENT:
		tcp_end_opening(stack, sock->tcb);
		return ERR_OK;
	default:
		break;
	}
	if (how != SOCK_SHUT_WR)
		tcp_close_read(stack, sock->tcb, now_ns);
	return how != SOCK_SHUT_RD ? tcp_close(stack, sock->tcb, now_ns) : ERR_OK;
}

void stream_close(struct stack *stack, struct socket *sock, uint64_t now_ns)
{
	struct tcp_status status;

	tcp_status(sock->tcb, &status);
	if (status.unread > 0)
		tcp_abort(stack, sock->tcb, true, now_ns); /* RFC 2525 2.17: the peer shall know */
	else
		(void)tcp_close(stack, sock->tcb, now_ns); /* ERR_NOTCONN is fine here */
	tcp_release(stack, sock->tcb, now_ns);
}

int sock_abort(struct stack *stack, int fd, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_STREAM)
		tcp_abort(stack, sock->tcb, false, now_ns);
	return sock_close(stack, fd, now_ns);
}

void sock_end_run(struct stack *stack, uint64_t now_ns)
{
	tcp_abandon_time_wait(stack, now_ns);
	net_report_drops(stack);
}

/* --- what is going on ------------------------------------------------------------------------ */

unsigned stream_poll(const struct socket *sock)
{
	struct tcp_status status;
	unsigned ready = 0;

	tcp_status(sock->tcb, &status);
	if (status.state == TCP_LISTEN)
		return tcp_accept_waiting(sock->tcb) ? SOCK_POLLIN : 0;
	if (status.readable)
		ready |= SOCK_POLLIN;
	if (status.urgent_left > 0)
		ready |= SOCK_POLLPRI;
	if (status.writable)
		ready |= SOCK_POLLOUT;
	if (status.error != ERR_OK)
		ready |= SOCK_POLLERR;
	if (status.peer_closed)
		ready |= SOCK_POLLRDHUP;
	if (status.state == TCP_CLOSED || (status.write_closed && status.peer_closed))
		ready |= SOCK_POLLHUP;
	return ready;
}

int sock_tcp_info(struct stack *stack, int fd, struct sock_tcp_info *info, uint64_t now_ns)
{
	int err;
	const struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);

	if (sock == NULL)
		return err;
	tcp_info(sock->tcb, info, now_ns);
	return ERR_OK;
}

const char *sock_state_name(int64_t state)
{
	return state >= TCP_CLOSED && state <= TCP_TIME_WAIT
		? tcp_state_name((enum tcp_state)state) : "?";
}

bool sock_is_over(struct stack *stack, int fd)
{
	struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	if (sock == NULL || sock->type != SOCK_TYPE_STREAM)
		return true;
	tcp_status(sock->tcb, &status);
	return status.state == TCP_CLOSED;
}

bool sock_fin_acked(struct stack *stack, int fd)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_STREAM, &err);
	struct tcp_status status;

	if (sock == NULL)
		return false;
	tcp_status(sock->tcb, &status);
	return status.fin_acked;
}
