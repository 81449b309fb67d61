/*
 * SPDX-License-Identifier: MIT
 *
 * An address without a server (RFC 3927), for who asked for it: when some DISCOVERs have brought no
 * offer, or a server does not give what it has offered, one of 169.254/16 is taken, and the client
 * goes on asking beside it.  Its first choice is
 * always the same for a MAC address; conflict detection (net/link/acd.c) says when it needs another.
 *
 * DEVIATION: RFC 3927 1.9 would keep the address for connections that use it when a server gives
 * another; an interface has one address here, and they end.
 * NOT DONE: RFC 3927 2.6.2, destinations in 169.254/16 sent to the link when our address is another:
 * they go where the routes say, which is what clouds count on.
 */
#include "net/dhcp/client.h"

#include "base/string.h"
#include "net/siphash.h"
#include "net/wire/ipv4.h"

#define MASK UINT32_C(0xffff0000)
/* RFC 3927 2.1: 169.254.1.0 to 169.254.254.255; the first and last 256 are reserved. */
#define FIRST (IPV4_LINK_LOCAL_NET + 256u)
#define COUNT (254u * 256u)
/* RFC 3927 9 */
#define MAX_CONFLICTS 10u
#define RATE_LIMIT_INTERVAL_NS (60 * NS_PER_S)

/* RFC 3927 2.1: pseudo-random, seeded from the MAC address, so that it is likely the same again. */
static uint32_t choose(const struct dhcp_client *c)
{
	static const uint8_t key[16] = "RFC 3927, 2.1";
	uint8_t bytes[10];

	memcpy(bytes, c->netif->mac, 6);
	store_be32(bytes + 6, c->link_local.conflicts);
	return FIRST + (uint32_t)(siphash(key, bytes, sizeof(bytes)) % COUNT);
}

void dhcp_link_local_try(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	uint32_t address = choose(c);

	if (!c->wants_link_local || c->lease.address != 0 ||
	    now_ns < c->link_local.not_before_ns ||
	    net_set_ipv4(stack, c->netif, address, MASK) != ERR_OK)
		return;
	c->lease = dhcp_no_lease(c);
	c->lease.address = address;
	c->lease.mask = MASK;
	c->lease.lease_s = c->lease.t1_s = c->lease.t2_s = UINT32_MAX;
	c->lease.link_local = true;
	c->domain[0] = c->search[0] = c->hostname[0] = '\0';
	event_emit(stack->port->events, EVENT_DHCP_LINK_LOCAL, 0, 0,
		   EV_STR("name", c->netif->name), EV_IPV4("ip", address));
	event_emit(stack->port->events, EVENT_ADDR_SET, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("ip", address), EV_U64("prefix", dhcp_prefix(MASK)),
		   EV_STR("source", "link-local"));
}

/* 2.2.1: another one at once; after many conflicts one a minute. */
void dhcp_link_local_conflict(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	dhcp_lose_address(stack, c, "somebody else has it");
	if (++c->link_local.conflicts >= MAX_CONFLICTS)
		c->link_local.not_before_ns = now_ns + RATE_LIMIT_INTERVAL_NS;
	dhcp_link_local_try(stack, c, now_ns);
}
