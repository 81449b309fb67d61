/*
 * SPDX-License-Identifier: MIT
 *
 * What parties count that wait for an answer; see net/awaited.h.
 */
#include "net/awaited.h"

#include "net/port.h"
#include "net/stack.h"

struct awaited *awaited_make(struct stack *stack, struct awaited **slot)
{
	const struct net_port *port = stack->port;

	if (*slot != NULL)
		return *slot;
	*slot = port->alloc(port->ctx, sizeof(**slot));
	if (*slot != NULL)
		**slot = (struct awaited){0};
	return *slot;
}

void awaited_free(struct stack *stack, struct awaited **slot)
{
	if (*slot != NULL)
		stack->port->free(stack->port->ctx, *slot, sizeof(**slot));
	*slot = NULL;
}

void awaited_add(struct stack *stack, struct awaited **slot, struct refused_reason why)
{
	struct awaited *a = awaited_make(stack, slot);

	if (a != NULL)
		refused_add(&a->refused, why);
}

void awaited_add_stranger(struct stack *stack, struct awaited **slot, const struct net_addr *from)
{
	struct awaited *a = awaited_make(stack, slot);

	if (a != NULL)
		refused_add_from(&a->refused, "came from", from);
}

void awaited_note(struct stack *stack, struct awaited **slot, const char *what, const struct net_addr *reporter,
		  const struct refused *refused)
{
	bool any = what != NULL || (refused != NULL && refused->count > 0);
	struct awaited *a = any ? awaited_make(stack, slot) : NULL;

	if (a == NULL)
		return;
	refused_merge(&a->refused, refused);
	if (what != NULL)
		refused_add_from(&a->said, what, reporter);
}
