/*
 * SPDX-License-Identifier: MIT
 *
 * What came in place of what a socket waits for; see struct sock_awaited in net/socket.h.
 */
#include "net/socket/table.h"

#include "net/awaited.h"
#include "net/ip/ipv4.h"
#include "net/link/neigh.h"
#include "net/stack.h"

/* The state of the way to `remote`; whether its next hop is `asked` for is of interest only before
 * anything has been sent. */
static void look_at_the_way(struct stack *stack, uint32_t remote, bool asked, uint64_t now_ns,
			    struct sock_awaited *awaited)
{
	struct ipv4_route route;
	const struct neigh *n;
	struct net_addr addr;

	if (remote == 0 || ipv4_route(stack, remote, &route) != ERR_OK || route.broadcast)
		return;
	awaited->link_down = !route.netif->link_up;
	addr = net_addr_ipv4(route.next_hop);
	n = neigh_find(stack, route.netif, &addr);
	if (!asked || n == NULL || n->state != NEIGH_INCOMPLETE)
		return;
	refused_merge(&awaited->refused, &n->refused);
	awaited->unresolved_ns = MAX(now_ns - n->began_ns, UINT64_C(1));
}

void sock_awaited(struct stack *stack, int fd, uint64_t now_ns, struct sock_awaited *awaited)
{
	const struct socket *sock = socket_find(stack, fd);
	struct tcp_status status;

	*awaited = (struct sock_awaited){0};
	if (sock == NULL)
		return;
	if (sock->type == SOCK_TYPE_DGRAM) {
		if (sock->udp.awaited != NULL) {
			awaited->refused = sock->udp.awaited->refused;
			awaited->said = sock->udp.awaited->said;
		}
		look_at_the_way(stack, sock->udp.remote, true, now_ns, awaited);
		return;
	}
	refused_merge(&awaited->refused, tcp_refused(sock->tcb));
	refused_merge(&awaited->said, tcp_said(sock->tcb));
	tcp_status(sock->tcb, &status);
	look_at_the_way(stack, net_addr_to_ipv4(&status.remote.addr), status.state == TCP_SYN_SENT,
			now_ns, awaited);
}
