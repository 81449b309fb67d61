/*
 * SPDX-License-Identifier: MIT
 *
 * The states of a DHCP client and what moves it from one to another (RFC 2131 4.4, figure 5).
 *
 * DEVIATION: RFC 2131 4.4.1 has a host wait one to ten seconds before its first DISCOVER, so that many
 * that get power together do not ask together; here it leaves at once, since a run of this machine is
 * short.  Everything behind it is spread (times.c).
 * DEVIATION: RFC 2131 3.1 (3) collects offers for a while; the first good one is taken.
 * DEVIATION: RFC 2131 3.1 (5) asks the server whose offer was chosen four times before it begins anew.
 * Two have to do in three seconds, as long as we do not know that there is no other server: one that
 * offers and does not acknowledge must not keep us from one that does.  It is put last (choice.c), and
 * asked until the timeout where no other server offers.
 * DEVIATION: RFC 2131 4.4.1 (and RFC 5227 2.1.1): the address is used from its ACK on, and whether
 * another host has it is found out beside that (net/link/acd.c).
 */
#include "net/dhcp/client.h"

#include "base/string.h"

#define REQUESTS_MAX 4u /* RFC 2131 3.1 (5): "might retransmit ... four times"; here about 15 s */
#define FRESH_REQUESTS 2u /* to a server that has not kept us waiting yet, in: */
#define FRESH_PATIENCE_NS (3 * NS_PER_S)
#define HOLD_DISCOVERS 2u /* so many, without another server's offer, before one that was put last is taken */
#define DISCOVERS_BEFORE_LINK_LOCAL 3u /* without an offer: about seven seconds */
#define HELD_SAID 8u /* offers that wait and are said, at once; then one each second */
#define REBOOTS_MAX 3u  /* after a link was away; then the lease is used as it is: 3.2 (3) */
#define FIRST_DECLINE_WAIT_NS (1 * NS_PER_S)
#define DISPUTE_WAIT_NS (10 * NS_PER_S) /* for an answer: RFC 5227's DEFEND_INTERVAL */
#define DISPUTE_ASKS_MAX 3u /* in that time: a message can be lost */
#define DECLINE_WAIT_NS (10 * NS_PER_S) /* RFC 2131 3.1 (5) */

static void new_exchange(struct stack *stack, struct dhcp_client *c, enum dhcp_state state)
{
	c->state = state;
	c->attempt = 0;
	stack->port->random(stack->port->ctx, &c->xid, sizeof(c->xid));
}

/* The furthest counts as long as there is no address; with one everything is reported. */
static void reach(struct dhcp_client *c, enum net_dhcp_reached what, uint32_t server, uint32_t about)
{
	if (c->reached != NET_DHCP_BOUND && what < c->reached)
		return;
	c->reached = (uint8_t)what;
	c->about = about;
	c->about_server = server;
}

static void wait(struct stack *stack, struct dhcp_client *c, uint64_t until_ns)
{
	timer_set(&stack->timers, &c->timer, until_ns);
}

/* --- from the beginning -------------------------------------------------------------------------- */

/* Without a link nothing is waited for but the link. */
void dhcp_restart(struct stack *stack, struct dhcp_client *c, uint64_t wait_ns, uint64_t now_ns)
{
	c->state = DHCP_INIT;
	c->began_ns = TIME_NEVER;
	c->dispute_until_ns = 0;
	wait(stack, c, c->link_up ? now_ns + wait_ns : TIME_NEVER);
}

static void discover(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	dhcp_send_discover(stack, c, now_ns);
	c->discovered_ns = now_ns;
	wait(stack, c, dhcp_next_discover(stack, c, now_ns));
}

static void select(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	new_exchange(stack, c, DHCP_SELECTING);
	if (c->began_ns == TIME_NEVER)
		c->began_ns = now_ns;
	c->last_discover_ns = dhcp_last_discover(stack, c, now_ns);
	c->held.server = 0;
	discover(stack, c, now_ns);
}

/* The lease counts from the first REQUEST that the ACK may be an answer to (4.4.1). */
static void request(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	if (c->attempt == 0)
		c->request_ns = now_ns;
	dhcp_send_request(stack, c, now_ns);
	wait(stack, c, now_ns + dhcp_backoff(stack, c->attempt));
}

