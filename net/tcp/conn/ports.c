/*
 * SPDX-License-Identifier: MIT
 *
 * Local ports: the ephemeral ones are chosen unpredictably (RFC 6056 3.3.1) from the range that
 * IANA sets aside for them, so that the four-tuple is new, or as good as new when none is.  A port
 * that bind() names may be shared only where all users of it have asked for that and none listens there.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/listen.h"
#include "net/tcp/tcb.h"

#define PORT_FIRST 49152u
#define PORT_COUNT 16384u
#define FREE_PORT_TRIES 256u

uint16_t tcp_ephemeral_port(struct stack *stack, const struct net_addr *local,
			    const struct net_endpoint *remote, uint64_t now_ns)
{
	uint16_t as_good = 0;
	uint32_t start = stack_random_below(stack, PORT_COUNT);

	for (uint32_t i = 0; i < PORT_COUNT; i++) {
		struct net_endpoint ours = {
			.addr = *local,
			.port = (uint16_t)(PORT_FIRST + (start + i) % PORT_COUNT),
		};
		const struct tcb *old;

		if (tcp_find_listener(stack, &ours) != NULL)
			continue;
		old = tcp_find_connection(stack, &ours, remote);
		if (old == NULL)
			return ours.port;
		if (as_good == 0 && tcp_may_replace(old, now_ns))
			as_good = ours.port;
	}
	return as_good;
}

/* --- ports that were asked for ----------------------------------------------------------------- */

static struct tcb **bound_list(const struct stack *stack, const struct tcb *tcb)
{
	return &stack->tcp->bound[tcb->id.local.port % TCP_BOUND_LISTS];
}

void tcp_bound_insert(struct stack *stack, struct tcb *tcb)
{
	struct tcb **at = bound_list(stack, tcb);

	tcb->id.hash_next = *at;
	*at = tcb;
	tcb->id.bound_listed = true;
}

void tcp_bound_remove(struct stack *stack, struct tcb *tcb)
{
	struct tcb **at = bound_list(stack, tcb);

	if (!tcb->id.bound_listed)
		return;
	while (*at != tcb)
		at = &(*at)->id.hash_next;
	*at = tcb->id.hash_next;
	tcb->id.bound_listed = false;
}

static bool overlaps(const struct net_endpoint *a, const struct net_endpoint *b)
{
	return a->port == b->port && (net_addr_is_any(&a->addr) || net_addr_is_any(&b->addr) ||
				      net_addr_equal(&a->addr, &b->addr));
}

/* Whether a list of TCBs has one that keeps `local` for itself. */
static bool is_in_use(const struct tcb *tcb, const struct net_endpoint *local, bool reuse)
{
	for (; tcb != NULL; tcb = tcb->id.hash_next)
		if (overlaps(&tcb->id.local, local) && !(reuse && tcb->id.reuse))
			return true;
	return false;
}

/* Ports that servers have and those of connections out are counted apart, so that many of the one
 * kind do not hide a free one of the other. */
uint32_t *tcp_port_users(const struct stack *stack, uint16_t port)
{
	uint32_t half = TCP_PORT_GROUPS / 2;

	return &stack->tcp->port_users[(port >= PORT_FIRST ? half : 0) + port % half];
}

/* Only bind() and listen() ask, and mostly for a port whose group is unused; else a walk over all
 * connections is the cheaper bargain than one more list that every connection is on. */
bool tcp_port_is_taken(const struct stack *stack, const struct net_endpoint *local, bool reuse)
{
	const struct tcp_layer *layer = stack->tcp;

	if (tcp_find_listener(stack, local) != NULL ||
	    is_in_use(layer->bound[local->port % TCP_BOUND_LISTS], local, reuse))
		return true;
	if (*tcp_port_users(stack, local->port) == 0)
		return false;
	for (uint32_t i = 0; i < layer->n_buckets; i++)
		if (is_in_use(layer->buckets[i], local, reuse))
			return true;
	return false;
}

uint16_t tcp_free_port(struct stack *stack, const struct net_addr *local)
{
	for (uint32_t i = 0; i < FREE_PORT_TRIES; i++) {
		struct net_endpoint ours = {
			.addr = *local,
			.port = (uint16_t)(PORT_FIRST + stack_random_below(stack, PORT_COUNT)),
		};

		if (!tcp_port_is_taken(stack, &ours, false))
			return ours.port;
	}
	return 0;
}
