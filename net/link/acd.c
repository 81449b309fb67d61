/*
 * SPDX-License-Identifier: MIT
 *
 * IPv4 address conflict detection (RFC 5227).
 *
 *   PROBING      three probes, 1 to 2 s apart: "who has our address?", without a sender address (2.1.1); where
 *                no host answers the first one at once, one announcement behind it
 *   ANNOUNCING   no host answered: two announcements, 2 s apart (2.3), which also correct the caches
 *                of those who knew the address's last owner
 *   HELD         a conflict is answered with one announcement, at most one each ten seconds, and the
 *                server that leased the address is asked whether it is still ours
 *   LOST         another host had it before us
 *
 * DEVIATION: RFC 5227 2.1: the address is used at once, and probed and announced beside that, the
 * first probe without a random wait: a run of this machine is over before the three seconds are.
 * Since it is in use it is announced early, too: as soon as a neighbour would have answered the first
 * probe, and again by 2.3 when the probing is over.
 * What then happens depends on where the address is from.  One that the network gave (net/dhcp) is
 * given up when another host had it before us.  Later conflicts are met by 2.4 (c), for ever: two forged
 * frames must not take the address from a machine that serves.  A leased one is the server's to take:
 * it is asked at once, and goes with its NAK.  No server decides about one of RFC 3927: it is given
 * up when a second conflict comes within ten seconds of a defence, 2.4 (b).
 * DEVIATION: RFC 5227 2.1.1: an address that was configured is never given up, because no server could
 * give another one.  Where another host had it first that is reported, and it is neither announced
 * nor defended.
 * NOT DONE: RFC 5227 2.1, probing an address that was configured again when a link comes back.
 *
 * Conflicts are counted, and told in an event each time but not more often than every ten seconds.
 */
#include "net/link/acd.h"

#include "net/link/arp.h"
#include "net/port.h"
#include "net/stack.h"
#include "net/timer.h"

/* RFC 5227 1.1 */
#define PROBE_NUM 3
#define PROBE_MIN_NS (1 * NS_PER_S)
#define PROBE_MAX_NS (2 * NS_PER_S)
#define ANNOUNCE_WAIT_NS (2 * NS_PER_S)
#define ANNOUNCE_NUM 2
#define ANNOUNCE_INTERVAL_NS (2 * NS_PER_S)
#define DEFEND_INTERVAL_NS (10 * NS_PER_S)

/* What a neighbour that has the address needs to answer, by far. */
#define EARLY_WAIT_NS (5 * NS_PER_MS)

#define LINK_RETRY_NS (1 * NS_PER_S)

enum acd_state { ACD_PROBING, ACD_EARLY, ACD_ANNOUNCING, ACD_HELD, ACD_LOST };

struct acd {
	struct acd *next;
	struct netif *netif;
	struct timer timer;
	uint8_t state; /* enum acd_state */
	uint8_t sent;  /* probes, or announcements */
	struct rate_limit defences;
};

static struct acd *find(const struct stack *stack, const struct netif *netif)
{
	struct acd *acd = stack->acd;

	while (acd != NULL && acd->netif != netif)
		acd = acd->next;
	return acd;
}

static uint64_t probe_interval(struct stack *stack)
{
	uint32_t spread_ms = (uint32_t)((PROBE_MAX_NS - PROBE_MIN_NS) / NS_PER_MS) + 1;

	return PROBE_MIN_NS + stack_random_below(stack, spread_ms) * NS_PER_MS;
}

static void probe(struct stack *stack, struct acd *acd, uint64_t now_ns)
{
	arp_probe(stack, acd->netif, now_ns);
	if (++acd->sent == 1) {
		acd->state = ACD_EARLY;
		timer_set(&stack->timers, &acd->timer, now_ns + EARLY_WAIT_NS);
		return;
	}
	if (acd->sent < PROBE_NUM) {
		timer_set(&stack->timers, &acd->timer, now_ns + probe_interval(stack));
		return;
	}
	acd->state = ACD_ANNOUNCING;
	acd->sent = 0;
	timer_set(&stack->timers, &acd->timer, now_ns + ANNOUNCE_WAIT_NS);
}

/* Between the first probe and the second. */
static void announce_early(struct stack *stack, struct acd *acd, uint64_t now_ns)
{
	arp_announce(stack, acd->netif, now_ns);
	acd->state = ACD_PROBING;
	timer_set(&stack->timers, &acd->timer, now_ns + probe_interval(stack) - EARLY_WAIT_NS);
}