static void begin_requesting(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	c->state = DHCP_REQUESTING; /* with the same xid: 4.4.1 */
	c->attempt = 0;
	request(stack, c, now_ns);
}

/* `keeps`: the lease is not over. */
static void log_no_ack(struct stack *stack, struct dhcp_client *c, uint32_t server, bool keeps)
{
	char why[REFUSED_TEXT_MAX];
	bool any = c->refused.count > 0;

	event_emit(stack->port->events, EVENT_DHCP_NO_ACK, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("server", server), EV_IPV4("ip", c->offered),
		   EV_U64("attempts", c->attempt), EV_BOOL("keeps", keeps),
		   EV_IF(any, EV_U64("refused", c->refused.count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, &c->refused))));
}

/* Two chances for a server that we know nothing about. */
static void request_again(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	bool fresh = dhcp_is_fresh(c, c->server);

	if (c->attempt < (fresh ? FRESH_REQUESTS : REQUESTS_MAX)) {
		request(stack, c, now_ns);
		if (fresh && c->attempt == FRESH_REQUESTS)
			wait(stack, c, MAX(now_ns, c->request_ns + FRESH_PATIENCE_NS));
		return;
	}
	log_no_ack(stack, c, c->server, false);
	if (!fresh)
		dhcp_link_local_try(stack, c, now_ns);
	(void)dhcp_put_last(c, c->server);
	select(stack, c, now_ns);
}

/* No other server has offered anything: the server that was put last has another chance. */
static void release_held(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	c->server = c->held.server;
	c->offered = c->held.address;
	c->offered_mask = c->held.mask;
	c->offered_lease_s = c->held.lease_s;
	begin_requesting(stack, c, now_ns);
}

static void discover_again(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	if (c->held.server != 0 && c->attempt >= HOLD_DISCOVERS) {
		release_held(stack, c, now_ns);
		return;
	}
	if (c->attempt >= DISCOVERS_BEFORE_LINK_LOCAL)
		dhcp_link_local_try(stack, c, now_ns);
	discover(stack, c, now_ns);
}

/* --- while the lease runs ------------------------------------------------------------------------ */

static void expire(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	char why[REFUSED_TEXT_MAX];
	bool any = c->refused.count > 0;

	event_emit(stack->port->events, EVENT_DHCP_EXPIRED, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("ip", c->lease.address), EV_IPV4("server", c->lease.server),
		   EV_IF(any, EV_U64("refused", c->refused.count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, &c->refused))));
	dhcp_lose_address(stack, c, "its lease is over");
	c->reached = NET_DHCP_NOTHING_SENT;
	c->discovers = c->requests = 0;
	c->refused = (struct refused){0};
	c->asking_since_ns = now_ns;
	dhcp_restart(stack, c, 0, now_ns);
}

/* Each of these REQUESTs has an xid of its own (4.1 lets the client choose), so that the lease counts
 * from the one that is answered.  What they ask for ends at `until_ns`. */
static void ask_to_keep(struct stack *stack, struct dhcp_client *c, enum dhcp_state state,
			uint64_t until_ns, uint64_t now_ns)
{
	uint32_t attempt = c->state == state ? c->attempt : 0;

	if (c->state == DHCP_BOUND || c->state == DHCP_REBOOTING)
		c->began_ns = now_ns;
	new_exchange(stack, c, state);
	c->attempt = attempt;
	c->offered = c->lease.address;
	c->request_ns = now_ns;
	dhcp_send_request(stack, c, now_ns);
	wait(stack, c, now_ns + dhcp_renew_wait(stack, c, until_ns - now_ns));
}

/* Sooner than a renewal that has its time: the claimant may not claim the address a second time. */
static void ask_again_disputed(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	bool rebinds = now_ns >= c->t2_ns;
	uint64_t end_ns = MIN(c->dispute_until_ns, rebinds ? c->expires_ns : c->t2_ns);

	c->disputed = true;
	ask_to_keep(stack, c, rebinds ? DHCP_REBINDING : DHCP_RENEWING, end_ns, now_ns);
	c->disputed = false;
	c->dispute_asks++;
	if (c->dispute_asks < DISPUTE_ASKS_MAX)
		end_ns = MIN(now_ns + dhcp_backoff(stack, c->dispute_asks), end_ns);
	wait(stack, c, end_ns);
}

