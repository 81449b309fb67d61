/*
 * Where an IPv4 packet goes (RFC 1122 3.3.1): to a neighbour on one of our own networks, or to the
 * default gateway; or, for who asked to (RFC 1122 3.3.6), to everybody on a link.
 *
 * NOT DONE: sending to multicast addresses, and loopback: a packet to one of our own addresses is
 * refused rather than delivered, since nothing here talks to itself.
 */
#include "net/ipv4.h"

#include "net/neigh.h"
#include "net/stack.h"
#include "net/wire/ipv4.h"

static bool is_on_link(const struct netif *netif, uint32_t dst)
{
	return netif->ipv4 != 0 && ((dst ^ netif->ipv4) & netif->ipv4_mask) == 0;
}

/* /31 (RFC 3021) and /32 have neither a network's nor a broadcast address. */
static bool is_network_or_broadcast(const struct netif *netif, uint32_t dst)
{
	uint32_t hosts = ~netif->ipv4_mask;

	return hosts > 1 && ((dst & hosts) == 0 || (dst & hosts) == hosts);
}

static int take(struct ipv4_route *route, struct netif *netif, uint32_t next_hop)
{
	*route = (struct ipv4_route){.netif = netif, .src = netif->ipv4, .next_hop = next_hop};
	return ERR_OK;
}

static int take_broadcast(struct ipv4_route *route, struct netif *netif)
{
	(void)take(route, netif, IPV4_ADDR_BROADCAST);
	route->broadcast = true;
	return ERR_OK;
}

static struct netif *first_with_address(struct stack *stack)
{
	struct netif *netif = stack->netifs;

	while (netif->ipv4 == 0)
		netif = netif->next;
	return netif;
}

static int find_route(struct stack *stack, uint32_t dst, struct ipv4_route *route)
{
	bool have_address = false;

	for (struct netif *netif = stack->netifs; netif != NULL; netif = netif->next) {
		have_address |= netif->ipv4 != 0;
		if (!is_on_link(netif, dst))
			continue;
		if (dst == netif->ipv4)
			return ERR_ADDRNOTAVAIL;
		if (!is_network_or_broadcast(netif, dst))
			return take(route, netif, dst);
		if ((dst & ~netif->ipv4_mask) == 0)
			return ERR_ACCES; /* the network itself */
		return take_broadcast(route, netif);
	}
	if (!have_address)
		return ERR_ADDRNOTAVAIL;
	if (dst == IPV4_ADDR_BROADCAST)
		return take_broadcast(route, first_with_address(stack));
	if (!ipv4_addr_is_host(dst) || stack->gateway == 0)
		return ERR_NETUNREACH;
	return take(route, stack->gateway_netif, stack->gateway);
}

int ipv4_route_broadcast(struct stack *stack, uint32_t dst, struct ipv4_route *route)
{
	int err = find_route(stack, dst, route);

	if (err != ERR_OK)
		stack->counters.ip_no_route++;
	return err;
}

int ipv4_route(struct stack *stack, uint32_t dst, struct ipv4_route *route)
{
	int err = ipv4_route_broadcast(stack, dst, route);

	if (err != ERR_OK || !route->broadcast)
		return err;
	stack->counters.ip_no_route++;
	return ERR_ACCES;
}

/* RFC 1122 3.3.1.4: "negative advice" from a transport. */
void ipv4_negative_advice(struct stack *stack, uint32_t dst, uint64_t now_ns)
{
	struct ipv4_route route;
	struct net_addr next_hop;

	if (find_route(stack, dst, &route) != ERR_OK || route.broadcast)
		return;
	next_hop = net_addr_ipv4(route.next_hop);
	neigh_doubt(stack, route.netif, &next_hop, now_ns);
}
