/*
 * SPDX-License-Identifier: MIT
 *
 * The transports above IP; see net/ip/transport.h.
 */
#include "net/ip/transport.h"

#include "base/assert.h"
#include "net/ip/ipv4.h"
#include "net/link/link.h"
#include "net/stack.h"
#include "net/wire/eth.h"

void ip_register(struct stack *stack, const struct ip_transport *transport)
{
	ASSERT(stack->n_ip_transports < IP_TRANSPORTS_MAX);
	stack->ip_transports[stack->n_ip_transports++] = *transport;
}

const struct ip_transport *ip_transport(const struct stack *stack, uint8_t protocol)
{
	for (unsigned i = 0; i < stack->n_ip_transports; i++)
		if (stack->ip_transports[i].protocol == protocol)
			return &stack->ip_transports[i];
	return NULL;
}

void ip_address_gone(struct stack *stack, const struct net_addr *addr)
{
	for (unsigned i = 0; i < stack->n_ip_transports; i++)
		if (stack->ip_transports[i].address_gone != NULL)
			stack->ip_transports[i].address_gone(stack, addr);
}

void ip_refuse(struct stack *stack, const struct pktbuf *pkt, struct refused_reason why)
{
	const uint8_t *p = pkt->head + pkt->l3_off;

	link_refuse(stack, pkt->netif, ETH_TYPE_IPV4, p, (size_t)(pkt->tail - p), why);
}

void ip_refuse_undo(struct stack *stack, const struct pktbuf *pkt, struct refused_reason why)
{
	struct refused *refused = ipv4_awaits(stack, pkt->netif, pkt->data, pktbuf_len(pkt));

	if (refused != NULL)
		refused_remove(refused, why);
}