/* 4.4.5, by the clock. */
static void follow_lease(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	if (now_ns >= c->expires_ns) {
		expire(stack, c, now_ns);
	} else if (!c->link_up) {
		c->state = DHCP_BOUND;
		wait(stack, c, c->expires_ns);
	} else if (now_ns < c->dispute_until_ns) {
		ask_again_disputed(stack, c, now_ns);
	} else if (now_ns >= c->t2_ns) {
		ask_to_keep(stack, c, DHCP_REBINDING, c->expires_ns, now_ns);
	} else if (now_ns >= c->t1_ns) {
		ask_to_keep(stack, c, DHCP_RENEWING, c->t2_ns, now_ns);
	} else {
		c->state = DHCP_BOUND;
		wait(stack, c, c->t1_ns);
	}
}

/* 3.2: is the address still good where we are now?  The lease may end meanwhile. */
static void reboot(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	request(stack, c, now_ns);
	wait(stack, c, MIN(c->timer.deadline_ns, c->expires_ns));
}

static void begin_reboot(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	new_exchange(stack, c, DHCP_REBOOTING);
	c->began_ns = now_ns;
	c->offered = c->lease.address;
	reboot(stack, c, now_ns);
}

/* 3.2 (3): no server answers, and the address may be used for the rest of its lease. */
static void reboot_again(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	if (c->attempt < REBOOTS_MAX && now_ns < c->expires_ns) {
		reboot(stack, c, now_ns);
		return;
	}
	log_no_ack(stack, c, c->lease.server, now_ns < c->expires_ns);
	follow_lease(stack, c, now_ns);
}

/* --- the clock, the link ------------------------------------------------------------------------- */

void dhcp_step(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	switch (c->state) {
	case DHCP_INIT:
		select(stack, c, now_ns);
		break;
	case DHCP_SELECTING:
		discover_again(stack, c, now_ns);
		break;
	case DHCP_REQUESTING:
		request_again(stack, c, now_ns);
		break;
	case DHCP_REBOOTING:
		reboot_again(stack, c, now_ns);
		break;
	default:
		follow_lease(stack, c, now_ns);
		break;
	}
}

void dhcp_link_changed(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	if (!dhcp_has_lease(c))
		dhcp_restart(stack, c, 0, now_ns);
	else if (c->link_up && now_ns < c->expires_ns)
		begin_reboot(stack, c, now_ns);
	else
		follow_lease(stack, c, now_ns);
}

/* --- what servers say ---------------------------------------------------------------------------- */

static void log_offer(struct stack *stack, const struct dhcp_client *c, const struct dhcp_reply *r)
{
	event_emit(stack->port->events, EVENT_DHCP_OFFER, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("server", r->server_id), EV_IPV4("ip", r->yiaddr),
		   EV_U64("prefix", dhcp_prefix(dhcp_mask_of(r))),
		   EV_IF(r->has_lease && r->lease_s != UINT32_MAX, EV_U64("lease_s", r->lease_s)));
	dhcp_log_oddities(stack, c, r);
}

static void accept_offer(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r,
		       uint64_t now_ns)
{
	/* Of those that are taken there is one; of those that wait any number can come. */
	if (dhcp_is_fresh(c, r->server_id) || rate_take(&c->held_said, NS_PER_S, HELD_SAID, now_ns))
		log_offer(stack, c, r);
	reach(c, NET_DHCP_NO_ACK, r->server_id, r->yiaddr);
	if (dhcp_hold(stack, c, r))
		return;
	c->offered = r->yiaddr;
	c->server = r->server_id;
	c->offered_mask = r->mask;
	c->offered_lease_s = r->lease_s;
	begin_requesting(stack, c, now_ns);
}

static void accept_ack(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r,
		     uint64_t now_ns)
{
	if (c->state == DHCP_RENEWING || c->state == DHCP_REBINDING)
		c->conflicts = 0; /* it has been ours for some time */
	dhcp_bind_lease(stack, c, r);
	dhcp_log_oddities(stack, c, r);
	c->refusals = 0;
	c->n_last = 0;
	c->dispute_until_ns = 0;
	c->refused = (struct refused){0};
	reach(c, NET_DHCP_BOUND, r->server_id, r->yiaddr);
	c->state = DHCP_BOUND;
	wait(stack, c, MAX(c->t1_ns, now_ns));
}

