/*
 * SPDX-License-Identifier: MIT
 *
 * Datagram sockets over UDP and ICMP's echo: an address to speak from, perhaps one to speak to, and
 * the errors that ICMP brought back.
 */
#include "net/socket/table.h"

#include "base/string.h"
#include "net/udp/echo.h"
#include "net/stack.h"

int dgram_bind(struct stack *stack, struct socket *sock, const struct net_endpoint *local)
{
	int err = ERR_INVAL;

	if (sock->udp.local.port == 0)
		err = udp_bind(stack, &sock->udp, local);
	if (err != ERR_OK)
		return err;
	sock->bound = true;
	sock->any_address = net_addr_is_any(&sock->udp.local.addr);
	return ERR_OK;
}

/* An unbound socket takes an ephemeral port the first time it needs one. */
static int ensure_bound(struct stack *stack, struct socket *sock)
{
	const struct net_endpoint any = {.port = 0};

	if (sock->udp.local.port != 0)
		return ERR_OK;
	sock->any_address = true;
	return udp_bind(stack, &sock->udp, &any);
}

static int find_route(struct stack *stack, const struct socket *sock, const struct net_addr *dst,
		      struct ip_route *route)
{
	return sock->broadcast ? ip_route_broadcast(stack, dst, route) : ip_route(stack, dst, route);
}

int dgram_connect(struct stack *stack, struct socket *sock, const struct net_endpoint *remote)
{
	struct net_endpoint peer = *remote;
	struct ip_route route;
	struct net_addr local;
	int err = find_route(stack, sock, &remote->addr, &route);

	if (err == ERR_OK)
		err = ensure_bound(stack, sock);
	if (err != ERR_OK)
		return err;
	/* RFC 1122 4.1.3.5: it speaks from one address from now on, and is spoken to at that one. */
	local = sock->any_address ? route.src : sock->udp.local.addr;
	if (sock->udp.echo)
		peer.port = 0;
	udp_connect(stack, &sock->udp, &local, &peer);
	return ERR_OK;
}

int dgram_disconnect(struct stack *stack, struct socket *sock)
{
	const struct net_addr local = sock->any_address ? (struct net_addr){.family = NET_FAMILY_NONE}
							: sock->udp.local.addr;

	if (sock->udp.local.port == 0)
		return ERR_OK;
	if (sock->bound)
		udp_disconnect(stack, &sock->udp, &local);
	else
		udp_unbind(stack, &sock->udp);
	return ERR_OK;
}

static int consume_error(struct socket *sock)
{
	int err = sock->udp.error;

	sock->udp.error = ERR_OK;
	return err;
}

/* --- talking --------------------------------------------------------------------------------- */

int dgram_send(struct stack *stack, struct socket *sock, const void *buf, size_t len,
	       const struct net_endpoint *to, uint64_t now_ns)
{
	const struct net_endpoint *dst = to != NULL ? to : &sock->udp.remote;
	int err = consume_error(sock);

	if (err != ERR_OK)
		return err;
	if (sock->shut_write)
		return ERR_PIPE;
	if (net_addr_is_any(&dst->addr))
		return ERR_DESTADDRREQ;
	err = ensure_bound(stack, sock);
	if (err == ERR_OK && sock->udp.echo)
		err = echo_send(stack, &sock->udp, buf, len, &dst->addr, sock->broadcast, now_ns);
	else if (err == ERR_OK)
		err = sock->broadcast
			? udp_send_broadcast(stack, &sock->udp, buf, len, dst, now_ns)
			: udp_send(stack, &sock->udp, buf, len, dst, now_ns);
	if (err == ERR_OK && to == NULL && !sock->broadcast)
		udp_asked(stack, &sock->udp, now_ns);
	return err == ERR_OK ? (int)len : err;
}

/* What the headers below say. */
static void describe(const struct pktbuf *pkt, struct sock_msg *msg)
{
	struct ip_facts facts;

	ip_facts_of(pkt, &facts);
	msg->from = udp_source(pkt);
	msg->tos = facts.tos;
	msg->ttl = facts.ttl;
}

int dgram_receive(struct socket *sock, struct sock_msg *msg, unsigned flags)
{
	struct pktbuf *pkt;
	size_t n, len;
	int err = consume_error(sock);

	if (err != ERR_OK)
		return err;
	if (sock->udp.received.first == NULL)
		return sock->shut_read ? 0 : ERR_AGAIN;
	pkt = sock->udp.received.first;
	describe(pkt, msg);
	len = pktbuf_len(pkt);
	n = MIN(msg->len, len);
	if (n > 0)
		memcpy(msg->buf, pkt->data, n);
	msg->flags = n < len ? SOCK_MSG_TRUNC : 0;
	if (!(flags & SOCK_MSG_PEEK))
		pktbuf_free(udp_receive(&sock->udp));
	return (int)(flags & SOCK_MSG_TRUNC ? len : n);
}

int sock_sendto(struct stack *stack, int fd, const void *buf, size_t len,
		const struct net_endpoint *to, uint64_t now_ns)
{
	struct socket *sock = socket_find(stack, fd);

	if (sock == NULL)
		return ERR_BADF;
	if (sock->type == SOCK_TYPE_STREAM)
		return sock_send(stack, fd, buf, len, now_ns);
	if (to != NULL && !ip_family_is_known(to->addr.family))
		return ERR_AFNOSUPPORT;
	return dgram_send(stack, sock, buf, len, to, now_ns);
}

int sock_recvfrom(struct stack *stack, int fd, void *buf, size_t len, struct net_endpoint *from,
		  uint64_t now_ns)
{
	struct sock_msg msg = {.buf = buf, .len = len};
	int n = sock_recvmsg(stack, fd, &msg, 0, now_ns);

	if (n >= 0 && from != NULL && msg.from.addr.family != NET_FAMILY_NONE)
		*from = msg.from;
	return n;
}

/* --- the end, and what is going on ----------------------------------------------------------- */

int dgram_shutdown(struct socket *sock, enum sock_how how)
{
	if (!udp_is_connected(&sock->udp))
		return ERR_NOTCONN;
	sock->shut_read |= how != SOCK_SHUT_WR;
	sock->shut_write |= how != SOCK_SHUT_RD;
	return ERR_OK;
}

void dgram_close(struct stack *stack, struct socket *sock)
{
	if (sock->udp.local.port != 0)
		udp_unbind(stack, &sock->udp);
}

void dgram_end(struct stack *stack, struct socket *sock, uint64_t now_ns)
{
	udp_gave_up(stack, &sock->udp, now_ns);
	dgram_close(stack, sock);
}

unsigned dgram_poll(const struct socket *sock)
{
	unsigned ready = SOCK_POLLOUT; /* a datagram is sent or lost at once */

	if (sock->udp.received.count > 0 || sock->shut_read)
		ready |= SOCK_POLLIN;
	if (sock->udp.error != ERR_OK)
		ready |= SOCK_POLLERR;
	if (sock->shut_read)
		ready |= SOCK_POLLRDHUP;
	if (sock->shut_read && sock->shut_write)
		ready |= SOCK_POLLHUP;
	return ready;
}
