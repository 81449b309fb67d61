/*
 * SPDX-License-Identifier: MIT
 *
 * What a DHCP server gives: whether a host can live with it, and onto the interface with it.
 *
 * A message without a subnet mask is taken to mean a network of 256 addresses, or the smallest larger
 * one that its router is in: classes of addresses (what RFC 950 would have assumed) are gone.
 * DEVIATION: RFC 2132 3.5 has several routers tried in turn; the first one that is on the link is taken.
 * NOT DONE: an MTU that is changed while the address stays is obeyed with the next address: connections
 * have chosen their segments.
 */
#include "net/dhcp/client.h"

#include "base/strbuf.h"
#include "base/string.h"

#define MASK_DEFAULT UINT32_C(0xffffff00)
#define MASK_WIDEST UINT32_C(0xff000000) /* of those that are guessed */
#define MTU_LEAST 576u /* what every host takes (RFC 1122 3.3.3); smaller ones only cost */
#define DNS_TEXT_MAX (NET_LEASE_DNS_MAX * 16u)

/* --- judging ------------------------------------------------------------------------------------- */

static uint32_t guess_mask(const struct dhcp_reply *r)
{
	uint32_t mask = MASK_DEFAULT;

	if (r->n_routers == 0)
		return mask;
	while (((r->routers[0] ^ r->yiaddr) & mask) != 0 && mask != MASK_WIDEST)
		mask <<= 1;
	return mask;
}

static uint32_t mask_of(const struct dhcp_reply *r)
{
	return r->mask != 0 ? r->mask : guess_mask(r);
}

const char *dhcp_find_fault(const struct dhcp_reply *r)
{
	if (!ipv4_addr_is_host(r->server_id))
		return "it does not say which server it is from"; /* RFC 2131 table 3: MUST */
	if (!ipv4_addr_is_host(r->yiaddr))
		return "the address is not one of a host";
	if (!ipv4_is_address_of_host(r->yiaddr, mask_of(r)))
		return "the address and the mask do not go together";
	if (r->server_id == r->yiaddr)
		return "the address is the server's own";
	/* An OFFER without a lease time may be forgiven: the ACK counts. */
	if (r->type == DHCP_ACK && !r->has_lease)
		return "there is no lease time";
	if (r->has_lease && r->lease_s == 0)
		return "the lease is over already";
	return NULL;
}

/* --- onto the interface -------------------------------------------------------------------------- */

static void say_unusable(struct stack *stack, const struct dhcp_client *c, const char *problem,
			 uint32_t ip)
{
	event_emit(stack->port->events, EVENT_DHCP_UNUSABLE, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("server", c->lease.server), EV_STR("problem", problem), EV_IPV4("ip", ip));
}

/* With a mask of 32 bits nothing is on the link, so a router must be, whatever the mask says. */
static void put_on_link(struct stack *stack, const struct dhcp_client *c, uint32_t router)
{
	if (c->lease.mask == UINT32_MAX && ipv4_addr_is_host(router) && router != c->lease.address &&
	    !ipv4_is_on_link(stack, c->netif, router))
		(void)!net_add_route(stack, c->netif, router, UINT32_MAX, 0);
}

static void take_route(struct stack *stack, struct dhcp_client *c, const struct dhcp_route *route)
{
	put_on_link(stack, c, route->router);
	if (net_add_route(stack, c->netif, route->dst, route->mask, route->router) != ERR_OK) {
		say_unusable(stack, c, "the router of a route is not on the link", route->router);
		return;
	}
	c->lease.n_routes++;
	if (route->mask == 0)
		c->lease.gateway = route->router;
}

/* RFC 3442: they stand for option 3 as well.  Those to the link itself go first, since routers may
 * be among their destinations. */
static void take_classless(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	for (unsigned i = 0; i < r->n_routes; i++)
		if (r->routes[i].router == 0)
			take_route(stack, c, &r->routes[i]);
	for (unsigned i = 0; i < r->n_routes; i++)
		if (r->routes[i].router != 0)
			take_route(stack, c, &r->routes[i]);
}

