/*
 * SPDX-License-Identifier: MIT
 *
 * The neighbour cache (RFC 1122 2.3.2, and RFC 4861 7.3 for the idea of stale entries that stay in
 * use while they are checked).  The contract stands in net/link/neigh.h.
 *
 * Flooding is bounded five ways: entries are few and the least recently used one gives way; a
 * neighbour that only talks to us cannot push out one that we are sending to; each unresolved
 * entry holds few packets; where all together hold too many, the longest queue gives way; and however
 * many claims come for an entry, one check of it is under way, with a pause behind each that the
 * neighbour has refuted.
 */
#include "net/link/neigh.h"

#include "base/assert.h"
#include "base/err.h"
#include "base/string.h"
#include "net/link/eth.h"
#include "net/link/link.h"
#include "net/port.h"
#include "net/stack.h"

#define CLAIM_DOUBLINGS_MAX 3u /* of NEIGH_CLAIM_PAUSE_NS: 8 s */
#define REFUTED_FORGOTTEN_NS (30 * NS_PER_S) /* the pause begins anew */

#define NEIGH_RESOLVERS_MAX 2 /* families */

struct neigh_table {
	const struct neigh_resolver *resolvers[NEIGH_RESOLVERS_MAX]; /* NULL: free */
	struct neigh *recent;           /* the last one that was sent to: nearly always the next */
	uint32_t waiting;               /* packets in all queues */
	struct neigh entries[NEIGH_MAX];
};

static bool addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && load_le64(a->bytes) == load_le64(b->bytes) &&
	       load_le64(a->bytes + 8) == load_le64(b->bytes + 8);
}

static bool is_entry(const struct neigh *n, const struct netif *netif, const struct net_addr *addr)
{
	return n->state != NEIGH_FREE && n->netif == netif && addr_equal(&n->addr, addr);
}

static struct neigh *find(struct neigh_table *table, const struct netif *netif,
			  const struct net_addr *addr)
{
	if (is_entry(table->recent, netif, addr))
		return table->recent;
	for (unsigned i = 0; i < NEIGH_MAX; i++)
		if (is_entry(&table->entries[i], netif, addr))
			return &table->entries[i];
	return NULL;
}

const struct neigh *neigh_find(const struct stack *stack, const struct netif *netif,
			       const struct net_addr *addr)
{
	return find(stack->neigh, netif, addr);
}

struct refused *neigh_awaits(struct stack *stack, const struct netif *netif,
			     const struct net_addr *addr)
{
	struct neigh *n = find(stack->neigh, netif, addr);

	return n != NULL && n->state == NEIGH_INCOMPLETE ? &n->refused : NULL;
}

/* --- making and removing entries ------------------------------------------------------------- */

/* Empties the entry's queue. */
static struct pktbuf_queue detach_queue(struct stack *stack, struct neigh *n)
{
	struct pktbuf_queue taken = n->queue;

	n->queue = (struct pktbuf_queue){0};
	stack->neigh->waiting -= taken.count;
	return taken;
}

static void drop_queue(struct stack *stack, struct pktbuf_queue queue)
{
	stack->counters.arp_queue_dropped += queue.count;
	pktbuf_queue_free(&queue);
}

static void remove_entry(struct stack *stack, struct neigh *n)
{
	timer_cancel(&stack->timers, &n->timer);
	drop_queue(stack, detach_queue(stack, n));
	n->state = NEIGH_FREE;
}

/* A free entry, else the one that we have not sent to for longest. */
static struct neigh *find_victim(struct neigh_table *table)
{
	struct neigh *victim = &table->entries[0];

	for (unsigned i = 0; i < NEIGH_MAX; i++) {
		struct neigh *n = &table->entries[i];

		if (n->state == NEIGH_FREE)
			return n;
		if (n->used_ns < victim->used_ns ||
		    (n->used_ns == victim->used_ns && n->confirmed_ns < victim->confirmed_ns))
			victim = n;
	}
	return victim;
}

static void fire(struct stack *stack, struct timer *timer, uint64_t now_ns);

