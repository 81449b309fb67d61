/*
 * SPDX-License-Identifier: MIT
 *
 * The protocols above the link; see net/link/link.h.
 */
#include "net/link/link.h"

#include "base/assert.h"
#include "net/stack.h"

void link_register(struct stack *stack, const struct link_protocol *protocol)
{
	ASSERT(stack->n_link_protocols < LINK_PROTOCOLS_MAX);
	stack->link_protocols[stack->n_link_protocols++] = *protocol;
}

const struct link_protocol *link_protocol(const struct stack *stack, uint16_t type)
{
	for (unsigned i = 0; i < stack->n_link_protocols; i++)
		if (stack->link_protocols[i].type == type)
			return &stack->link_protocols[i];
	return NULL;
}

void link_refuse(struct stack *stack, struct netif *netif, uint16_t type, const uint8_t *p, size_t len,
		 struct refused_reason why)
{
	const struct link_protocol *protocol = link_protocol(stack, type);
	struct refused *refused = protocol != NULL ? protocol->awaits(stack, netif, p, len) : NULL;

	if (refused != NULL)
		refused_add(refused, why);
}
