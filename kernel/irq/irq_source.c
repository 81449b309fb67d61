/*
 * SPDX-License-Identifier: MIT
 *
 * The list of what is polled, which is the list of what is armed; see irq_source.h.
 */
#include "kernel/irq/irq_source.h"

#include "base/assert.h"
#include "kernel/irq/irq.h"

static struct irq_source *sources;

void irq_unwatch(struct irq_source *source)
{
	for (struct irq_source **at = &sources; *at != NULL; at = &(*at)->next) {
		if (*at == source) {
			*at = source->next;
			return;
		}
	}
}

void irq_watch(struct irq_source *source)
{
	struct irq_source **at = &sources;

	ASSERT(source->poll != NULL && source->arm != NULL);
	irq_unwatch(source);
	while (*at != NULL)
		at = &(*at)->next;
	source->next = NULL;
	*at = source;
}

bool irq_poll_sources(uint64_t now_ns)
{
	bool something = false;

	for (struct irq_source *s = sources; s != NULL; s = s->next)
		something |= s->poll(s, now_ns);
	return something;
}

uint64_t irq_arm_sources(uint64_t now_ns)
{
	uint64_t poll_by_ns = TIME_NEVER;

	/* Also those behind one that has something: each is left in a state of its own. */
	for (struct irq_source *s = sources; s != NULL; s = s->next) {
		uint64_t by_ns = s->arm(s, now_ns);

		poll_by_ns = MIN(poll_by_ns, by_ns);
	}
	return poll_by_ns;
}
