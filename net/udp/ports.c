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
#include "net/ip/ip.h"
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
	const struct udp_service *service;  /* NULL: none */
};

/* --- the tables ----------------------------------------------------------------------------------- */

static bool alloc_buckets(struct stack *stack, struct udp_layer *layer, uint32_t n)
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
	if (alloc_buckets(stack, layer, BUCKETS_AT_FIRST))
		return layer;
	port->free(port->ctx, layer, sizeof(*layer));
	return NULL;
}

void udp_layer_destroy(struct stack *stack, struct udp_layer *layer)
{
	free_buckets(stack, layer->by_key, layer->n_buckets);
	stack->port->free(stack->port->ctx, layer, sizeof(*layer));
}

void udp_register(struct stack *stack, const struct udp_service *service)
{
	stack->udp->service = service;
}

const struct udp_service *udp_service(const struct stack *stack)
{
	return stack->udp->service;
}

/* What a port hears. */
struct key {
	bool echo;
	struct net_endpoint local, remote;
};

/* Addresses of no family are all zeros, so that a key's bytes need no look at the families. */
static struct udp_pcb **key_list(const struct stack *stack, const struct key *k)
{
	uint8_t key[2 * 16 + 2 * 2 + 1];

	memcpy(key, k->local.addr.bytes, 16);
	memcpy(key + 16, k->remote.addr.bytes, 16);
	store_be16(key + 32, k->local.port);
	store_be16(key + 34, k->remote.port);
	key[36] = k->echo;
	return &stack->udp->by_key[siphash(stack->lookup_secret, key, sizeof(key)) &
				   (stack->udp->n_buckets - 1)];
}

static struct udp_pcb **own_list(const struct stack *stack, const struct udp_pcb *pcb)
{
	const struct key k = {pcb->echo, pcb->local, pcb->remote};

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
	struct udp_pcb **at = port_list(stack, pcb->local.port);

	pcb->port_next = *at;
	*at = pcb;
}

static void port_remove(struct stack *stack, struct udp_pcb *pcb)
{
	struct udp_pcb **at = port_list(stack, pcb->local.port);

	while (*at != pcb)
		at = &(*at)->port_next;
	*at = pcb->port_next;
}

/* A list in the order of binding: an entry that is inserted again has to go behind the others. */
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

	if (!alloc_buckets(stack, layer, 2 * old.n_buckets))
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

static bool port_is_taken(const struct stack *stack, const struct udp_pcb *pcb,
			  const struct net_endpoint *local, bool reuse)
{
	for (const struct udp_pcb *p = *port_list(stack, local->port); p != NULL; p = p->port_next)
		if (p->local.port == local->port && p->echo == pcb->echo && !(reuse && p->reuse) &&
		    (net_addr_is_any(&p->local.addr) || net_addr_is_any(&local->addr) ||
		     net_addr_equal(&p->local.addr, &local->addr)))
			return true;
	return false;
}

/* RFC 6056 3.3.2, algorithm 2: each candidate is drawn afresh; 0 when the range seems full.  An
 * identifier has no range that is reserved, so that all of its bits have to be guessed. */
static uint16_t pick_port(struct stack *stack, const struct udp_pcb *pcb,
			  const struct net_addr *local)
{
	uint32_t first = pcb->echo ? 1 : UDP_EPHEMERAL_FIRST;
	uint32_t count = pcb->echo ? UINT16_MAX : UDP_EPHEMERAL_COUNT;

	for (unsigned tries = 0; tries < 256; tries++) {
		const struct net_endpoint candidate = {
			.addr = *local,
			.port = (uint16_t)(first + stack_random_below(stack, count)),
		};

		if (!port_is_taken(stack, pcb, &candidate, false))
			return candidate.port;
	}
	return 0;
}

