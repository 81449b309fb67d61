/*
 * SPDX-License-Identifier: MIT
 *
 * Whether a DHCP server's answer is taken.  What is odd and does no harm is taken, and said: other
 * clients take it, and the network works.  Never taken is an answer to another transaction or for
 * another hardware address (message.c), and an address that no host can have.
 *
 * A message without a subnet mask is taken to mean a network of 256 addresses, or the smallest larger
 * one that its router is in and that the address can be a host's of: classes of addresses (what RFC
 * 950 would have assumed) are gone.
 * DEVIATION: RFC 2131 table 3: an OFFER or ACK MUST have a server identifier, and a lease time.  Without
 * the first an ACK is the server's that was asked, and an OFFER its packet's sender's; without the second
 * the lease is as long as was offered, or as the last one, or else an hour.
 * DEVIATION: RFC 2131 4.4.1 has us hear the server that we have chosen; its ACK may name another one,
 * with another address (a pair of servers that share their leases).  A NAK may not.
 */
#include "net/dhcp/client.h"

#include "net/dhcp/options.h"

#define MASK_DEFAULT UINT32_C(0xffffff00)
#define MASK_WIDEST UINT32_C(0xff000000) /* of those that are guessed */
#define LEASE_DEFAULT_S 3600u

/* As many at once, and then one each second: a flood does not fill the log. */
#define REFUSALS_SAID 256u

/* --- is it what we wait for ---------------------------------------------------------------------- */

/* A NAK takes away what we have or were promised: only who promised it may say that, or where we have
 * asked by broadcast a server that identifies itself. */
static const char *nak_not_awaited(const struct dhcp_client *c, const struct dhcp_reply *r)
{
	uint32_t asked = c->state == DHCP_REQUESTING ? c->server : c->lease.server;

	if (!ipv4_addr_is_host(r->server_id))
		return "it does not say which server it is from";
	if ((c->state == DHCP_REQUESTING || c->state == DHCP_RENEWING) && r->server_id != asked)
		return "it is not from the server that was asked";
	return NULL;
}

const char *dhcp_not_awaited(const struct dhcp_client *c, const struct dhcp_reply *r)
{
	if (c->state == DHCP_INIT || c->state == DHCP_BOUND)
		return "nothing is asked now";
	if (c->state == DHCP_SELECTING)
		return r->type == DHCP_OFFER ? NULL : "an OFFER is awaited";
	if (r->type == DHCP_OFFER)
		return c->state == DHCP_REQUESTING ? "another offer was there first"
						   : "an ACK is awaited";
	return r->type == DHCP_NAK ? nak_not_awaited(c, r) : NULL;
}

/* --- what it lacks -------------------------------------------------------------------------------- */

/* What was sent and is not understood is not what was not sent: it is noted already. */
static void note_lack(struct dhcp_reply *r, uint8_t option, const char *absent, const char *not_understood)
{
	dhcp_note(r, option, dhcp_is_noted(r, option) ? not_understood : absent);
}

static void complete_server(const struct dhcp_client *c, struct dhcp_reply *r)
{
	uint32_t asked = c->state == DHCP_REQUESTING ? c->server : c->lease.server;

	if (r->type == DHCP_OFFER) {
		if (ipv4_addr_is_host(r->server_id) || !ipv4_addr_is_host(r->source))
			return;
		r->server_id = r->source;
		note_lack(r, DHCP_OPT_SERVER_ID, "it names no server, so the packet's sender counts",
			  "the packet's sender counts");
	} else if (!ipv4_addr_is_host(r->server_id)) {
		r->server_id = asked;
		note_lack(r, DHCP_OPT_SERVER_ID, "it names no server, so the one that was asked counts",
			  "the server that was asked counts");
	} else if (r->server_id != asked && (c->state == DHCP_REQUESTING || c->state == DHCP_RENEWING)) {
		dhcp_note(r, DHCP_OPT_SERVER_ID, "it names another server than was asked");
	}
}

/* With a lease, some servers leave it at the address that we have said is ours. */
static void complete_address(const struct dhcp_client *c, struct dhcp_reply *r)
{
	if (r->yiaddr == 0 && dhcp_has_lease(c) && r->ciaddr == c->lease.address)
		r->yiaddr = r->ciaddr;
	if (r->yiaddr != c->offered)
		dhcp_note(r, 0, "it gives another address than was asked for");
}

static void complete_mask(const struct dhcp_client *c, struct dhcp_reply *r)
{
	uint32_t known = c->state == DHCP_REQUESTING ? c->offered_mask : c->lease.mask;

	if (r->mask != 0 || known == 0 || r->yiaddr != c->offered)
		return;
	r->mask = known;
	note_lack(r, DHCP_OPT_MASK, "there is no mask, so the one that we know counts",
		  "the mask that we know counts");
}

