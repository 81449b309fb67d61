/*
 * SPDX-License-Identifier: MIT
 *
 * The DHCP client's interfaces: for its caller (net/dhcp.h), and for the rest of the stack
 * (net/dhcp/dhcp_client.h).  What it does with what comes in stands in exchange.c.
 *
 * NOT DONE: RFC 2131 4.4.3 (INFORM, for a host that has an address already), RFC 3203 (a server that asks to be
 * asked), RFC 3118 (authentication).
 */
#include "net/dhcp/client.h"

#include "base/assert.h"
#include "base/string.h"
#include "net/dhcp/dhcp_client.h"
#include "net/ip/ipv4.h"
#include "net/link/acd.h"
#include "net/udp/udp.h"

static struct dhcp_client *find(const struct stack *stack, const struct netif *netif)
{
	struct dhcp_client *c = stack->dhcp;

	while (c != NULL && c->netif != netif)
		c = c->next;
	return c;
}

/* --- starting and stopping ---------------------------------------------------------------------- */

static void set_options(struct dhcp_client *c, const struct net_dhcp_options *options)
{
	size_t len;

	if (options == NULL)
		return;
	c->wants_link_local = options->link_local;
	c->deadline_ns = options->deadline_ns != 0 ? options->deadline_ns : TIME_NEVER;
	if (options->hostname == NULL)
		return;
	len = MIN(strlen(options->hostname), sizeof(c->own_name) - 1);
	memcpy(c->own_name, options->hostname, len);
}

static void fire(struct stack *stack, struct timer *timer, uint64_t now_ns)
{
	dhcp_step(stack, CONTAINER_OF(timer, struct dhcp_client, timer), now_ns);
}

int net_dhcp_start(struct stack *stack, struct netif *netif, const struct net_dhcp_options *options,
		   uint64_t now_ns)
{
	struct dhcp_client *c;

	ASSERT(netif->stack == stack);
	if (find(stack, netif) != NULL || netif->ipv4 != 0)
		return ERR_ALREADY;
	c = stack->port->alloc(stack->port->ctx, sizeof(*c));
	if (c == NULL)
		return ERR_NOMEM;
	memset(c, 0, sizeof(*c));
	c->next = stack->dhcp;
	c->netif = netif;
	c->link_up = netif->link_up;
	c->device_mtu = netif->mtu;
	c->asking_since_ns = now_ns;
	c->deadline_ns = TIME_NEVER;
	c->lease = dhcp_no_lease(c);
	set_options(c, options);
	timer_init(&c->timer, fire);
	stack->dhcp = c;
	dhcp_restart(stack, c, 0, now_ns);
	return ERR_OK;
}

static void destroy(struct stack *stack, struct dhcp_client *c)
{
	struct dhcp_client **link = &stack->dhcp;

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	timer_cancel(&stack->timers, &c->timer);
	c->netif->mtu = c->device_mtu;
	stack->port->free(stack->port->ctx, c, sizeof(*c));
}

void net_dhcp_stop(struct stack *stack, struct netif *netif, bool release, uint64_t now_ns)
{
	struct dhcp_client *c = find(stack, netif);

	if (c == NULL)
		return;
	if (release && dhcp_has_lease(c))
		dhcp_send_release(stack, c, now_ns);
	if (c->lease.address != 0)
		dhcp_lose_address(stack, c, release ? "released" : "the client was stopped");
	destroy(stack, c);
}

void dhcp_destroy(struct stack *stack)
{
	while (stack->dhcp != NULL)
		destroy(stack, stack->dhcp);
}

/* --- what others want to know ------------------------------------------------------------------- */

const struct net_lease *net_dhcp_lease(const struct stack *stack, const struct netif *netif)
{
	const struct dhcp_client *c = find(stack, netif);

	return c != NULL && c->lease.address != 0 ? &c->lease : NULL;
}

enum net_dhcp_reached net_dhcp_reached(const struct stack *stack, const struct netif *netif)
{
	const struct dhcp_client *c = find(stack, netif);

	return c != NULL ? (enum net_dhcp_reached)c->reached : NET_DHCP_NOTHING_SENT;
}

uint32_t net_dhcp_declines(const struct stack *stack, const struct netif *netif)
{
	const struct dhcp_client *c = find(stack, netif);

	return c != NULL ? c->declines : 0;
}

const struct refused *net_dhcp_refused(const struct stack *stack, const struct netif *netif)
{
	const struct dhcp_client *c = find(stack, netif);

	return c != NULL ? &c->refused : NULL;
}

static bool gave_address(const struct stack *stack, const struct netif *netif)
{
	const struct dhcp_client *c = find(stack, netif);

	return c != NULL && c->lease.address != 0;
}

static bool leases_address(const struct stack *stack, const struct netif *netif)
{
	const struct dhcp_client *c = find(stack, netif);

	return c != NULL && dhcp_has_lease(c);
}

/* --- what happens to it ------------------------------------------------------------------------- */

