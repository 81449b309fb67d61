/* SPDX-License-Identifier: MIT */
/* The order of one iteration; see event_loop.h. */
#include "machine/event_loop.h"

#include "kernel/time/clock.h"
#include "machine/idle.h"
#include "net/net.h"

void event_loop_iterate(struct stack *stack, uint64_t deadline_ns)
{
	bool something = idle_poll();
	uint64_t now_ns = clock_now_ns();
	bool timer_due = net_next_deadline(stack) <= now_ns;
	uint64_t next_ns;

	net_poll(stack, now_ns);
	if (something || timer_due)
		return;
	next_ns = net_next_deadline(stack);
	idle_until(MIN(deadline_ns, next_ns));
}