static void complete_lease(const struct dhcp_client *c, struct dhcp_reply *r)
{
	uint32_t known = c->state == DHCP_REQUESTING ? c->offered_lease_s : c->lease.lease_s;

	if (r->has_lease)
		return;
	r->has_lease = true;
	r->lease_s = known != 0 ? known : LEASE_DEFAULT_S;
	if (known != 0)
		note_lack(r, DHCP_OPT_LEASE, "there is no lease time, so the one that we know counts",
			  "the lease time that we know counts");
	else
		note_lack(r, DHCP_OPT_LEASE, "there is no lease time, so it is an hour", "it is an hour");
}

/* Numbers that are understood, and that no host can live by. */
static void note_values(const struct dhcp_client *c, struct dhcp_reply *r)
{
	if (r->mtu != 0 && !dhcp_can_use_mtu(c, r->mtu))
		dhcp_note(r, DHCP_OPT_MTU, r->mtu > c->device_mtu
						   ? "it is larger than the device's, which counts"
						   : "it is smaller than 576, so the device's counts");
	if (!dhcp_times_make_sense(r))
		dhcp_note(r, DHCP_OPT_T1, "T1, T2 and the lease do not go together, so its usual parts count");
}

void dhcp_complete(const struct dhcp_client *c, struct dhcp_reply *r)
{
	complete_server(c, r);
	if (r->type != DHCP_ACK)
		return;
	complete_address(c, r);
	complete_mask(c, r);
	complete_lease(c, r);
	note_values(c, r);
}

/* --- is it sound ---------------------------------------------------------------------------------- */

static uint32_t guess_mask(const struct dhcp_reply *r)
{
	uint32_t mask = MASK_DEFAULT;

	if (r->n_routers > 0 && ((r->routers[0] ^ r->yiaddr) & MASK_WIDEST) == 0)
		while (((r->routers[0] ^ r->yiaddr) & mask) != 0)
			mask <<= 1;
	while (mask != MASK_WIDEST && !ipv4_is_address_of_host(r->yiaddr, mask))
		mask <<= 1;
	return mask;
}

uint32_t dhcp_mask_of(const struct dhcp_reply *r)
{
	return r->mask != 0 ? r->mask : guess_mask(r);
}

const char *dhcp_find_fault(const struct dhcp_reply *r)
{
	if (!ipv4_addr_is_host(r->server_id))
		return "it does not say which server it is from";
	if (!ipv4_addr_is_host(r->yiaddr))
		return "the address is not one of a host";
	if (!ipv4_is_address_of_host(r->yiaddr, dhcp_mask_of(r)))
		return "the address and the mask do not go together";
	if (r->server_id == r->yiaddr)
		return "the address is the server's own";
	if (r->has_lease && r->lease_s == 0)
		return "the lease is over already";
	return NULL;
}

/* --- saying so ------------------------------------------------------------------------------------ */

static const char *name_of(const struct dhcp_reply *r)
{
	switch (r->type) {
	case DHCP_OFFER: return "the OFFER";
	case DHCP_ACK: return "the ACK";
	case DHCP_NAK: return "the NAK";
	default: return "a message";
	}
}

void dhcp_refuse(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r,
		 const char *why, uint64_t *counter, uint64_t now_ns)
{
	++*counter;
	if (why == NULL) /* for another client */
		return;
	if (c->state != DHCP_INIT && c->state != DHCP_BOUND &&
	    (r->type != DHCP_OFFER || c->state == DHCP_SELECTING))
		refused_add(&c->refused, REFUSED_WITH(why, REFUSED_FAULT, 0));
	if (rate_take(&c->refusals_said, NS_PER_S, REFUSALS_SAID, now_ns))
		event_emit(stack->port->events, EVENT_DHCP_REFUSED, 0, 0,
			   EV_STR("name", c->netif->name), EV_STR("what", name_of(r)),
			   EV_IPV4("ip", r->yiaddr),
			   EV_IF(r->server_id != 0, EV_IPV4("server", r->server_id)),
			   EV_STR("problem", why));
}

void dhcp_log_oddities(struct stack *stack, const struct dhcp_client *c, const struct dhcp_reply *r)
{
	for (unsigned i = 0; i < r->n_oddities; i++) {
		const struct dhcp_oddity *odd = &r->oddities[i];
		bool names = odd->option == r->rest_option && odd->option != 0;
		const char *text = names ? r->search.rest : "";

		event_emit(stack->port->events, EVENT_DHCP_ODD, 0, 0, EV_STR("name", c->netif->name),
			   EV_STR("what", name_of(r)), EV_IPV4("server", r->server_id),
			   EV_IF(odd->option != 0, EV_U64("option", odd->option)),
			   EV_STR("problem", odd->problem), EV_IF(text[0] != '\0', EV_STR("text", text)));
	}
}
