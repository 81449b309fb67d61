/*
 * SPDX-License-Identifier: MIT
 *
 * Which server's offer is taken.  One whose offer has come to nothing, because it did not acknowledge
 * the REQUEST or refused it, is put last: its next offer is held, and taken only where no other server
 * makes one.  Where all are last, the one that has failed the longest ago is the next.  With a lease
 * all is forgotten.
 */
#include "net/dhcp/client.h"

/* 0: fresh; of the others the least is the best. */
static unsigned rank(const struct dhcp_client *c, uint32_t server)
{
	for (unsigned i = 0; i < c->n_last; i++)
		if (c->append_last[i] == server)
			return i + 1;
	return 0;
}

bool dhcp_is_fresh(const struct dhcp_client *c, uint32_t server)
{
	return rank(c, server) == 0;
}

static void remove_choice(struct dhcp_client *c, unsigned i)
{
	c->n_last--;
	for (; i < c->n_last; i++)
		c->append_last[i] = c->append_last[i + 1];
}

bool dhcp_put_last(struct dhcp_client *c, uint32_t server)
{
	unsigned was = rank(c, server);

	if (was > 0)
		remove_choice(c, was - 1);
	else if (c->n_last == DHCP_LAST_MAX)
		remove_choice(c, 0);
	c->append_last[c->n_last++] = server;
	return was == 0;
}

bool dhcp_hold(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r)
{
	if (dhcp_is_fresh(c, r->server_id))
		return false;
	if (c->held.server != 0 && rank(c, c->held.server) < rank(c, r->server_id))
		return true;
	if (c->held.server != r->server_id)
		event_emit(stack->port->events, EVENT_DHCP_HELD, 0, 0, EV_STR("name", c->netif->name),
			   EV_IPV4("server", r->server_id), EV_IPV4("ip", r->yiaddr));
	c->held.server = r->server_id;
	c->held.address = r->yiaddr;
	c->held.mask = r->mask;
	c->held.lease_s = r->lease_s;
	return true;
}
