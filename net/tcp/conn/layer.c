/*
 * SPDX-License-Identifier: MIT
 *
 * TCP of one stack as a whole: creation, destruction, and the list of connections that have
 * something to send once the batch of received frames is through.
 */
#include "net/tcp/conn/layer.h"
#include "net/tcp/conn/state.h"
#include "net/tcp/limits.h"
#include "net/tcp/send/output.h"
#include "net/tcp/tcb.h"

#include "base/string.h"
#include "net/ip/transport.h"

#define BUCKETS_AT_FIRST 64

struct tcp_layer *tcp_layer_create(struct stack *stack)
{
	const struct net_port *port = stack->port;
	struct tcp_layer *layer = port->alloc(port->ctx, sizeof(*layer));

	if (layer == NULL)
		return NULL;
	memset(layer, 0, sizeof(*layer));
	layer->next_conn = 1;
	layer->work_last = &layer->work_first;
	layer->time_wait_last = &layer->time_wait_first;
	layer->n_buckets = BUCKETS_AT_FIRST;
	layer->buckets = port->alloc(port->ctx, BUCKETS_AT_FIRST * sizeof(layer->buckets[0]));
	if (layer->buckets == NULL) {
		port->free(port->ctx, layer, sizeof(*layer));
		return NULL;
	}
	memset(layer->buckets, 0, BUCKETS_AT_FIRST * sizeof(layer->buckets[0]));
	return layer;
}

void tcp_layer_destroy(struct stack *stack, struct tcp_layer *layer)
{
	const struct net_port *port = stack->port;

	/* Freeing a connection takes it out of its bucket and out of its listener's queue; what
	 * is left in a queue then was over before it was accepted. */
	for (uint32_t i = 0; i < layer->n_buckets; i++)
		while (layer->buckets[i] != NULL)
			tcp_free(stack, layer->buckets[i]);
	while (layer->listeners != NULL) {
		struct tcb *l = layer->listeners;

		while (l->places.accept_first != NULL)
			tcp_free(stack, l->places.accept_first);
		tcp_free(stack, l);
	}
	port->free(port->ctx, layer->buckets, layer->n_buckets * sizeof(layer->buckets[0]));
	port->free(port->ctx, layer, sizeof(*layer));
}

static void tcp_error(struct stack *stack, const struct ip_error *error, uint64_t now_ns)
{
	if (error->err == ERR_MSGSIZE)
		tcp_too_big(stack, error, now_ns);
	else
		tcp_unreachable(stack, error, now_ns);
}

void tcp_init(struct stack *stack)
{
	static const struct ip_transport transport = {
		.protocol = IP_PROTO_TCP,
		.input = tcp_input,
		.error = tcp_error,
		.awaits = tcp_awaits,
		.address_gone = tcp_address_gone,
	};

	ip_register(stack, &transport);
}

uint32_t tcp_next_conn(const struct stack *stack)
{
	return stack->tcp->next_conn;
}

void net_tcp_states(const struct stack *stack, uint32_t by_state[NET_TCP_STATES])
{
	const struct tcp_layer *layer = stack->tcp;

	_Static_assert(NET_TCP_STATES == TCP_TIME_WAIT + 1, "one for each");
	memset(by_state, 0, NET_TCP_STATES * sizeof(by_state[0]));
	for (uint32_t i = 0; i < layer->n_buckets; i++)
		for (const struct tcb *tcb = layer->buckets[i]; tcb != NULL; tcb =
		     tcb->id.hash_next)
			by_state[tcb->life.state]++;
	for (const struct tcb *l = layer->listeners; l != NULL; l = l->id.hash_next)
		by_state[TCP_LISTEN]++;
}

/* --- work ------------------------------------------------------------------------------------ */

void tcp_work_add(struct stack *stack, struct tcb *tcb)
{
	struct tcp_layer *layer = stack->tcp;

	if (tcb->life.work_prev != NULL)
		return;
	tcb->life.work_next = NULL;
	tcb->life.work_prev = layer->work_last;
	*layer->work_last = tcb;
	layer->work_last = &tcb->life.work_next;
}

void tcp_work_remove(struct stack *stack, struct tcb *tcb)
{
	struct tcp_layer *layer = stack->tcp;

	if (tcb->life.work_prev == NULL)
		return;
	*tcb->life.work_prev = tcb->life.work_next;
	if (tcb->life.work_next != NULL)
		tcb->life.work_next->life.work_prev = tcb->life.work_prev;
	else
		layer->work_last = tcb->life.work_prev;
	tcb->life.work_prev = NULL;
}

bool tcp_has_work(const struct stack *stack)
{
	return stack->tcp->work_first != NULL;
}

void tcp_poll(struct stack *stack, uint64_t now_ns)
{
	struct tcb *tcb;

	/* tcp_output() never puts a connection back: what it cannot send now waits for a timer. */
	while ((tcb = stack->tcp->work_first) != NULL) {
		tcp_work_remove(stack, tcb);
		tcp_output(stack, tcb, now_ns);
	}
}
