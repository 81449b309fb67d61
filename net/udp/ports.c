/*
 * SPDX-License-Identifier: MIT
 *
 * UDP's ports: who is bound to which, who may share one, and whose a datagram is.
 *
 * Every bound port is on two lists of two hash tables.  The first is by what it hears: local address
 * and port, peer's address and port, 0 where it takes any; keyed with the stack's secret.  A datagram
 * belongs to the first that is found with all four, then without the peer, then at any address of
 * ours: three looks, however many ports there are.  Of several that share a port the one that was
 * bound last has it.  The second table is by port alone, for bind().
 */
#include "net/udp/udp.h"

#include "base/string.h"
#include "net/awaited.h"
#include "net/netif.h"
#include "net/port.h"
#include "net/siphash.h"
#include "net/stack.h"

/* RFC 6335 6: the dynamic ports. */
#define UDP_EPHEMERAL_FIRST 49152u
#define UDP_EPHEMERAL_COUNT 16384u

#define BUCKETS_AT_FIRST 32u

struct udp_layer {
	uint32_t n_buckets; /* of each table; a power of two */
	uint32_t n_bound;
	struct udp_pcb **by_key, **by_port; /* one block of memory */
};

/* --- the tables ----------------------------------------------------------------------------------- */

static bool take_buckets(struct stack *stack, struct udp_layer *layer, uint32_t n)
{
	const struct net_port *port = stack->port;
	struct udp_pcb **both = port->alloc(port->ctx, 2 * n * sizeof(both[0]));

	if (both == NULL)
		return false;
	memset(both, 0, 2 * n * sizeof(both[0]));
	layer->by_key = both;
	layer->by_port = both + n;
	layer->n_buckets = n;
	return true;
}

static void free_buckets(struct stack *stack, struct udp_pcb **both, uint32_t n)
{
	stack->port->free(stack->port->ctx, both, 2 * n * sizeof(both[0]));
}

struct udp_layer *udp_layer_create(struct stack *stack)
{
	const struct net_port *port = stack->port;
	struct udp_layer *layer = port->alloc(port->ctx, sizeof(*layer));

	if (layer == NULL)
		return NULL;
	*layer = (struct udp_layer){0};
	if (take_buckets(stack, layer, BUCKETS_AT_FIRST))
		return layer;
	port->free(port->ctx, layer, sizeof(*layer));
	return NULL;
}

void udp_layer_destroy(struct stack *stack, struct udp_layer *layer)
{
	free_buckets(stack, layer->by_key, layer->n_buckets);
	stack->port->free(stack->port->ctx, layer, sizeof(*layer));
}

/* What a port hears. */
struct key {
	bool echo;
	uint32_t local, remote;
	uint16_t local_port, remote_port;
};

static struct udp_pcb **key_list(const struct stack *stack, const struct key *k)
{
	uint8_t key[13];

	store_be32(key, k->local);
	store_be32(key + 4, k->remote);
	store_be16(key + 8, k->local_port);
	store_be16(key + 10, k->remote_port);
	key[12] = k->echo;
	return &stack->udp->by_key[siphash(stack->lookup_secret, key, sizeof(key)) &
				   (stack->udp->n_buckets - 1)];
}

static struct udp_pcb **own_list(const struct stack *stack, const struct udp_pcb *pcb)
{
	const struct key k = {pcb->echo, pcb->local, pcb->remote, pcb->local_port,
			      pcb->remote_port};

	return key_list(stack, &k);
}

static struct udp_pcb **port_list(const struct stack *stack, uint16_t port)
{
	return &stack->udp->by_port[port & (stack->udp->n_buckets - 1)];
}

static void key_insert(struct stack *stack, struct udp_pcb *pcb)
{
	struct udp_pcb **at = own_list(stack, pcb);

	pcb->key_next = *at;
	*at = pcb;
}

static void key_remove(struct stack *stack, struct udp_pcb *pcb)
{
	struct udp_pcb **at = own_list(stack, pcb);

	while (*at != pcb)
		at = &(*at)->key_next;
	*at = pcb->key_next;
}

static void port_insert(struct stack *stack, struct udp_pcb *pcb)
{
	struct udp_pcb **at = port_list(stack, pcb->local_port);

	pcb->port_next = *at;
	*at = pcb;
}

static void port_remove(struct stack *stack, struct udp_pcb *pcb)
{
	struct udp_pcb **at = port_list(stack, pcb->local_port);

	while (*at != pcb)
		at = &(*at)->port_next;
	*at = pcb->port_next;
}

/* A list in the order of binding: whoever is put in again first has to go behind the others. */
static struct udp_pcb *reversed(struct udp_pcb *list)
{
	struct udp_pcb *done = NULL, *next;

	for (; list != NULL; list = next) {
		next = list->port_next;
		list->port_next = done;
		done = list;
	}
	return done;
}

/* Twice as many buckets; when there is no memory the lists grow instead. */
static void grow(struct stack *stack)
{
	struct udp_layer *layer = stack->udp;
	struct udp_layer old = *layer;

	if (!take_buckets(stack, layer, 2 * old.n_buckets))
		return;
	for (uint32_t i = 0; i < old.n_buckets; i++) {
		struct udp_pcb *pcb, *next;

		for (pcb = reversed(old.by_port[i]); pcb != NULL; pcb = next) {
			next = pcb->port_next;
			key_insert(stack, pcb);
			port_insert(stack, pcb);
		}
	}
	free_buckets(stack, old.by_key, old.n_buckets);
}