/* NULL: nothing resolves addresses of that family. */
static const struct neigh_resolver *find_resolver(const struct neigh_table *table, uint8_t family)
{
	for (unsigned i = 0; i < NEIGH_RESOLVERS_MAX; i++)
		if (table->resolvers[i] != NULL && table->resolvers[i]->family == family)
			return table->resolvers[i];
	return NULL;
}

/* NULL: its family has no resolver. */
static struct neigh *make_entry(struct stack *stack, struct neigh *n, struct netif *netif,
				const struct net_addr *addr)
{
	const struct neigh_resolver *resolver = find_resolver(stack->neigh, addr->family);

	if (resolver == NULL)
		return NULL;
	if (n->state != NEIGH_FREE) {
		stack->counters.arp_table_full++;
		remove_entry(stack, n);
	}
	*n = (struct neigh){.resolver = resolver, .netif = netif, .addr = *addr};
	timer_init(&n->timer, fire);
	return n;
}

void neigh_remove_all(struct stack *stack, const struct netif *netif, uint8_t family)
{
	struct neigh_table *table = stack->neigh;

	for (unsigned i = 0; i < NEIGH_MAX; i++) {
		struct neigh *n = &table->entries[i];

		if (n->state != NEIGH_FREE && n->netif == netif && n->addr.family == family)
			remove_entry(stack, n);
	}
}

/* --- asking ------------------------------------------------------------------------------------ */

/* Behind the request that has just been counted.  Each poll has its time from when it was sent, also
 * where the clock has jumped between them. */
static uint64_t state_timeout(const struct neigh *n)
{
	if (!neigh_is_poll(n))
		return NEIGH_RETRY_NS;
	return n->attempts < NEIGH_POLLS ? NEIGH_POLL_NS
					 : NEIGH_POLLED_NS - (NEIGH_POLLS - 1) * NEIGH_POLL_NS;
}

static void ask(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	int err;

	n->attempts = (uint8_t)MIN(n->attempts + 1u, (unsigned)UINT8_MAX);
	n->asked_ns = now_ns;
	timer_set(&stack->timers, &n->timer, now_ns + state_timeout(n));
	err = n->resolver->ask(stack, n, now_ns);
	n->polled |= err == ERR_OK && neigh_is_poll(n);
}

static void probe(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	n->state = NEIGH_PROBE;
	n->attempts = 0;
	n->polled = false;
	ask(stack, n, now_ns);
}

static void settle(struct neigh *n, const uint8_t *mac, uint64_t now_ns)
{
	memcpy(n->mac, mac, NETIF_MAC_LEN);
	n->state = NEIGH_REACHABLE;
	n->attempts = 0;
	n->claims = 0;
	n->confirmed_ns = now_ns;
}

/* Where the old address was silent: one claimant has it.  Not where several claim, nor where the
 * device took none of the polls: then no host was asked. */
static bool give_to_claimant(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	uint8_t old[NETIF_MAC_LEN];

	if (n->claims != 1 || !n->polled)
		return false;
	memcpy(old, n->mac, NETIF_MAC_LEN);
	settle(n, n->claimant, now_ns);
	stack->counters.arp_moved++;
	n->resolver->moved(stack, n, old, now_ns);
	neigh_flush(stack, n, now_ns);
	return true;
}

static void probe_fired(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	if (n->attempts == NEIGH_POLLS && give_to_claimant(stack, n, now_ns))
		return;
	ask(stack, n, now_ns);
}

/* RFC 1122 2.3.2.1: the entry goes, what waited goes with it, and the transports are notified.  They
 * are notified last, when the cache is in order: they may send again at once. */
static void fail_entry(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	const struct neigh_resolver *resolver = n->resolver;
	const struct link_protocol *above = link_protocol(stack, resolver->eth_type);
	struct pktbuf_queue waiting = detach_queue(stack, n);
	struct refused refused = n->refused; /* the entry may be another's below */
	bool was_probe = n->state == NEIGH_PROBE;
	struct pktbuf *pkt;

	n->state = NEIGH_FREE;
	if (was_probe) { /* what is here still waits for the device */
		drop_queue(stack, waiting);
		return;
	}
	stack->counters.arp_unresolved++;
	resolver->gave_up(stack, n);
	while ((pkt = pktbuf_queue_pop(&waiting)) != NULL)
		above->undeliverable(stack, pkt, &refused, now_ns);
}