bool dhcp_has_work(const struct stack *stack)
{
	for (const struct dhcp_client *c = stack->dhcp; c != NULL; c = c->next)
		if (c->link_up != c->netif->link_up)
			return true;
	return false;
}

/* NOT DONE: a link that went and came back between two polls is not noticed. */
void dhcp_poll(struct stack *stack, uint64_t now_ns)
{
	for (struct dhcp_client *c = stack->dhcp; c != NULL; c = c->next) {
		if (c->link_up == c->netif->link_up)
			continue;
		c->link_up = c->netif->link_up;
		dhcp_link_changed(stack, c, now_ns);
	}
}

static void address_in_use(struct stack *stack, struct netif *netif, const uint8_t *mac,
			   uint64_t now_ns)
{
	struct dhcp_client *c = find(stack, netif);

	if (c->lease.link_local)
		dhcp_link_local_conflict(stack, c, now_ns);
	else
		dhcp_decline(stack, c, mac, now_ns);
}

static void address_disputed(struct stack *stack, struct netif *netif, uint64_t now_ns)
{
	dhcp_ask_disputed(stack, find(stack, netif), now_ns);
}

static bool is_asking(const struct dhcp_client *c)
{
	return c->state != DHCP_INIT && c->state != DHCP_BOUND;
}

/* RFC 2131 4.1: a server sends from port 67.  Where a server, or what changes addresses on the way, uses
 * another one the message must be an answer to us: other clients look at no more than that. */
static bool is_from_server(const struct dhcp_client *c, uint16_t src_port, const uint8_t *message,
			   size_t len)
{
	return src_port == DHCP_SERVER_PORT || dhcp_is_ours(message, len, c->xid, c->netif->mac);
}

/* RFC 2131 4.1: a client "must be prepared to receive" what is sent to the address that it does not
 * have yet. */
static bool expects(const struct stack *stack, const struct ip_facts *facts, const uint8_t *udp,
		    size_t len)
{
	const struct dhcp_client *c = find(stack, facts->netif);
	uint32_t dst = net_addr_to_ipv4(&facts->dst);

	return c != NULL && is_asking(c) && (dst == IPV4_ADDR_BROADCAST || ipv4_addr_is_host(dst)) &&
	       is_from_server(c, load_be16(udp + UDP_OFF_SRC), udp + UDP_HEADER_LEN,
			      len - UDP_HEADER_LEN);
}

/* The message must have the transaction's number or the client's hardware address, unless it ends before
 * them. */
static struct refused *awaits(struct stack *stack, const struct ip_facts *facts, const uint8_t *udp,
			      size_t len)
{
	struct dhcp_client *c = find(stack, facts->netif);
	size_t header_len = MIN(len, (size_t)UDP_HEADER_LEN);

	if (c == NULL || !is_asking(c) || len < UDP_OFF_LEN ||
	    load_be16(udp + UDP_OFF_DST) != DHCP_CLIENT_PORT ||
	    !is_from_server(c, load_be16(udp + UDP_OFF_SRC), udp + header_len, len - header_len))
		return NULL;
	if (len > UDP_HEADER_LEN &&
	    !dhcp_may_be_ours(udp + UDP_HEADER_LEN, len - UDP_HEADER_LEN, c->xid, c->netif->mac))
		return NULL;
	return &c->refused;
}

static bool input(struct stack *stack, struct pktbuf *pkt, const struct ip_facts *facts,
		  const struct udp_header *h, uint64_t now_ns)
{
	struct net_counters *count = &stack->counters;
	struct dhcp_client *c = find(stack, pkt->netif);
	const uint8_t *message = pkt->data + UDP_HEADER_LEN;
	size_t len = h->len - (size_t)UDP_HEADER_LEN;
	struct dhcp_reply reply;

	if (c == NULL || !is_from_server(c, h->src_port, message, len))
		return false;
	count->dhcp_in++;
	switch (dhcp_read(message, len, c->xid, c->netif->mac, &reply)) {
	case DHCP_NOT_OURS:
		dhcp_refuse(stack, c, &reply, reply.fault, &count->dhcp_ignored, now_ns);
		break;
	case DHCP_MALFORMED:
		dhcp_refuse(stack, c, &reply, reply.fault, &count->dhcp_malformed, now_ns);
		break;
	case DHCP_GOOD:
		reply.source = net_addr_to_ipv4(&facts->src);
		if (h->src_port != DHCP_SERVER_PORT)
			dhcp_note(&reply, 0, "it is not from a server's port (67)");
		dhcp_answer(stack, c, &reply, now_ns);
		break;
	}
	pktbuf_free(pkt);
	return true;
}

void dhcp_init(struct stack *stack)
{
	static const struct acd_source source = {
		.gave_address = gave_address,
		.leases_address = leases_address,
		.disputed = address_disputed,
		.in_use = address_in_use,
	};
	static const struct udp_service service = {
		.port = DHCP_CLIENT_PORT,
		.input = input,
		.awaits = awaits,
		.expects = expects,
	};

	stack->acd_source = &source;
	udp_register(stack, &service);
}
