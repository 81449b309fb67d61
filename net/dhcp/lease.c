/*
 * SPDX-License-Identifier: MIT
 *
 * What a DHCP server gives, onto the interface; that a host can live with it is known (judge.c).
 *
 * A router need not be on the network that address and mask make: where it is not, it is reached
 * through the interface all the same, since it was said on that interface.  Several hosters do that,
 * with a mask of 32 bits and a router of 169.254/16 or far away.
 * DEVIATION: RFC 2132 3.5 has several routers tried in turn; the first one that is on the network is
 * taken, or where none is the first.
 * NOT DONE: an MTU that is changed while the address stays is obeyed with the next address: connections
 * have chosen their segments.
 */
#include "net/dhcp/client.h"

#include "base/strbuf.h"
#include "base/string.h"

#define MTU_LEAST 576u /* what every host takes (RFC 1122 3.3.3); smaller ones only cost */
#define DNS_TEXT_MAX (NET_LEASE_DNS_MAX * 16u)

/* --- onto the interface -------------------------------------------------------------------------- */

static void log_unusable(struct stack *stack, const struct dhcp_client *c, const char *problem,
			 uint32_t ip)
{
	event_emit(stack->port->events, EVENT_DHCP_UNUSABLE, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("server", c->lease.server), EV_STR("problem", problem), EV_IPV4("ip", ip));
}

static void read_route(struct stack *stack, struct dhcp_client *c, const struct dhcp_route *route)
{
	int err = net_add_route(stack, c->netif, route->dst, route->mask, route->router);

	if (err != ERR_OK) {
		log_unusable(stack, c, err == ERR_NOSPC ? "there are too many routes"
							: "the router of a route cannot be one",
			     route->router);
		return;
	}
	c->lease.n_routes++;
	if (route->mask == 0)
		c->lease.gateway = route->router;
}

/* RFC 3442: they stand for option 3 as well. */
static void read_classless(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	for (unsigned i = 0; i < r->n_routes; i++)
		read_route(stack, c, &r->routes[i]);
}

/* The first that will do; with `near`, on the interface's own network. */
static bool read_router(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r, bool near)
{
	for (unsigned i = 0; i < r->n_routers; i++) {
		if (near && !ipv4_is_on_link(stack, c->netif, r->routers[i]))
			continue;
		if (net_set_gateway(stack, c->netif, r->routers[i]) != ERR_OK)
			continue;
		c->lease.gateway = r->routers[i];
		return true;
	}
	return false;
}

static void read_routers(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	if (!read_router(stack, c, r, true) && !read_router(stack, c, r, false) && r->n_routers > 0)
		log_unusable(stack, c, "the router cannot be one", r->routers[0]);
}

static void read_routes(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	ipv4_clear_routes(stack, c->netif);
	c->lease.gateway = 0;
	c->lease.n_routes = 0;
	if (r->has_routes)
		read_classless(stack, c, r);
	else
		read_routers(stack, c, r);
}

bool dhcp_can_use_mtu(const struct dhcp_client *c, uint16_t mtu)
{
	return mtu >= MTU_LEAST && mtu <= c->device_mtu;
}

static void read_mtu(struct dhcp_client *c, const struct dhcp_reply *r)
{
	c->lease.mtu = dhcp_can_use_mtu(c, r->mtu) ? r->mtu : 0;
	c->netif->mtu = c->lease.mtu != 0 ? c->lease.mtu : c->device_mtu;
}

/* --- into the lease ------------------------------------------------------------------------------ */

/* The first of them is "the" domain. */
static void read_first_name(struct dhcp_client *c)
{
	size_t n = 0;

	while (n < sizeof(c->domain) - 1 && c->search[n] != '\0' && c->search[n] != ' ')
		n++;
	memcpy(c->domain, c->search, n);
	c->domain[n] = '\0';
}

static void read_names(struct dhcp_client *c, const struct dhcp_reply *r)
{
	c->lease.n_dns = r->n_dns;
	memcpy(c->lease.dns, r->dns, sizeof(c->lease.dns));
	memcpy(c->search, r->search.good, sizeof(c->search));
	read_first_name(c);
	memcpy(c->hostname, r->hostname, sizeof(c->hostname));
}

static void log_bound(struct stack *stack, const struct dhcp_client *c)
{
	const struct net_lease *l = &c->lease;
	char dns[DNS_TEXT_MAX];
	struct strbuf sb = strbuf_on(dns, sizeof(dns));

	for (unsigned i = 0; i < l->n_dns; i++) {
		strbuf_str(&sb, i > 0 ? " " : "");
		strbuf_ipv4(&sb, l->dns[i]);
	}
	event_emit(stack->port->events, EVENT_DHCP_ACK, 0, 0, EV_STR("name", c->netif->name),
		   EV_POINTER("xid", c->xid), EV_IPV4("server", l->server), EV_IPV4("ip", l->address),
		   EV_U64("prefix", dhcp_prefix(l->mask)),
		   EV_IF(l->gateway != 0, EV_IPV4("gateway", l->gateway)),
		   EV_IF(l->n_routes != 0, EV_U64("routes", l->n_routes)),
		   EV_IF(l->n_dns != 0, EV_STR("dns", dns)),
		   EV_IF(c->domain[0] != '\0', EV_STR("domain", c->domain)),
		   EV_IF(c->search[strlen(c->domain)] != '\0', EV_STR("search", c->search)),
		   EV_IF(c->hostname[0] != '\0', EV_STR("hostname", c->hostname)),
		   EV_IF(l->mtu != 0, EV_U64("mtu", l->mtu)),
		   EV_IF(l->lease_s != UINT32_MAX, EV_U64("lease_s", l->lease_s)));
}

static void log_address(struct stack *stack, const struct dhcp_client *c)
{
	event_emit(stack->port->events, EVENT_ADDR_SET, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("ip", c->lease.address), EV_U64("prefix", dhcp_prefix(c->lease.mask)),
		   EV_IF(c->lease.gateway != 0, EV_IPV4("gateway", c->lease.gateway)),
		   EV_STR("source", "DHCP"));
}

/* Conflict detection begins with the address, and again after a link was away (RFC 5227 2.1); not
 * with each renewal. */
static bool append_address(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	uint32_t mask = dhcp_mask_of(r);
	bool is_new = c->lease.address != r->yiaddr || c->lease.mask != mask;

	if (c->lease.address != 0 && c->lease.address != r->yiaddr)
		dhcp_lose_address(stack, c, "another one takes its place");
	if ((is_new || c->state == DHCP_REBOOTING) &&
	    net_set_ipv4(stack, c->netif, r->yiaddr, mask) != ERR_OK)
		return false; /* dhcp_find_fault() has seen to that */
	if (is_new)
		read_mtu(c, r);
	c->lease.address = r->yiaddr;
	c->lease.mask = mask;
	c->lease.link_local = false;
	return is_new;
}

void dhcp_bind_lease(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	bool is_new = append_address(stack, c, r);

	c->lease.server = r->server_id;
	c->last_address = r->yiaddr;
	dhcp_set_times(stack, c, r);
	read_routes(stack, c, r);
	read_names(c, r);
	log_bound(stack, c);
	if (is_new)
		log_address(stack, c);
}

void dhcp_lose_address(struct stack *stack, struct dhcp_client *c, const char *reason)
{
	event_emit(stack->port->events, EVENT_ADDR_LOST, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("ip", c->lease.address), EV_STR("reason", reason));
	net_clear_ipv4(stack, c->netif);
	c->netif->mtu = c->device_mtu;
	c->lease = dhcp_no_lease(c);
}
