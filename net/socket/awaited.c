/*
 * SPDX-License-Identifier: MIT
 *
 * What came in place of what a socket waits for; see struct sock_awaited in net/socket.h.
 */
#include "net/socket/table.h"

#include "net/awaited.h"
#include "net/ip/ip.h"
#include "net/stack.h"

/* The state of the way to `remote`; whether its next hop is `asked` for is of interest only before
 * anything has been sent. */
static void check_next_hop(struct stack *stack, const struct net_addr *remote, bool asked,
			   uint64_t now_ns, struct sock_awaited *awaited)
{
	struct ip_next_hop hop;

	if (!ip_next_hop(stack, remote, now_ns, &hop))
		return;
	awaited->link_down = !hop.link_up;
	if (!asked || hop.unresolved_ns == 0)
		return;
	refused_merge(&awaited->refused, hop.refused);
	awaited->unresolved_ns = hop.unresolved_ns;
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
		check_next_hop(stack, &sock->udp.remote.addr, true, now_ns, awaited);
		return;
	}
	refused_merge(&awaited->refused, tcp_refused(sock->tcb));
	refused_merge(&awaited->said, tcp_refused_meanwhile(sock->tcb));
	tcp_status(sock->tcb, &status);
	check_next_hop(stack, &status.remote.addr, status.state == TCP_SYN_SENT, now_ns, awaited);
}