/* A refuted claim does not make the next one wait for ever: it may be a failover's. */
static uint64_t claims_accepted_from(const struct neigh *n)
{
	return n->refuted == 0 ? 0
			       : n->refuted_ns + (NEIGH_CLAIM_PAUSE_NS
						  << MIN(n->refuted - 1u, CLAIM_DOUBLINGS_MAX));
}

static void check_claim(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	uint64_t from_ns = claims_accepted_from(n);

	if (now_ns >= from_ns)
		probe(stack, n, now_ns);
	else if (!timer_is_set(&n->timer)) /* else it re-checks */
		timer_set(&stack->timers, &n->timer, from_ns);
}

static void fire(struct stack *stack, struct timer *timer, uint64_t now_ns)
{
	struct neigh *n = CONTAINER_OF(timer, struct neigh, timer);

	switch (n->state) {
	case NEIGH_REACHABLE:
		neigh_flush(stack, n, now_ns);
		if (n->claims > 0)
			check_claim(stack, n, now_ns);
		break;
	case NEIGH_PROBE:
		if (n->attempts < NEIGH_PROBE_ATTEMPTS)
			probe_fired(stack, n, now_ns);
		else
			fail_entry(stack, n, now_ns);
		break;
	default:
		if (n->attempts < NEIGH_ATTEMPTS || now_ns < n->until_ns)
			ask(stack, n, now_ns);
		else
			fail_entry(stack, n, now_ns);
		break;
	}
}

/* --- sending ----------------------------------------------------------------------------------- */

static int send_now(struct stack *stack, const struct neigh *n, struct pktbuf *pkt, uint64_t now_ns)
{
	const struct eth_send how = {
		.netif = n->netif,
		.dst = n->mac,
		.type = n->resolver->eth_type,
		.next_hop = &n->addr,
	};

	return eth_output(stack, pkt, &how, now_ns);
}

/* Takes the oldest packet without a completion out of the queue; the oldest of all when every one has
 * one.  So a burst of datagrams cannot push out a connection's first SYN. */
static struct pktbuf *evict_least_missed(struct pktbuf_queue *q)
{
	struct pktbuf *before = NULL, *pkt = q->first;

	while (pkt != NULL && pkt->sent != NULL) {
		before = pkt;
		pkt = pkt->next;
	}
	if (pkt == NULL || before == NULL)
		return pktbuf_queue_pop(q);
	before->next = pkt->next;
	if (q->last == pkt)
		q->last = before;
	q->count--;
	return pkt;
}

/* Where room must be made for one more packet; NULL: there is room. */
static struct neigh *find_overfull(struct neigh_table *table, struct neigh *n)
{
	struct neigh *longest = n;

	if (table->waiting < NEIGH_WAITING_MAX)
		return n->queue.count == NEIGH_QUEUE_MAX ? n : NULL;
	for (unsigned i = 0; i < NEIGH_MAX; i++)
		if (table->entries[i].queue.count > longest->queue.count)
			longest = &table->entries[i];
	return longest;
}

/* RFC 1122 2.3.2.2: a packet is kept while its destination is being resolved. */
static void enqueue(struct stack *stack, struct neigh *n, struct pktbuf *pkt)
{
	struct neigh *overfull = find_overfull(stack->neigh, n);

	if (overfull != NULL) {
		stack->counters.arp_queue_dropped++;
		stack->neigh->waiting--;
		pktbuf_free(evict_least_missed(&overfull->queue));
	}
	pktbuf_queue_push(&n->queue, pkt);
	stack->neigh->waiting++;
}

int neigh_output(struct stack *stack, struct netif *netif, const struct net_addr *addr,
		 struct pktbuf *pkt, uint64_t now_ns)
{
	struct neigh_table *table = stack->neigh;
	struct neigh *n = find(table, netif, addr);

