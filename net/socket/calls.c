/*
 * SPDX-License-Identifier: MIT
 *
 * Socket calls that serve both kinds: bind, connect, shutdown, poll, options, names.
 */
#include "net/socket/table.h"

#include "net/ip/ip.h"
#include "net/stack.h"

int sock_bind(struct stack *stack, int fd, const struct net_endpoint *local)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (!ip_family_is_known(local->addr.family))
		return ERR_AFNOSUPPORT;
	if (sock->type == SOCK_TYPE_STREAM)
		return stream_bind(stack, sock, local);
	return dgram_bind(stack, sock, local);
}

int sock_connect(struct stack *stack, int fd, const struct net_endpoint *remote, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (remote->addr.family == NET_FAMILY_NONE)
		return sock->type == SOCK_TYPE_STREAM ? stream_disconnect(stack, sock, now_ns)
						      : dgram_disconnect(stack, sock);
	if (!ip_family_is_known(remote->addr.family))
		return ERR_AFNOSUPPORT;
	if ((remote->port == 0 && !socket_is_echo(sock)) || net_addr_is_any(&remote->addr))
		return ERR_ADDRNOTAVAIL;
	if (sock->type == SOCK_TYPE_STREAM)
		return stream_connect(stack, sock, remote, now_ns);
	return dgram_connect(stack, sock, remote);
}

int sock_shutdown(struct stack *stack, int fd, enum sock_how how, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (how != SOCK_SHUT_RD && how != SOCK_SHUT_WR && how != SOCK_SHUT_RDWR)
		return ERR_INVAL;
	if (sock->type == SOCK_TYPE_STREAM)
		return stream_shutdown(stack, sock, how, now_ns);
	return dgram_shutdown(sock, how);
}

int sock_poll(struct stack *stack, int fd, unsigned wanted)
{
	const struct socket *sock = socket_find(stack, fd);
	unsigned ready;

	if (sock == NULL)
		return ERR_BADF;
	ready = sock->type == SOCK_TYPE_STREAM ? stream_poll(sock) : dgram_poll(sock);
	return (int)(ready & (wanted | SOCK_POLLERR | SOCK_POLLHUP));
}

int sock_poll_fds(struct stack *stack, struct sock_pollfd *fds, unsigned n)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		int events = fds[i].fd < 0 ? 0 : sock_poll(stack, fds[i].fd, fds[i].events);

		fds[i].revents = events < 0 ? SOCK_POLLNVAL : (uint16_t)events;
		ready += fds[i].revents != 0;
	}
	return ready;
}

unsigned sock_last_step(struct stack *stack, int fd)
{
	const struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	if (sock == NULL || sock->type != SOCK_TYPE_STREAM)
		return 0;
	tcp_status(sock->tcb, &status);
	return MAX(sock->last_step, status.last_step);
}

/* --- names ----------------------------------------------------------------------------------- */

int sock_getsockname(struct stack *stack, int fd, struct net_endpoint *local)
{
	const struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_DGRAM) {
		*local = sock->udp.local;
	} else {
		tcp_status(sock->tcb, &status);
		*local = status.local;
	}
	if (local->addr.family == NET_FAMILY_NONE)
		*local = net_endpoint_ipv4(0, local->port); /* the socket's family */
	return ERR_OK;
}

int sock_getpeername(struct stack *stack, int fd, struct net_endpoint *remote)
{
	const struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_DGRAM) {
		if (!udp_is_connected(&sock->udp))
			return ERR_NOTCONN;
		*remote = sock->udp.remote;
		return ERR_OK;
	}
	tcp_status(sock->tcb, &status);
	if (!status.connected || status.state == TCP_CLOSED)
		return ERR_NOTCONN;
	*remote = status.remote;
	return ERR_OK;
}

/* --- options --------------------------------------------------------------------------------- */