static bool take_router(struct stack *stack, struct dhcp_client *c, uint32_t router)
{
	put_on_link(stack, c, router);
	if (net_set_gateway(stack, c->netif, router) != ERR_OK)
		return false;
	c->lease.gateway = router;
	return true;
}

static void take_routers(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	for (unsigned i = 0; i < r->n_routers; i++)
		if (take_router(stack, c, r->routers[i]))
			return;
	if (r->n_routers > 0)
		say_unusable(stack, c, "the router is not on the link", r->routers[0]);
}

static void take_routes(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	ipv4_clear_routes(stack, c->netif);
	c->lease.gateway = 0;
	c->lease.n_routes = 0;
	if (r->has_routes)
		take_classless(stack, c, r);
	else
		take_routers(stack, c, r);
}

static void take_mtu(struct dhcp_client *c, const struct dhcp_reply *r)
{
	c->lease.mtu = r->mtu >= MTU_LEAST && r->mtu <= c->device_mtu ? r->mtu : 0;
	c->netif->mtu = c->lease.mtu != 0 ? c->lease.mtu : c->device_mtu;
}

/* --- into the lease ------------------------------------------------------------------------------ */

static void take_names(struct dhcp_client *c, const struct dhcp_reply *r)
{
	c->lease.n_dns = r->n_dns;
	memcpy(c->lease.dns, r->dns, sizeof(c->lease.dns));
	memcpy(c->domain, r->domain, sizeof(c->domain));
	memcpy(c->hostname, r->hostname, sizeof(c->hostname));
}

static void say_taken(struct stack *stack, const struct dhcp_client *c)
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
		   EV_IF(c->hostname[0] != '\0', EV_STR("hostname", c->hostname)),
		   EV_IF(l->mtu != 0, EV_U64("mtu", l->mtu)),
		   EV_IF(l->lease_s != UINT32_MAX, EV_U64("lease_s", l->lease_s)));
}

static void say_address(struct stack *stack, const struct dhcp_client *c)
{
	event_emit(stack->port->events, EVENT_ADDR_SET, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("ip", c->lease.address), EV_U64("prefix", dhcp_prefix(c->lease.mask)),
		   EV_IF(c->lease.gateway != 0, EV_IPV4("gateway", c->lease.gateway)),
		   EV_STR("source", "DHCP"));
}

/* Conflict detection begins with the address, and again after a link was away (RFC 5227 2.1); not
 * with each renewal. */
static bool put_address(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	uint32_t mask = mask_of(r);
	bool is_new = c->lease.address != r->yiaddr || c->lease.mask != mask;

	if (c->lease.address != 0 && c->lease.address != r->yiaddr)
		dhcp_lose_address(stack, c, "another one takes its place");
	if ((is_new || c->state == DHCP_REBOOTING) &&
	    net_set_ipv4(stack, c->netif, r->yiaddr, mask) != ERR_OK)
		return false; /* dhcp_find_fault() has seen to that */
	if (is_new)
		take_mtu(c, r);
	c->lease.address = r->yiaddr;
	c->lease.mask = mask;
	c->lease.link_local = false;
	return is_new;
}

void dhcp_take_lease(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	bool is_new = put_address(stack, c, r);

	c->lease.server = r->server_id;
	c->last_address = r->yiaddr;
	dhcp_set_times(stack, c, r);
	take_routes(stack, c, r);
	take_names(c, r);
	say_taken(stack, c);
	if (is_new)
		say_address(stack, c);
}

void dhcp_lose_address(struct stack *stack, struct dhcp_client *c, const char *reason)
{
	event_emit(stack->port->events, EVENT_ADDR_LOST, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("ip", c->lease.address), EV_STR("reason", reason));
	net_clear_ipv4(stack, c->netif);
	c->netif->mtu = c->device_mtu;
	c->lease = (struct net_lease){.domain = c->domain, .hostname = c->hostname};
}