/* A server that offers, and then refuses, is put last; where it was last before, its refusals slow us
 * down. */
static uint64_t pause_behind_nak(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	bool fresh = c->state == DHCP_REQUESTING && dhcp_put_last(c, c->server);
	unsigned refusals = ++c->refusals;

	return fresh && refusals <= DHCP_LAST_MAX ? 0 : dhcp_refusal_wait(stack, c, now_ns);
}

static void accept_nak(struct stack *stack, struct dhcp_client *c, const struct dhcp_reply *r,
		     uint64_t now_ns)
{
	uint64_t began_ns = dhcp_has_lease(c) ? TIME_NEVER : c->began_ns, wait_ns;
	bool had_its_chance = c->state == DHCP_REQUESTING && !dhcp_is_fresh(c, c->server);

	stack->counters.dhcp_naks++;
	event_emit(stack->port->events, EVENT_DHCP_NAK, 0, 0, EV_STR("name", c->netif->name),
		   EV_IPV4("server", r->server_id), EV_IPV4("ip", c->offered),
		   EV_IF(r->text[0] != '\0', EV_STR("text", r->text)));
	dhcp_log_oddities(stack, c, r);
	memcpy(c->text, r->text, sizeof(c->text));
	reach(c, NET_DHCP_REFUSED, r->server_id, c->offered);
	if (dhcp_has_lease(c))
		dhcp_lose_address(stack, c, "the server takes it back");
	c->last_address = 0;
	wait_ns = pause_behind_nak(stack, c, now_ns);
	if (had_its_chance)
		dhcp_link_local_try(stack, c, now_ns);
	dhcp_restart(stack, c, wait_ns, now_ns);
	c->began_ns = began_ns; /* it goes on where there was no address */
}

void dhcp_answer(struct stack *stack, struct dhcp_client *c, struct dhcp_reply *r, uint64_t now_ns)
{
	const char *why = dhcp_not_awaited(c, r);

	if (why != NULL) {
		dhcp_refuse(stack, c, r, why, &stack->counters.dhcp_ignored, now_ns);
		return;
	}
	if (r->type == DHCP_NAK) {
		accept_nak(stack, c, r, now_ns);
		return;
	}
	dhcp_complete(c, r);
	why = dhcp_find_fault(r);
	if (why != NULL)
		dhcp_refuse(stack, c, r, why, &stack->counters.dhcp_refused, now_ns);
	else if (r->type == DHCP_OFFER)
		accept_offer(stack, c, r, now_ns);
	else
		accept_ack(stack, c, r, now_ns);
}

/* --- another host has the address, or claims to ------------------------------------------------------------------ */

/* A renewal before its time: an ACK is one like any other, a NAK takes the address, and without an
 * answer the lease runs as before. */
void dhcp_ask_disputed(struct stack *stack, struct dhcp_client *c, uint64_t now_ns)
{
	if (!c->link_up || now_ns >= c->expires_ns || c->state < DHCP_BOUND ||
	    c->state == DHCP_REBOOTING) /* which asks it already */
		return;
	c->dispute_asks = 0;
	c->dispute_until_ns = now_ns + DISPUTE_WAIT_NS;
	ask_again_disputed(stack, c, now_ns);
}

/* RFC 2131 3.1 (5).  DEVIATION: "a minimum of ten seconds before restarting" are there to keep a
 * client from going round in circles; they are waited from the second time on, the first time one. */
void dhcp_decline(struct stack *stack, struct dhcp_client *c, const uint8_t *mac, uint64_t now_ns)
{
	memcpy(c->other_mac, mac, sizeof(c->other_mac));
	reach(c, NET_DHCP_IN_USE, c->lease.server, c->lease.address);
	stack->port->random(stack->port->ctx, &c->xid, sizeof(c->xid));
	stack->counters.dhcp_declined++;
	c->declines++;
	dhcp_send_decline(stack, c, now_ns);
	dhcp_lose_address(stack, c, "somebody else has it");
	c->last_address = 0;
	dhcp_restart(stack, c, c->conflicts++ == 0 ? FIRST_DECLINE_WAIT_NS : DECLINE_WAIT_NS, now_ns);
}
