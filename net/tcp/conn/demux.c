/*
 * SPDX-License-Identifier: MIT
 *
 * From a segment's addresses and ports to its connection: a chained hash table over the four-tuple,
 * keyed with the stack's secret so that nobody can choose tuples that collide.  Listeners are few
 * and stand in a list.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/tcb.h"

#include "base/string.h"
#include "net/siphash.h"

#define TUPLE_MAX (2 * 16 + 2 * 2)

/* The bytes that tell one connection from another: no more of them than the family has, since they
 * are hashed for every segment. */
static size_t pack_tuple(uint8_t *p, const struct net_endpoint *local,
			 const struct net_endpoint *remote)
{
	size_t addr_len = 4;

	if (local->addr.family == NET_FAMILY_IPV6) {
		addr_len = 16;
		memcpy(p, local->addr.bytes, 16);
		memcpy(p + 16, remote->addr.bytes, 16);
	} else { /* lengths that the compiler knows: two moves */
		memcpy(p, local->addr.bytes, 4);
		memcpy(p + 4, remote->addr.bytes, 4);
	}
	store_be16(p + 2 * addr_len, local->port);
	store_be16(p + 2 * addr_len + 2, remote->port);
	return 2 * addr_len + 4;
}

static uint32_t tuple_hash(const struct stack *stack, const struct net_endpoint *local,
			   const struct net_endpoint *remote)
{
	uint8_t packed[TUPLE_MAX];
	size_t len = pack_tuple(packed, local, remote);

	return (uint32_t)siphash(stack->lookup_secret, packed, len);
}

static struct tcb **bucket(const struct stack *stack, const struct net_endpoint *local,
			   const struct net_endpoint *remote)
{
	uint32_t hash = tuple_hash(stack, local, remote);

	return &stack->tcp->buckets[hash & (stack->tcp->n_buckets - 1)];
}

struct tcb *tcp_find_connection(const struct stack *stack, const struct net_endpoint *local,
				const struct net_endpoint *remote)
{
	struct tcb *tcb = *bucket(stack, local, remote);

	while (tcb != NULL &&
	       !(net_endpoint_equal(&tcb->id.local, local) && net_endpoint_equal(&tcb->id.remote, remote)))
		tcb = tcb->id.hash_next;
	return tcb;
}

struct tcb *tcp_find_listener(const struct stack *stack, const struct net_endpoint *local)
{
	for (struct tcb *l = stack->tcp->listeners; l != NULL; l = l->id.hash_next) {
		bool any = net_addr_is_any(&l->id.local.addr) ||
			   net_addr_is_any(&local->addr); /* of a bind(), not a segment */

		if (l->id.local.port == local->port && (any || net_endpoint_equal(&l->id.local, local)))
			return l;
	}
	return NULL;
}

/* Twice as many buckets; when there is no memory the chains grow instead. */
static void grow(struct stack *stack)
{
	struct tcp_layer *layer = stack->tcp;
	const struct net_port *port = stack->port;
	struct tcb **old = layer->buckets;
	uint32_t n_old = layer->n_buckets;
	struct tcb **new = port->alloc(port->ctx, 2 * n_old * sizeof(new[0]));

	if (new == NULL)
		return;
	memset(new, 0, 2 * n_old * sizeof(new[0]));
	layer->buckets = new;
	layer->n_buckets = 2 * n_old;
	for (uint32_t i = 0; i < n_old; i++) {
		struct tcb *tcb, *next;

		for (tcb = old[i]; tcb != NULL; tcb = next) {
			struct tcb **at = bucket(stack, &tcb->id.local, &tcb->id.remote);

			next = tcb->id.hash_next;
			tcb->id.hash_next = *at;
			*at = tcb;
		}
	}
	port->free(port->ctx, old, n_old * sizeof(old[0]));
}

void tcp_hash_insert(struct stack *stack, struct tcb *tcb)
{
	struct tcp_layer *layer = stack->tcp;
	struct tcb **at;

	if (layer->n_connections >= layer->n_buckets)
		grow(stack);
	at = bucket(stack, &tcb->id.local, &tcb->id.remote);
	tcb->id.hash_next = *at;
	*at = tcb;
	tcb->id.hashed = true;
	layer->n_connections++;
	++*tcp_port_users(stack, tcb->id.local.port);
}

void tcp_hash_remove(struct stack *stack, struct tcb *tcb)
{
	struct tcb **at = bucket(stack, &tcb->id.local, &tcb->id.remote);

	if (!tcb->id.hashed)
		return;
	while (*at != tcb)
		at = &(*at)->id.hash_next;
	*at = tcb->id.hash_next;
	tcb->id.hashed = false;
	ip_unlink_owner(stack, tcb);
	stack->tcp->n_connections--;
	--*tcp_port_users(stack, tcb->id.local.port);
}

void tcp_listener_insert(struct stack *stack, struct tcb *tcb)
{
	tcb->id.hash_next = stack->tcp->listeners;
	stack->tcp->listeners = tcb;
}

void tcp_listener_remove(struct stack *stack, struct tcb *tcb)
{
	struct tcb **at = &stack->tcp->listeners;

	while (*at != NULL && *at != tcb)
		at = &(*at)->id.hash_next;
	if (*at == tcb)
		*at = tcb->id.hash_next;
}