/* --- binding -------------------------------------------------------------------------------------- */

static bool port_is_taken(const struct stack *stack, const struct udp_pcb *pcb, uint32_t local,
			  uint16_t port, bool reuse)
{
	for (const struct udp_pcb *p = *port_list(stack, port); p != NULL; p = p->port_next)
		if (p->local_port == port && p->echo == pcb->echo && !(reuse && p->reuse) &&
		    (p->local == 0 || local == 0 || p->local == local))
			return true;
	return false;
}

/* RFC 6056 3.3.2, algorithm 2: each candidate is drawn afresh; 0 when the range seems full.  An
 * identifier has no range that is reserved, so that all of its bits have to be guessed. */
static uint16_t pick_port(struct stack *stack, const struct udp_pcb *pcb, uint32_t local)
{
	uint32_t first = pcb->echo ? 1 : UDP_EPHEMERAL_FIRST;
	uint32_t count = pcb->echo ? UINT16_MAX : UDP_EPHEMERAL_COUNT;

	for (unsigned tries = 0; tries < 256; tries++) {
		uint16_t port = (uint16_t)(first + stack_random_below(stack, count));

		if (!port_is_taken(stack, pcb, local, port, false))
			return port;
	}
	return 0;
}

static bool is_our_address(const struct stack *stack, uint32_t ipv4)
{
	for (const struct netif *netif = stack->netifs; netif != NULL; netif = netif->next)
		if (netif->ipv4 == ipv4)
			return true;
	return false;
}

int udp_bind(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint16_t port)
{
	if (local != 0 && !is_our_address(stack, local))
		return ERR_ADDRNOTAVAIL;
	if (port == 0)
		port = pick_port(stack, pcb, local);
	else if (port_is_taken(stack, pcb, local, port, pcb->reuse))
		port = 0;
	if (port == 0)
		return ERR_ADDRINUSE;
	if (stack->udp->n_bound >= stack->udp->n_buckets)
		grow(stack);
	pcb->local = local;
	pcb->local_port = port;
	pcb->remote = pcb->remote_port = 0;
	key_insert(stack, pcb);
	port_insert(stack, pcb);
	stack->udp->n_bound++;
	return ERR_OK;
}

void udp_unbind(struct stack *stack, struct udp_pcb *pcb)
{
	if (pcb->local_port == 0)
		return;
	key_remove(stack, pcb);
	port_remove(stack, pcb);
	stack->udp->n_bound--;
	pcb->local = pcb->remote = 0;
	pcb->local_port = pcb->remote_port = 0;
	pktbuf_queue_free(&pcb->received);
	pcb->received_memory = 0;
	awaited_free(stack, &pcb->awaited);
}

void udp_connect(struct stack *stack, struct udp_pcb *pcb, uint32_t local, uint32_t remote,
		 uint16_t remote_port)
{
	key_remove(stack, pcb);
	pcb->local = local;
	pcb->remote = remote;
	pcb->remote_port = remote_port;
	pcb->asked = false;
	pcb->doubts = 0;
	awaited_free(stack, &pcb->awaited);
	key_insert(stack, pcb);
}

/* --- whose a datagram is -------------------------------------------------------------------------- */

static struct udp_pcb *find_exactly(const struct stack *stack, const struct key *k)
{
	struct udp_pcb *p = *key_list(stack, k);

	while (p != NULL && !(p->echo == k->echo && p->local == k->local &&
			      p->local_port == k->local_port && p->remote == k->remote &&
			      p->remote_port == k->remote_port))
		p = p->key_next;
	return p;
}

/* `k` is how the packet came: first who is connected like that, then who is there for all. */
static struct udp_pcb *find_closest(const struct stack *stack, struct key k)
{
	struct udp_pcb *p = find_exactly(stack, &k);

	k.remote = k.remote_port = 0;
	if (p == NULL)
		p = find_exactly(stack, &k);
	k.local = 0;
	return p != NULL ? p : find_exactly(stack, &k);
}

struct udp_pcb *udp_find(const struct stack *stack, uint32_t src, uint16_t src_port, uint32_t dst,
			 uint16_t dst_port)
{
	return find_closest(stack, (struct key){.local = dst, .local_port = dst_port,
						.remote = src, .remote_port = src_port});
}

struct udp_pcb *udp_find_connected(const struct stack *stack, bool echo, uint32_t local, uint16_t port)
{
	struct udp_pcb *p = *port_list(stack, port);

	while (p != NULL && !(p->local_port == port && p->echo == echo && p->local == local &&
			      p->remote != 0))
		p = p->port_next;
	return p;
}

struct udp_pcb *udp_find_echo(const struct stack *stack, uint32_t src, uint32_t dst, uint16_t id)
{
	return find_closest(stack, (struct key){.echo = true, .local = dst, .local_port = id,
						.remote = src});
}

struct udp_pcb *udp_find_troubled(const struct stack *stack, const struct udp_trouble *t)
{
	const struct key k = {t->echo, t->local, t->remote, t->local_port, t->remote_port};

	return find_exactly(stack, &k);
}