	if (n == NULL) {
		n = make_entry(stack, find_victim(table), netif, addr);
		if (n == NULL) {
			pktbuf_free(pkt);
			return ERR_AFNOSUPPORT;
		}
		n->state = NEIGH_INCOMPLETE;
		n->used_ns = n->began_ns = now_ns;
		n->until_ns = pkt->resolve_until_ns;
		enqueue(stack, n, pkt);
		ask(stack, n, now_ns);
		return ERR_OK;
	}
	n->used_ns = now_ns;
	table->recent = n;
	if (n->state == NEIGH_INCOMPLETE) {
		n->until_ns = MAX(n->until_ns, pkt->resolve_until_ns);
		enqueue(stack, n, pkt);
		return ERR_OK;
	}
	if (n->state == NEIGH_REACHABLE && now_ns - n->confirmed_ns > NEIGH_REACHABLE_NS)
		probe(stack, n, now_ns);
	if (n->queue.count == 0)
		return send_now(stack, n, pkt, now_ns);
	enqueue(stack, n, pkt); /* behind those that still wait for the device */
	neigh_flush(stack, n, now_ns);
	return ERR_OK;
}

void neigh_doubt(struct stack *stack, struct netif *netif, const struct net_addr *addr,
		 uint64_t now_ns)
{
	struct neigh *n = find(stack->neigh, netif, addr);

	if (n == NULL || n->state != NEIGH_REACHABLE ||
	    (n->asked_ns != 0 && now_ns - n->asked_ns < NEIGH_DOUBT_NS))
		return;
	stack->counters.arp_doubts++;
	probe(stack, n, now_ns);
}

void neigh_unlink_owner(struct stack *stack, const void *owner)
{
	struct neigh_table *table = stack->neigh;

	for (unsigned i = 0; i < NEIGH_MAX && table->waiting > 0; i++)
		for (struct pktbuf *pkt = table->entries[i].queue.first; pkt != NULL; pkt = pkt->next)
			if (pkt->sent != NULL && pkt->sent_owner == owner)
				pkt->sent_owner = NULL;
}

/* --- learning ---------------------------------------------------------------------------------- */

/* Without a link it takes all, and throws them away. */
static bool device_takes(struct netif *netif)
{
	return !netif->link_up || netif->ops->tx_room(netif) > 0;
}

/* As many as the device takes now; their senders believe that they are on their way.  (A PROBE's
 * timer asks; what is left then goes with the answer, or with the next packet.) */
void neigh_flush(struct stack *stack, struct neigh *n, uint64_t now_ns)
{
	while (n->queue.count > 0 && device_takes(n->netif)) {
		stack->neigh->waiting--;
		(void)send_now(stack, n, pktbuf_queue_pop(&n->queue), now_ns);
	}
	if (n->queue.count > 0 && n->state == NEIGH_REACHABLE)
		timer_set(&stack->timers, &n->timer, now_ns + NEIGH_DEVICE_RETRY_NS);
}

/* An entry for a host that sends to us first: it may not cost one that is in use. */
static struct neigh *make_for_stranger(struct stack *stack, struct netif *netif,
				       const struct net_addr *addr, uint64_t now_ns)
{
	struct neigh *n = find_victim(stack->neigh);

	if (n->state != NEIGH_FREE && n->used_ns != 0 && now_ns - n->used_ns < NEIGH_REACHABLE_NS) {
		stack->counters.arp_table_full++;
		return NULL;
	}
	return make_entry(stack, n, netif, addr);
}

/* We have sent to it lately. */
static bool is_in_use(const struct neigh *n, uint64_t now_ns)
{
	return n->used_ns != 0 && now_ns - n->used_ns < NEIGH_IN_USE_NS;
}

/* Another host wants an address whose owner we know, and have not asked for by broadcast. */
static bool is_claim(const struct neigh *n, const uint8_t *mac, uint64_t now_ns)
{
	if (n->state == NEIGH_REACHABLE)
		return is_in_use(n, now_ns) && memcmp(n->mac, mac, NETIF_MAC_LEN) != 0;
	return neigh_is_poll(n) && memcmp(n->mac, mac, NETIF_MAC_LEN) != 0;
}