static int consume_error(struct socket *sock)
{
	int err;

	if (sock->type == SOCK_TYPE_STREAM)
		return tcp_consume_error(sock->tcb);
	err = sock->udp.error;
	sock->udp.error = ERR_OK;
	return err;
}

/* The options that TCP keeps for its user; -1: not one of them. */
static int user_option(enum sock_option option)
{
	switch (option) {
	case SOCK_SO_KEEPALIVE: return TCP_OPTION_KEEP_ALIVE;
	case SOCK_TCP_KEEPIDLE: return TCP_OPTION_KEEP_IDLE_S;
	case SOCK_TCP_KEEPINTVL: return TCP_OPTION_KEEP_INTERVAL_S;
	case SOCK_TCP_KEEPCNT: return TCP_OPTION_KEEP_COUNT;
	case SOCK_TCP_USER_TIMEOUT: return TCP_OPTION_USER_TIMEOUT_MS;
	case SOCK_IP_TOS: return TCP_OPTION_TOS;
	case SOCK_IP_TTL: return TCP_OPTION_TTL;
	case SOCK_RESOLVE_TIMEOUT: return TCP_OPTION_RESOLVE_MS;
	case SOCK_TCP_MAXSEG: return TCP_OPTION_MSS;
	default: return -1;
	}
}

static int get_stream_option(const struct tcp_status *status, enum sock_option option,
			     int64_t *value)
{
	switch (option) {
	case SOCK_SO_SNDBUF: *value = status->sndbuf; return ERR_OK;
	case SOCK_SO_RCVBUF: *value = status->rcvbuf; return ERR_OK;
	case SOCK_SO_PROTOCOL: *value = SOCK_PROTO_TCP; return ERR_OK;
	case SOCK_SO_ACCEPTCONN: *value = status->state == TCP_LISTEN; return ERR_OK;
	case SOCK_SO_REUSEADDR: *value = status->reuse; return ERR_OK;
	case SOCK_TCP_NODELAY: *value = status->nodelay; return ERR_OK;
	case SOCK_TCP_CORK: *value = status->corked; return ERR_OK;
	case SOCK_TCP_CONGESTION: *value = status->congestion; return ERR_OK;
	case SOCK_TCP_URGENT: *value = status->urgent_left; return ERR_OK;
	case SOCK_TCP_STATE: *value = status->state; return ERR_OK;
	case SOCK_TCP_SRTT_US: *value = (int64_t)(status->srtt_ns / NS_PER_US); return ERR_OK;
	default: return ERR_NOPROTOOPT;
	}
}

static int get_dgram_option(const struct socket *sock, enum sock_option option, int64_t *value)
{
	switch (option) {
	case SOCK_SO_RCVBUF: *value = udp_rcvbuf(&sock->udp); return ERR_OK;
	case SOCK_SO_PROTOCOL: *value = socket_is_echo(sock) ? SOCK_PROTO_ICMP : SOCK_PROTO_UDP; return ERR_OK;
	case SOCK_SO_ACCEPTCONN: *value = 0; return ERR_OK;
	case SOCK_SO_REUSEADDR: *value = sock->udp.reuse; return ERR_OK;
	case SOCK_SO_BROADCAST: *value = sock->broadcast; return ERR_OK;
	case SOCK_IP_MTU_DISCOVER: *value = sock->udp.pmtu; return ERR_OK;
	case SOCK_IP_ERROR_BY: *value = load_be32(sock->udp.error_by.bytes); return ERR_OK;
	case SOCK_IP_TOS: *value = sock->udp.tos; return ERR_OK;
	case SOCK_RESOLVE_TIMEOUT: *value = sock->udp.resolve_ms; return ERR_OK;
	case SOCK_IP_TTL: *value = sock->udp.ttl != 0 ? sock->udp.ttl : IP_TTL; return ERR_OK;
	default: return ERR_NOPROTOOPT;
	}
}

struct net_addr sock_error_by(struct stack *stack, int fd)
{
	const struct socket *sock = socket_find(stack, fd);

