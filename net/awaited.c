/*
 * SPDX-License-Identifier: MIT
 *
 * From a dropped frame to the party that may have waited for it; see net/awaited.h.  Nothing here has
 * passed a check, so every length is looked at, and nothing but a count comes of it.
 *
 * Who waits: a DHCP client that asks (its transaction or its hardware address must be in the message),
 * a neighbour that is being asked for, a connected port or identifier, a connection.
 */
#include "net/awaited.h"

#include "net/dhcp/dhcp_client.h"
#include "net/ip/ip.h"
#include "net/link/link.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/tcp/tcp.h"
#include "net/wire/eth.h"
#include "net/wire/icmp.h"
#include "net/wire/ipv4.h"
#include "net/wire/udp.h"

/* --- where it is counted ------------------------------------------------------------------------- */

struct awaited *awaited_make(struct stack *stack, struct awaited **slot)
{
	const struct net_port *port = stack->port;

	if (*slot != NULL)
		return *slot;
	*slot = port->alloc(port->ctx, sizeof(**slot));
	if (*slot != NULL)
		**slot = (struct awaited){0};
	return *slot;
}

void awaited_free(struct stack *stack, struct awaited **slot)
{
	if (*slot != NULL)
		stack->port->free(stack->port->ctx, *slot, sizeof(**slot));
	*slot = NULL;
}

void awaited_add(struct stack *stack, struct awaited **slot, struct refused_reason why)
{
	struct awaited *a = awaited_make(stack, slot);

	if (a != NULL)
		refused_add(&a->refused, why);
}

void awaited_note(struct stack *stack, struct awaited **slot, const char *what, const struct net_addr *reporter,
		  const struct refused *refused)
{
	bool any = what != NULL || (refused != NULL && refused->count > 0);
	struct awaited *a = any ? awaited_make(stack, slot) : NULL;

	if (a == NULL)
		return;
	refused_merge(&a->refused, refused);
	if (what != NULL)
		refused_add(&a->said, REFUSED_FROM(what, *reporter));
}

/* --- IPv4 --------------------------------------------------------------------------------------- */

#define PORTS_LEN 4u

/* The tally of whoever waits for such a packet, or NULL.  `l4`: the transport header, `len` bytes. */
static struct refused *find_port(struct stack *stack, uint8_t protocol, struct net_endpoint *remote,
				 struct net_endpoint *local, const uint8_t *l4, size_t len)
{
	struct udp_pcb *pcb = NULL;
	struct awaited *a;

	if (protocol == IP_PROTO_UDP && len >= PORTS_LEN) {
		pcb = udp_find(stack, remote, local);
	} else if (protocol == IP_PROTO_ICMP && len > ICMP_OFF_ID + 1 &&
		   l4[ICMP_OFF_TYPE] == ICMP_ECHO_REPLY) {
		local->port = load_be16(l4 + ICMP_OFF_ID);
		pcb = udp_find_echo(stack, &remote->addr, local);
	}
	a = pcb != NULL && udp_is_connected(pcb) ? awaited_make(stack, &pcb->awaited) : NULL;
	return a != NULL ? &a->refused : NULL;
}

struct refused *awaited_ipv4(struct stack *stack, struct netif *netif, const uint8_t *p, size_t len)
{
	struct ipv4_header h;
	struct net_endpoint remote, local;
	const uint8_t *l4;
	struct refused *dhcp;

	/* A fragment but the first has no ports. */
	if (!ipv4_header_read_quoted(p, len, &h) || (h.fragment & IPV4_FRAGMENT_OFFSET) != 0)
		return NULL;
	l4 = p + h.header_len;
	len -= h.header_len;
	remote = net_endpoint_ipv4(h.src, len >= PORTS_LEN ? load_be16(l4 + UDP_OFF_SRC) : 0);
	local = net_endpoint_ipv4(h.dst, len >= PORTS_LEN ? load_be16(l4 + UDP_OFF_DST) : 0);
	if (h.protocol == IP_PROTO_TCP && len >= PORTS_LEN) /* TCP's ports are where UDP's are */
		return tcp_awaits(stack, &local, &remote);
	dhcp = h.protocol == IP_PROTO_UDP ? dhcp_awaits_message(stack, netif, l4, len) : NULL;
	return dhcp != NULL ? dhcp : find_port(stack, h.protocol, &remote, &local, l4, len);
}

void awaited_refuse_packet(struct stack *stack, const struct pktbuf *pkt, struct refused_reason why)
{
	const uint8_t *p = pkt->head + pkt->l3_off;

	link_refuse(stack, pkt->netif, ETH_TYPE_IPV4, p, (size_t)(pkt->tail - p), why);
}

void awaited_take_back(struct stack *stack, struct netif *netif, const uint8_t *p, size_t len,
		       struct refused_reason why)
{
	struct refused *refused = awaited_ipv4(stack, netif, p, len);

	if (refused != NULL)
		refused_remove(refused, why);
}
