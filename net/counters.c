/*
 * SPDX-License-Identifier: MIT
 *
 * The counters of a stack and of its interfaces, by name; see net/counters.h.
 */
#include "net/counters.h"

#include "base/string.h"
#include "net/net.h"
#include "net/stack.h"

/* One string, names in the order of the struct, each ended by NUL: an array of pointers would need
 * relocating, and net/ has no data that anything writes. */
#define COUNTER_NAME(name) #name "\0"
static const char counter_names[] = NET_COUNTERS(COUNTER_NAME);
#define COUNTER_COUNT (sizeof(struct net_counters) / sizeof(uint64_t))
#define COUNTER_ONE(name) +1
#define DROP_COUNTER_COUNT (0 NET_DROP_COUNTERS(COUNTER_ONE))

bool net_counter(const struct stack *stack, unsigned index, const char **name, uint64_t *value)
{
	const uint64_t *values = (const uint64_t *)&stack->counters;
	const char *at = counter_names;

	if (index >= COUNTER_COUNT)
		return false;
	for (unsigned i = 0; i < index; i++)
		at += strlen(at) + 1;
	*name = at;
	*value = values[index];
	return true;
}

bool net_counter_next(const struct stack *stack, struct net_counter_walk *walk, const char **name,
		      uint64_t *value)
{
	if (walk->index >= COUNTER_COUNT)
		return false;
	*name = walk->index == 0 ? counter_names : walk->at;
	*value = ((const uint64_t *)&stack->counters)[walk->index++];
	walk->at = *name + strlen(*name) + 1;
	return true;
}

uint64_t net_counter_by_name(const struct stack *stack, const char *name)
{
	const uint64_t *values = (const uint64_t *)&stack->counters;
	size_t len = strlen(name);
	const char *at = counter_names;

	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		size_t at_len = strlen(at);

		if (at_len == len && memcmp(at, name, len) == 0)
			return values[i];
		at += at_len + 1;
	}
	return 0;
}

#define INTERFACE_COUNTERS(X)                                                                   \
	X(rx_frames) X(rx_bytes) X(tx_frames) X(tx_bytes) X(rx_dropped) X(tx_dropped) X(rx_csum_bad)

bool net_interface_counter(const struct stack *stack, unsigned interface, unsigned index,
			   const char **interface_name, const char **name, uint64_t *value)
{
	static const char names[] = INTERFACE_COUNTERS(COUNTER_NAME);
	const struct netif *n = stack->netifs;
	const char *at = names;

	for (; n != NULL && interface > 0; interface--)
		n = n->next;
	if (n == NULL || index >= sizeof(n->counters) / sizeof(uint64_t))
		return false;
	for (unsigned i = 0; i < index; i++)
		at += strlen(at) + 1;
	*interface_name = n->name;
	*name = at;
	*value = ((const uint64_t *)&n->counters)[index];
	return true;
}

_Static_assert((0 INTERFACE_COUNTERS(COUNTER_ONE)) == sizeof(struct netif_counters) / sizeof(uint64_t),
	       "a name for each");

static void report_drop(struct stack *stack, const char *counter, uint64_t count)
{
	if (count > 0)
		event_emit(stack->port->events, EVENT_DROP, 0, 0, EV_STR("counter", counter),
			   EV_U64("count", count));
}

void net_report_drops(struct stack *stack)
{
	const char *name;
	uint64_t value;

	for (unsigned i = 0; i < DROP_COUNTER_COUNT && net_counter(stack, i, &name, &value); i++)
		report_drop(stack, name, value);
	for (struct netif *n = stack->netifs; n != NULL; n = n->next) {
		report_drop(stack, "netif_rx_dropped", n->counters.rx_dropped);
		report_drop(stack, "netif_tx_dropped", n->counters.tx_dropped);
	}
}
