/*
 * SPDX-License-Identifier: MIT
 *
 * The DHCP client's messages (RFC 2131 4.4.1, table 5): what stands in each of them in which state,
 * and whom it goes to.  An event says that a message was sent once the device has it.
 *
 * The broadcast flag is never set: this stack takes what is sent to the address it is about to get.
 */
#include "net/dhcp/client.h"
#include "net/udp/udp.h"

#include "base/string.h"

#define MAX_SIZE_LEAST 576u /* RFC 2132 9.10 */

static struct dhcp_request message(const struct dhcp_client *c, enum dhcp_type type)
{
	struct dhcp_request r = {
		.type = type,
		.xid = c->xid,
		.secs = c->secs,
		.hostname = c->own_name,
		.max_size = MAX(c->netif->mtu, (uint16_t)MAX_SIZE_LEAST),
	};

	memcpy(r.mac, c->netif->mac, sizeof(r.mac));
	return r;
}

static uint16_t secs_since(const struct dhcp_client *c, uint64_t now_ns)
{
	return (uint16_t)MIN((now_ns - c->began_ns) / NS_PER_S, (uint64_t)UINT16_MAX);
}

static int note_sent(struct stack *stack, struct dhcp_client *c, int err)
{
	c->send_error = err;
	if (err == ERR_OK)
		stack->counters.dhcp_out++;
	return err;
}

/* By broadcast, from `src`. */
static int broadcast(struct stack *stack, struct dhcp_client *c, const struct dhcp_request *r,
		     uint32_t src, uint64_t now_ns)
{
	const struct udp_flow flow = {
		.netif = c->netif,
		.src = net_endpoint_ipv4(src, DHCP_CLIENT_PORT),
		.dst = net_endpoint_ipv4(IPV4_ADDR_BROADCAST, DHCP_SERVER_PORT),
	};
	uint8_t buf[DHCP_MESSAGE_MAX];
	size_t len = dhcp_write(buf, r);

	return note_sent(stack, c, udp_send_on_link(stack, &flow, buf, len, now_ns));
}

/* To the server of the lease, from its address. */
static int unicast(struct stack *stack, struct dhcp_client *c, const struct dhcp_request *r,
		   uint64_t now_ns)
{
	const struct udp_pcb from = {
		.local = net_endpoint_ipv4(c->lease.address, DHCP_CLIENT_PORT),
	};
	const struct net_endpoint server = net_endpoint_ipv4(c->lease.server, DHCP_SERVER_PORT);
	uint8_t buf[DHCP_MESSAGE_MAX];
	size_t len = dhcp_write(buf, r);

	return note_sent(stack, c, udp_send(stack, &from, buf, len, &server, now_ns));
}

/* The address we had may be asked for again (4.4.1: 'requested IP address' MAY). */
void dhcp_send_discover(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	struct dhcp_request r;

	c->secs = secs_since(c, now_ns);
	r = message(c, DHCP_DISCOVER);
	r.requested_ip = c->last_address;
	c->attempt++;
	if (broadcast(stack, c, &r, 0, now_ns) != ERR_OK)
		return;
	c->discovers++;
	c->reached = MAX(c->reached, (uint8_t)NET_DHCP_NO_OFFER);
	event_emit(stack->port->events, EVENT_DHCP_DISCOVER, 0, 0, EV_STR("name", c->netif->name),
		   EV_POINTER("xid", c->xid),
		   EV_IF(c->last_address != 0, EV_IPV4("ip", c->last_address)),
		   EV_IF(c->attempt > 1, EV_U64("attempt", c->attempt)));
}

static const char *why(const struct dhcp_client *c)
{
	if (c->disputed)
		return "somebody else claims it";
	switch (c->state) {
	case DHCP_RENEWING: return "renewing";
	case DHCP_REBINDING: return "rebinding";
	case DHCP_REBOOTING: return "the link was away";
	default: return "it was offered";
	}
}

static void log_request(struct stack *stack, const struct dhcp_client *c, uint32_t server)
{
	event_emit(stack->port->events, EVENT_DHCP_REQUEST, 0, 0, EV_STR("name", c->netif->name),
		   EV_POINTER("xid", c->xid), EV_IPV4("ip", c->offered),
		   EV_IF(server != 0, EV_IPV4("server", server)), EV_STR("reason", why(c)),
		   EV_IF(c->attempt > 1, EV_U64("attempt", c->attempt)));
}

/* Table 5, by state.  4.4.1: in REQUESTING `secs` is the DISCOVER's, else it goes on. */
void dhcp_send_request(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	bool has_address = c->state == DHCP_RENEWING || c->state == DHCP_REBINDING;
	uint32_t server = c->state == DHCP_REQUESTING ? c->server : 0;
	struct dhcp_request r;
	int err;

	if (c->state != DHCP_REQUESTING)
		c->secs = secs_since(c, now_ns);
	r = message(c, DHCP_REQUEST);
	r.server_id = server;
	r.requested_ip = has_address ? 0 : c->offered;
	r.ciaddr = has_address ? c->offered : 0;
	c->attempt++;
	if (c->state == DHCP_RENEWING)
		err = unicast(stack, c, &r, now_ns);
	else
		err = broadcast(stack, c, &r, r.ciaddr, now_ns);
	if (err != ERR_OK)
		return;
	c->requests++;
	log_request(stack, c, c->state == DHCP_RENEWING ? c->lease.server : server);
}

/* 4.4.4: broadcast, and from no address: it is not ours. */
void dhcp_send_decline(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	struct dhcp_request r = message(c, DHCP_DECLINE);

	r.secs = 0;
	r.requested_ip = c->lease.address;
	r.server_id = c->lease.server;
	r.text = "somebody else has it"; /* table 5: SHOULD */
	if (broadcast(stack, c, &r, 0, now_ns) == ERR_OK)
		event_emit(stack->port->events, EVENT_DHCP_DECLINE, 0, 0,
			   EV_STR("name", c->netif->name), EV_IPV4("ip", r.requested_ip),
			   EV_IPV4("server", r.server_id), EV_MAC("mac", c->other_mac));
}

/* 4.4.6: unicast.  NOT DONE: where the server's link address is not known it is not waited for: the
 * message is lost with the address, and the lease runs out by itself. */
void dhcp_send_release(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	struct dhcp_request r = message(c, DHCP_RELEASE);

	r.secs = 0;
	r.ciaddr = c->lease.address;
	r.server_id = c->lease.server;
	r.text = "not needed any more";
	if (unicast(stack, c, &r, now_ns) == ERR_OK)
		event_emit(stack->port->events, EVENT_DHCP_RELEASE, 0, 0,
			   EV_STR("name", c->netif->name), EV_IPV4("ip", r.ciaddr),
			   EV_IPV4("server", r.server_id));
}
