/*
 * SPDX-License-Identifier: MIT
 *
 * What all layers of a stack draw on: its secret, and its random numbers.
 */
#include "net/stack.h"

#include "base/assert.h"

/* RFC 6528's numbers move forward for one tuple under one secret.  For so long an outsider may know the
 * tuple (two MSLs, of two minutes each: RFC 9293 3.4.2), or hold a SYN cookie; one of a connection that
 * lasted longer is drawn again once in 28,000 times. */
#define SECRET_REMEMBERED_NS (240 * NS_PER_S)

static bool is_remembered(const struct stack *stack, uint64_t now_ns)
{
	return stack->secret_used_ns != 0 &&
	       now_ns - stack->secret_used_ns < SECRET_REMEMBERED_NS;
}

void stack_renew_secret(struct stack *stack, uint64_t now_ns)
{
	const struct net_port *port = stack->port;
	uint64_t generation = port->generation == NULL ? 0 : port->generation(port->ctx);
	bool same = generation == stack->generation;

	if (!same)
		port->random(port->ctx, stack->ipv4_ids, sizeof(stack->ipv4_ids));
	if (!same || !is_remembered(stack, now_ns))
		port->random(port->ctx, stack->secret, sizeof(stack->secret));
	stack->generation = generation;
	stack->secret_used_ns = MAX(now_ns, (uint64_t)1);
}

uint32_t stack_random_below(struct stack *stack, uint32_t bound)
{
	uint32_t r;

	ASSERT(bound > 0);
	stack->port->random(stack->port->ctx, &r, sizeof(r));
	return (uint32_t)((uint64_t)r * bound >> 32);
}
