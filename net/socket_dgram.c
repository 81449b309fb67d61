/*
 * Datagram sockets over UDP: an address to speak from, perhaps one to speak to, and the errors that
 * ICMP brought back.
 */
#include "net/socket_table.h"

#include "base/string.h"
#include "net/stack.h"

int dgram_bind(struct stack *stack, struct socket *sock, const struct net_endpoint *local)
{
	if (sock->udp.local_port != 0)
		return ERR_INVAL;
	return udp_bind(stack, &sock->udp, net_addr_to_ipv4(&local->addr), local->port);
}

/* An unbound socket takes an ephemeral port the first time it needs one. */
static int ensure_bound(struct stack *stack, struct socket *sock)
{
	return sock->udp.local_port != 0 ? ERR_OK : udp_bind(stack, &sock->udp, 0, 0);
}

int dgram_connect(struct stack *stack, struct socket *sock, const struct net_endpoint *remote)
{
	int err = ensure_bound(stack, sock);

	if (err != ERR_OK)
		return err;
	sock->udp.remote = net_addr_to_ipv4(&remote->addr);
	sock->udp.remote_port = remote->port;
	return ERR_OK;
}

static int take_error(struct socket *sock)
{
	int err = sock->udp.error;

	sock->udp.error = ERR_OK;
	return err;
}

/* --- talking --------------------------------------------------------------------------------- */

int dgram_send(struct stack *stack, struct socket *sock, const void *buf, size_t len,
	       const struct net_endpoint *to, uint64_t now_ns)
{
	uint32_t dst = to != NULL ? net_addr_to_ipv4(&to->addr) : sock->udp.remote;
	uint16_t port = to != NULL ? to->port : sock->udp.remote_port;
	int err = take_error(sock);

	if (err != ERR_OK)
		return err;
	if (sock->shut_write)
		return ERR_PIPE;
	if (dst == 0)
		return ERR_DESTADDRREQ;
	err = ensure_bound(stack, sock);
	if (err == ERR_OK)
		err = udp_send(stack, &sock->udp, buf, len, dst, port, now_ns);
	return err == ERR_OK ? (int)len : err;
}

int dgram_receive(struct socket *sock, void *buf, size_t len, struct net_endpoint *from)
{
	uint32_t src;
	uint16_t port;
	struct pktbuf *pkt;
	size_t n;
	int err = take_error(sock);

	if (err != ERR_OK)
		return err;
	pkt = udp_receive(&sock->udp, &src, &port);
	if (pkt == NULL)
		return sock->shut_read ? 0 : ERR_AGAIN;
	n = MIN(len, pktbuf_len(pkt));
	if (n > 0)
		memcpy(buf, pkt->data, n);
	if (from != NULL)
		*from = net_endpoint_ipv4(src, port);
	pktbuf_free(pkt);
	return (int)n;
}

int sock_sendto(struct stack *stack, int fd, const void *buf, size_t len,
		const struct net_endpoint *to, uint64_t now_ns)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_DGRAM, &err);

	if (sock == NULL)
		return err;
	if (to != NULL && to->addr.family != NET_FAMILY_IPV4)
		return ERR_AFNOSUPPORT;
	return dgram_send(stack, sock, buf, len, to, now_ns);
}

int sock_recvfrom(struct stack *stack, int fd, void *buf, size_t len, struct net_endpoint *from,
		  uint64_t now_ns)
{
	int err;
	struct socket *sock = socket_find_type(stack, fd, SOCK_TYPE_DGRAM, &err);

	(void)now_ns;
	return sock != NULL ? dgram_receive(sock, buf, len, from) : err;
}

/* --- the end, and what is going on ----------------------------------------------------------- */

int dgram_shutdown(struct socket *sock, enum sock_how how)
{
	if (sock->udp.remote == 0)
		return ERR_NOTCONN;
	sock->shut_read |= how != SOCK_SHUT_WR;
	sock->shut_write |= how != SOCK_SHUT_RD;
	return ERR_OK;
}

void dgram_close(struct stack *stack, struct socket *sock)
{
	if (sock->udp.local_port != 0)
		udp_unbind(stack, &sock->udp);
}

unsigned dgram_poll(const struct socket *sock)
{
	unsigned ready = SOCK_POLLOUT; /* a datagram is sent or lost at once */

	if (sock->udp.received.count > 0 || sock->shut_read)
		ready |= SOCK_POLLIN;
	if (sock->udp.error != ERR_OK)
		ready |= SOCK_POLLERR | SOCK_POLLIN;
	if (sock->shut_read && sock->shut_write)
		ready |= SOCK_POLLHUP;
	return ready;
}
