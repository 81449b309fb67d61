/*
 * SPDX-License-Identifier: MIT
 *
 * What a stack has counted, for reports, metrics and tests: its counters by name, and its
 * connections by state.
 */
#ifndef NET_COUNTERS_H
#define NET_COUNTERS_H

#include "base/compiler.h"

struct stack;

/* Counters by name; index from 0, false past the last. */
bool net_counter(const struct stack *stack, unsigned index, const char **name, uint64_t *value);
/* All of them, in that order: begin with a zeroed walk; false at the end. */
struct net_counter_walk {
	unsigned index;
	const char *at;
};
bool net_counter_next(const struct stack *stack, struct net_counter_walk *walk, const char **name,
		      uint64_t *value);
/* The counter's value by name; 0 for a name that does not exist. */
uint64_t net_counter_by_name(const struct stack *stack, const char *name);
/* The same of an interface, and its own name; false past the last interface, or its last counter. */
bool net_interface_counter(const struct stack *stack, unsigned interface, unsigned index,
			   const char **interface_name, const char **name, uint64_t *value);

#define NET_TCP_STATES 11 /* see sock_state_name() */
/* How many connections are in each state; looks at all of them. */
void net_tcp_states(const struct stack *stack, uint32_t by_state[NET_TCP_STATES]);

#endif