int udp_bind(struct stack *stack, struct udp_pcb *pcb, const struct net_endpoint *local)
{
	struct net_endpoint at = {.port = local->port}; /* any address has no family here */

	if (!net_addr_is_any(&local->addr)) {
		at.addr = local->addr;
		if (!ip_is_ours(stack, &at.addr))
			return ERR_ADDRNOTAVAIL;
	}
	if (at.port == 0)
		at.port = pick_port(stack, pcb, &at.addr);
	else if (port_is_taken(stack, pcb, &at, pcb->reuse))
		at.port = 0;
	if (at.port == 0)
		return ERR_ADDRINUSE;
	if (stack->udp->n_bound >= stack->udp->n_buckets)
		grow(stack);
	pcb->local = at;
	pcb->remote = (struct net_endpoint){.port = 0};
	key_insert(stack, pcb);
	port_insert(stack, pcb);
	stack->udp->n_bound++;
	return ERR_OK;
}

void udp_unbind(struct stack *stack, struct udp_pcb *pcb)
{
	if (pcb->local.port == 0)
		return;
	key_remove(stack, pcb);
	port_remove(stack, pcb);
	stack->udp->n_bound--;
	pcb->local = pcb->remote = (struct net_endpoint){.port = 0};
	pktbuf_queue_free(&pcb->received);
	pcb->received_memory = 0;
	awaited_free(stack, &pcb->awaited);
}

void udp_connect(struct stack *stack, struct udp_pcb *pcb, const struct net_addr *local,
		 const struct net_endpoint *remote)
{
	key_remove(stack, pcb);
	pcb->local.addr = *local;
	pcb->remote = *remote;
	pcb->asked = false;
	pcb->doubts = 0;
	awaited_free(stack, &pcb->awaited);
	key_insert(stack, pcb);
}

void udp_disconnect(struct stack *stack, struct udp_pcb *pcb, const struct net_addr *local)
{
	const struct net_endpoint unspecified = {.port = 0};

	udp_connect(stack, pcb, local, &unspecified);
}

/* --- whose a datagram is -------------------------------------------------------------------------- */

static struct udp_pcb *find_exactly(const struct stack *stack, const struct key *k)
{
	struct udp_pcb *p = *key_list(stack, k);

	while (p != NULL && !(p->echo == k->echo && net_endpoint_equal(&p->local, &k->local) &&
			      net_endpoint_equal(&p->remote, &k->remote)))
		p = p->key_next;
	return p;
}

/* `k` is how the packet came: first who is connected like that, then who is there for all. */
static struct udp_pcb *find_closest(const struct stack *stack, struct key k)
{
	struct udp_pcb *p = find_exactly(stack, &k);

	k.remote = (struct net_endpoint){.port = 0};
	if (p == NULL)
		p = find_exactly(stack, &k);
	k.local.addr = (struct net_addr){.family = NET_FAMILY_NONE};
	return p != NULL ? p : find_exactly(stack, &k);
}

struct udp_pcb *udp_find(const struct stack *stack, const struct net_endpoint *remote,
			 const struct net_endpoint *local)
{
	return find_closest(stack, (struct key){.local = *local, .remote = *remote});
}

struct udp_pcb *udp_find_connected(const struct stack *stack, bool echo,
				   const struct net_endpoint *local)
{
	struct udp_pcb *p = *port_list(stack, local->port);

	while (p != NULL && !(p->echo == echo && net_endpoint_equal(&p->local, local) &&
			      udp_is_connected(p)))
		p = p->port_next;
	return p;
}

struct udp_pcb *udp_find_echo(const struct stack *stack, const struct net_addr *remote,
			      const struct net_endpoint *local)
{
	return find_closest(stack, (struct key){.echo = true, .local = *local,
						.remote = {.addr = *remote}});
}

struct udp_pcb *udp_find_sender(const struct stack *stack, const struct ip_error *error)
{
	const struct key k = {error->protocol == IP_PROTO_ICMP, error->local, error->remote};

	return find_exactly(stack, &k);
}