	return sock != NULL && sock->type == SOCK_TYPE_DGRAM ? sock->udp.error_by
							     : (struct net_addr){.family = NET_FAMILY_NONE};
}

int sock_getsockopt(struct stack *stack, int fd, enum sock_option option, int64_t *value)
{
	struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	if (sock == NULL)
		return ERR_BADF;
	if (option == SOCK_SO_ERROR) {
		*value = consume_error(sock);
		return ERR_OK;
	}
	if (option == SOCK_SO_TYPE) {
		*value = sock->type;
		return ERR_OK;
	}
	if (sock->type != SOCK_TYPE_STREAM)
		return get_dgram_option(sock, option, value);
	if (user_option(option) >= 0) {
		*value = tcp_chosen(sock->tcb, (enum tcp_user_option)user_option(option));
		return ERR_OK;
	}
	tcp_status(sock->tcb, &status);
	return get_stream_option(&status, option, value);
}

static int set_dgram_option(struct socket *sock, enum sock_option option, int64_t value)
{
	switch (option) {
	case SOCK_SO_RCVBUF: /* 0 is the least, not the default */
		sock->udp.rcvbuf = (uint32_t)MAX(value, INT64_C(1));
		return ERR_OK;
	case SOCK_SO_REUSEADDR: sock->udp.reuse = value != 0; return ERR_OK;
	case SOCK_SO_BROADCAST: sock->broadcast = value != 0; return ERR_OK;
	case SOCK_IP_MTU_DISCOVER:
		if (value > UDP_PMTU_DO)
			return ERR_INVAL;
		sock->udp.pmtu = (uint8_t)value;
		return ERR_OK;
	case SOCK_RESOLVE_TIMEOUT:
		if (value > INT32_MAX)
			return ERR_INVAL;
		sock->udp.resolve_ms = (uint32_t)value;
		return ERR_OK;
	case SOCK_IP_TOS:
	case SOCK_IP_TTL:
		if (value > UINT8_MAX || (option == SOCK_IP_TTL && value == 0))
			return ERR_INVAL;
		*(option == SOCK_IP_TTL ? &sock->udp.ttl : &sock->udp.tos) = (uint8_t)value;
		return ERR_OK;
	default: return ERR_NOPROTOOPT;
	}
}

int sock_setsockopt(struct stack *stack, int fd, enum sock_option option, int64_t value,
		    uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	if (sock == NULL)
		return ERR_BADF;
	if (value < 0 || value > UINT32_MAX)
		return ERR_INVAL;
	if (sock->type != SOCK_TYPE_STREAM)
		return set_dgram_option(sock, option, value);
	if (user_option(option) >= 0)
		return tcp_choose(stack, sock->tcb, (enum tcp_user_option)user_option(option), value);
	tcp_status(sock->tcb, &status);
	switch (option) {
	case SOCK_SO_SNDBUF: /* 0 is the least */
		return tcp_resize_send_buffer(sock->tcb, (uint32_t)value);
	case SOCK_SO_RCVBUF:
		if (status.state != TCP_CLOSED && status.state != TCP_LISTEN)
			return ERR_ISCONN;
		tcp_set_buffers(sock->tcb, 0, (uint32_t)MAX(value, INT64_C(1)));
		return ERR_OK;
	case SOCK_SO_REUSEADDR:
		tcp_set_reuse(sock->tcb, value != 0);
		return ERR_OK;
	case SOCK_TCP_NODELAY:
		tcp_set_nodelay(stack, sock->tcb, value != 0, now_ns);
		return ERR_OK;
	case SOCK_TCP_CORK:
		tcp_set_cork(stack, sock->tcb, value != 0, now_ns);
		return ERR_OK;
	case SOCK_TCP_CONGESTION:
		if (value >= NET_CONGESTION_COUNT)
			return ERR_INVAL;
		tcp_set_congestion(sock->tcb, (enum net_congestion)value);
		return ERR_OK;
	default:
		return ERR_NOPROTOOPT;
	}
}
