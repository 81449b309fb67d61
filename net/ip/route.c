/*
 * SPDX-License-Identifier: MIT
 *
 * Where an IPv4 packet goes (RFC 1122 3.3.1): to a neighbour on one of our own networks, or to the
 * router of the longest prefix that fits; or, for a sender that asked to (RFC 1122 3.3.6), to all hosts on a
 * link.
 *
 * A lookup costs a comparison for each interface and for each route that is longer than the one taken:
 * with an address and a gateway, two.
 *
 * NOT DONE: sending to multicast addresses, and loopback: a packet to one of our own addresses is
 * refused rather than delivered, since nothing here talks to itself.
 */
#include "net/ip/route.h"

#include "net/ip/ipv4.h"
#include "net/link/neigh.h"
#include "net/stack.h"
#include "net/wire/ipv4.h"

/* --- the table ---------------------------------------------------------------------------------- */

/* Ones, then zeros: the inverse plus one has no bit in common with the inverse. */
static bool mask_is_contiguous(uint32_t mask)
{
	return (~mask & (~mask + 1)) == 0;
}

bool ipv4_is_address_of_host(uint32_t ipv4, uint32_t mask)
{
	uint32_t host = ipv4 & ~mask;

	if (!ipv4_addr_is_host(ipv4) || !mask_is_contiguous(mask))
		return false;
	return ~mask <= 1 || (host != 0 && host != ~mask);
}

static bool is_in_network(const struct netif *netif, uint32_t ipv4)
{
	return netif->ipv4 != 0 && ((ipv4 ^ netif->ipv4) & netif->ipv4_mask) == 0;
}

static bool fits(const struct ipv4_route_row *row, uint32_t ipv4)
{
	return ((ipv4 ^ row->dst) & row->mask) == 0;
}

/* To the destinations of a row without a router go frames of their own; and to each router. */
static bool row_reaches(const struct ipv4_route_row *row, uint32_t ipv4)
{
	return row->router == 0 ? fits(row, ipv4) : row->router == ipv4;
}

bool ipv4_is_on_link(const struct stack *stack, const struct netif *netif, uint32_t ipv4)
{
	const struct ipv4_routes *routes = &stack->routes;

	if (is_in_network(netif, ipv4))
		return true;
	for (unsigned i = 0; i < routes->n; i++)
		if (routes->rows[i].netif == netif && row_reaches(&routes->rows[i], ipv4))
			return true;
	return false;
}

static bool can_be_router(const struct netif *netif, uint32_t router)
{
	if (is_in_network(netif, router) && !ipv4_is_address_of_host(router, netif->ipv4_mask))
		return false; /* the network itself, or its broadcast address */
	return ipv4_addr_is_host(router) && router != netif->ipv4;
}

static void remove_row(struct ipv4_routes *routes, unsigned i)
{
	routes->n--;
	for (; i < routes->n; i++)
		routes->rows[i] = routes->rows[i + 1];
}

/* A route to the same destinations gives way. */
static void remove_same(struct ipv4_routes *routes, uint32_t dst, uint32_t mask)
{
	for (unsigned i = 0; i < routes->n; i++) {
		if (routes->rows[i].dst == dst && routes->rows[i].mask == mask) {
			remove_row(routes, i);
			return;
		}
	}
}

static void insert_row(struct ipv4_routes *routes, const struct ipv4_route_row *row)
{
	unsigned i = routes->n++;

	for (; i > 0 && routes->rows[i - 1].mask < row->mask; i--)
		routes->rows[i] = routes->rows[i - 1];
	routes->rows[i] = *row;
}

int ipv4_add_route(struct stack *stack, struct netif *netif, uint32_t dst, uint32_t mask,
		   uint32_t router)
{
	const struct ipv4_route_row row = {.netif = netif, .dst = dst, .mask = mask, .router = router,
					   .far = router != 0 && !is_in_network(netif, router)};

	if (!mask_is_contiguous(mask) || (dst & ~mask) != 0)
		return ERR_INVAL;
	if (netif->ipv4 == 0 || (router != 0 && !can_be_router(netif, router)))
		return ERR_NETUNREACH;
	remove_same(&stack->routes, dst, mask);
	if (stack->routes.n == IPV4_ROUTES_MAX)
		return ERR_NOSPC;
	insert_row(&stack->routes, &row);
	return ERR_OK;
}

