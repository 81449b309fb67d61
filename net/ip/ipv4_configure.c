/*
 * SPDX-License-Identifier: MIT
 *
 * An interface's IPv4 address and its routes, as configuration or DHCP sets them (net/net.h), and what
 * follows for neighbours, conflict detection and connections.
 */
#include "net/net.h"

#include "base/assert.h"
#include "net/ip/route.h"
#include "net/ip/transport.h"
#include "net/link/acd.h"
#include "net/link/neigh.h"
#include "net/stack.h"

/* Nothing leaves from it any more: what waits for a neighbour goes, and connections end. */
static void leave_address(struct stack *stack, struct netif *netif)
{
	const struct net_addr gone = net_addr_ipv4(netif->ipv4);

	if (net_addr_is_any(&gone))
		return;
	ip_remove_address(netif, &gone);
	neigh_remove_all(stack, netif, gone.family);
	ip_address_gone(stack, &gone);
}

/* Ones from the top, of a mask without holes. */
static uint8_t prefix_len_of(uint32_t mask)
{
	uint8_t len = 0;

	for (; mask != 0; mask <<= 1)
		len++;
	return len;
}

int net_set_ipv4(struct stack *stack, struct netif *netif, uint32_t ipv4, uint32_t mask)
{
	const struct netif_addr addr = {.addr = net_addr_ipv4(ipv4),
					.prefix_len = prefix_len_of(mask), .valid_until_ns = TIME_NEVER};
	int err;

	ASSERT(netif->stack == stack);
	if (!ipv4_is_address_of_host(ipv4, mask))
		return ERR_INVAL;
	if (netif->ipv4 != ipv4)
		leave_address(stack, netif);
	err = ip_add_address(netif, &addr);
	if (err != ERR_OK)
		return err;
	ipv4_prune_routes(stack, netif);
	acd_start(stack, netif);
	return ERR_OK;
}

void net_clear_ipv4(struct stack *stack, struct netif *netif)
{
	ASSERT(netif->stack == stack);
	acd_stop(stack, netif);
	ipv4_clear_routes(stack, netif);
	leave_address(stack, netif);
}

int net_add_route(struct stack *stack, struct netif *netif, uint32_t dst, uint32_t mask,
		  uint32_t router)
{
	ASSERT(netif->stack == stack);
	return ipv4_add_route(stack, netif, dst, mask, router);
}

int net_set_gateway(struct stack *stack, struct netif *netif, uint32_t gateway)
{
	return gateway == 0 ? ERR_NETUNREACH : net_add_route(stack, netif, 0, 0, gateway);
}