static void announce(struct stack *stack, struct acd *acd, uint64_t now_ns)
{
	arp_announce(stack, acd->netif, now_ns);
	if (++acd->sent < ANNOUNCE_NUM)
		timer_set(&stack->timers, &acd->timer, now_ns + ANNOUNCE_INTERVAL_NS);
	else
		acd->state = ACD_HELD;
}

static void fire(struct stack *stack, struct timer *timer, uint64_t now_ns)
{
	struct acd *acd = CONTAINER_OF(timer, struct acd, timer);

	if (!acd->netif->link_up)
		timer_set(&stack->timers, &acd->timer, now_ns + LINK_RETRY_NS);
	else if (acd->state == ACD_PROBING)
		probe(stack, acd, now_ns);
	else if (acd->state == ACD_EARLY)
		announce_early(stack, acd, now_ns);
	else
		announce(stack, acd, now_ns);
}

void acd_start(struct stack *stack, struct netif *netif)
{
	struct acd *acd = find(stack, netif);

	if (acd == NULL) {
		acd = stack->port->alloc(stack->port->ctx, sizeof(*acd));
		if (acd == NULL)
			return; /* the address works all the same */
		*acd = (struct acd){.next = stack->acd, .netif = netif};
		timer_init(&acd->timer, fire);
		stack->acd = acd;
	}
	acd->state = ACD_PROBING;
	acd->sent = 0;
	timer_set(&stack->timers, &acd->timer, 0);
}

void acd_settle(struct stack *stack, struct netif *netif)
{
	struct acd *acd = find(stack, netif);

	if (acd == NULL)
		return;
	timer_cancel(&stack->timers, &acd->timer);
	acd->state = ACD_HELD;
}

/* What is done about it, for the event. */
static const char *answer_conflict(struct stack *stack, struct acd *acd, bool given, uint64_t now_ns)
{
	bool leased;

	if (acd->state == ACD_PROBING || acd->state == ACD_EARLY || acd->state == ACD_LOST) {
		timer_cancel(&stack->timers, &acd->timer);
		acd->state = ACD_LOST;
		return given ? "it had it before us: given up"
			     : "it had it before us, and we use it all the same";
	}
	leased = stack->acd_source->leases_address(stack, acd->netif);
	if (rate_take(&acd->defences, DEFEND_INTERVAL_NS, 1, now_ns)) {
		arp_announce(stack, acd->netif, now_ns);
		if (!leased)
			return "defended";
		stack->acd_source->disputed(stack, acd->netif, now_ns);
		return "defended, and its server is asked";
	}
	if (!given || leased)
		return "defended lately";
	acd->state = ACD_LOST;
	return "defended lately, in vain: given up";
}

void acd_conflict(struct stack *stack, struct netif *netif, const uint8_t *mac, uint64_t now_ns)
{
	struct acd *acd = find(stack, netif);
	bool given = stack->acd_source->gave_address(stack, netif);
	const char *action = NULL;

	stack->counters.arp_conflicts++;
	if (acd != NULL)
		action = answer_conflict(stack, acd, given, now_ns);
	if (rate_take(&stack->arp_conflict_limit, DEFEND_INTERVAL_NS, 1, now_ns))
		event_emit(stack->port->events, EVENT_ARP_CONFLICT, 0, 0, EV_MAC("mac", mac),
			   EV_IPV4("ip", netif->ipv4), EV_STR("whose", "our"),
			   EV_IF(action != NULL, EV_STR("action", action)));
	if (given && acd != NULL && acd->state == ACD_LOST)
		stack->acd_source->in_use(stack, netif, mac, now_ns); /* this ends the acd, too */
}

static void destroy(struct stack *stack, struct acd **link)
{
	struct acd *acd = *link;

	*link = acd->next;
	timer_cancel(&stack->timers, &acd->timer);
	stack->port->free(stack->port->ctx, acd, sizeof(*acd));
}

void acd_stop(struct stack *stack, struct netif *netif)
{
	struct acd **link = &stack->acd;

	while (*link != NULL && (*link)->netif != netif)
		link = &(*link)->next;
	if (*link != NULL)
		destroy(stack, link);
}

void acd_destroy(struct stack *stack)
{
	while (stack->acd != NULL)
		destroy(stack, &stack->acd);
}