void ipv4_prune_routes(struct stack *stack, struct netif *netif)
{
	struct ipv4_routes *routes = &stack->routes;

	for (unsigned i = 0; i < routes->n;) {
		const struct ipv4_route_row *row = &routes->rows[i];

		if (row->netif == netif && row->router != 0 &&
		    (!can_be_router(netif, row->router) ||
		     (!row->far && !is_in_network(netif, row->router))))
			remove_row(routes, i);
		else
			i++;
	}
}

void ipv4_clear_routes(struct stack *stack, const struct netif *netif)
{
	struct ipv4_routes *routes = &stack->routes;

	for (unsigned i = 0; i < routes->n;) {
		if (routes->rows[i].netif == netif)
			remove_row(routes, i);
		else
			i++;
	}
}

/* --- the look ----------------------------------------------------------------------------------- */

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

static int read_broadcast(struct ipv4_route *route, struct netif *netif)
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

/* The longest prefix that fits and is longer than `mask`, or NULL. */
static const struct ipv4_route_row *find_longer(const struct stack *stack, uint32_t dst, uint32_t mask)
{
	const struct ipv4_routes *routes = &stack->routes;

	for (unsigned i = 0; i < routes->n && routes->rows[i].mask > mask; i++)
		if (fits(&routes->rows[i], dst))
			return &routes->rows[i];
	return NULL;
}

/* A router that lies on no network of ours is a neighbour all the same, whatever covers its address; but
 * for a route to it alone. */
static bool is_far_router(const struct ipv4_routes *routes, const struct ipv4_route_row *row, uint32_t dst)
{
	for (unsigned i = 0; i < routes->n && row->mask != UINT32_MAX; i++)
		if (routes->rows[i].far && routes->rows[i].router == dst &&
		    routes->rows[i].netif == row->netif)
			return true;
	return false;
}

static int alloc_row(const struct stack *stack, struct ipv4_route *route, const struct ipv4_route_row *row,
		    uint32_t dst)
{
	bool direct = row->router == 0 || is_far_router(&stack->routes, row, dst);

	return take(route, row->netif, direct ? dst : row->router);
}

/* The interface's own network.  A longer prefix goes before it, but not for those of its addresses
 * that have a meaning of their own. */
static int accept_neighbour(struct stack *stack, struct netif *netif, uint32_t dst,
			  struct ipv4_route *route)
{
	const struct ipv4_route_row *row;

	if (dst == netif->ipv4)
		return ERR_ADDRNOTAVAIL;
	if (is_network_or_broadcast(netif, dst))
		return (dst & ~netif->ipv4_mask) == 0 ? ERR_ACCES /* the network itself */
						      : read_broadcast(route, netif);
	row = find_longer(stack, dst, netif->ipv4_mask);
	return row != NULL ? alloc_row(stack, route, row, dst) : take(route, netif, dst);
}

static int find_route(struct stack *stack, uint32_t dst, struct ipv4_route *route)
{
	const struct ipv4_routes *routes = &stack->routes;
	bool have_address = false;

	for (struct netif *netif = stack->netifs; netif != NULL; netif = netif->next) {
		have_address |= netif->ipv4 != 0;
		if (is_in_network(netif, dst))
			return accept_neighbour(stack, netif, dst, route);
	}
	if (!have_address)
		return ERR_ADDRNOTAVAIL;
	if (dst == IPV4_ADDR_BROADCAST)
		return read_broadcast(route, first_with_address(stack));
	if (!ipv4_addr_is_host(dst))
		return ERR_NETUNREACH;
	for (unsigned i = 0; i < routes->n; i++)
		if (fits(&routes->rows[i], dst))
			return alloc_row(stack, route, &routes->rows[i], dst);
	return ERR_NETUNREACH;
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