static void claim(struct stack *stack, struct neigh *n, const uint8_t *mac, uint64_t now_ns)
{
	stack->counters.arp_claims++;
	if (n->claims == 0) {
		memcpy(n->claimant, mac, NETIF_MAC_LEN);
		n->claims = 1;
	} else if (memcmp(n->claimant, mac, NETIF_MAC_LEN) != 0) {
		n->claims = 2;
	}
	if (n->state == NEIGH_REACHABLE)
		check_claim(stack, n, now_ns);
}

/* The neighbour is where we knew it to be, and another host had claimed otherwise. */
static void refute(struct stack *stack, struct neigh *n, struct neigh_learned *learned, uint64_t now_ns)
{
	bool in_a_row = n->refuted > 0 && now_ns - n->refuted_ns < REFUTED_FORGOTTEN_NS;

	stack->counters.arp_claims_refuted++;
	learned->refuted = true;
	memcpy(learned->claimant, n->claimant, NETIF_MAC_LEN);
	n->refuted = in_a_row ? (uint8_t)MIN(n->refuted + 1u, CLAIM_DOUBLINGS_MAX + 1u) : 1;
	n->refuted_ns = now_ns;
}

static void believe(struct stack *stack, struct neigh *n, const uint8_t *mac,
		    struct neigh_learned *learned, uint64_t now_ns)
{
	bool known = n->state == NEIGH_REACHABLE || n->state == NEIGH_PROBE;

	learned->answered = n->state == NEIGH_INCOMPLETE || n->state == NEIGH_PROBE;
	learned->changed = !known || memcmp(n->mac, mac, NETIF_MAC_LEN) != 0;
	learned->moved = known && learned->changed;
	learned->rtt_ns = learned->answered ? now_ns - n->asked_ns : 0;
	memcpy(learned->old, n->mac, NETIF_MAC_LEN);
	if (n->state == NEIGH_PROBE && n->claims > 0 && !learned->changed)
		refute(stack, n, learned, now_ns);
	stack->counters.arp_moved += learned->moved;
	timer_cancel(&stack->timers, &n->timer);
	settle(n, mac, now_ns);
}

/* The owner of an entry whose claim waits for its turn has answered, and the claim still waits. */
static bool is_unchanged(const struct neigh *n, const uint8_t *mac)
{
	return n->state == NEIGH_REACHABLE && n->claims > 0 &&
	       memcmp(n->mac, mac, NETIF_MAC_LEN) == 0;
}

struct neigh_learned neigh_learn(struct stack *stack, struct netif *netif,
			       const struct net_addr *addr, const uint8_t *mac,
			       enum neigh_hint hint, uint64_t now_ns)
{
	struct neigh *n = find(stack->neigh, netif, addr);
	struct neigh_learned learned = {0};

	if (n == NULL && hint == NEIGH_HINT_LEARN)
		n = make_for_stranger(stack, netif, addr, now_ns);
	if (n == NULL)
		return learned;
	learned.entry = n;
	if (is_claim(n, mac, now_ns))
		claim(stack, n, mac, now_ns);
	else if (!is_unchanged(n, mac))
		believe(stack, n, mac, &learned, now_ns);
	return learned;
}

/* --- the table --------------------------------------------------------------------------------- */

struct neigh_table *neigh_table_create(struct stack *stack)
{
	const struct net_port *port = stack->port;
	struct neigh_table *table = port->alloc(port->ctx, sizeof(*table));

	if (table == NULL)
		return NULL;
	memset(table, 0, sizeof(*table));
	table->recent = &table->entries[0];
	return table;
}

void neigh_table_destroy(struct stack *stack, struct neigh_table *table)
{
	for (unsigned i = 0; i < NEIGH_MAX; i++)
		if (table->entries[i].state != NEIGH_FREE)
			remove_entry(stack, &table->entries[i]);
	stack->port->free(stack->port->ctx, table, sizeof(*table));
}

void neigh_set_resolver(struct stack *stack, const struct neigh_resolver *resolver)
{
	const struct neigh_resolver **slots = stack->neigh->resolvers;
	unsigned i = 0;

	while (i < NEIGH_RESOLVERS_MAX && slots[i] != NULL && slots[i]->family != resolver->family)
		i++;
	ASSERT(i < NEIGH_RESOLVERS_MAX);
	slots[i] = resolver;
}
