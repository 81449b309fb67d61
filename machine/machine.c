/* SPDX-License-Identifier: MIT */
/* struct machine on the kernel; see machine/machine.h. */
#include "machine/machine.h"

#include "kernel/mm/memory.h"
#include "kernel/time/clock.h"
#include "machine/event_loop.h"
#include "machine/idle.h"

static uint64_t machine_now(void *ctx)
{
	(void)ctx;
	return clock_now_ns();
}

static uint64_t machine_idle(void *ctx)
{
	(void)ctx;
	return idle_total_ns();
}

static uint64_t machine_unix(void *ctx)
{
	(void)ctx;
	return clock_unix_s();
}

static void *machine_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return heap_alloc(size);
}

static void machine_free(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	heap_free(ptr, size);
}

static void machine_memory(void *ctx, uint64_t *total, uint64_t *available)
{
	(void)ctx;
	*total = pages_total() * PAGE_SIZE;
	*available = pages_available() * PAGE_SIZE;
}

static void machine_turn(void *ctx, uint64_t deadline_ns)
{
	event_loop_iterate(((struct machine *)ctx)->stack, deadline_ns);
}

void machine_init(struct machine *m, const struct machine_parts *parts)
{
	*m = (struct machine){
		.stack = parts->stack,
		.ctx = m,
		.now_ns = machine_now,
		.turn = machine_turn,
		.random = parts->random,
		.idle_ns = machine_idle,
		.alloc = machine_alloc,
		.free = machine_free,
		.unix_s = machine_unix,
		.memory = machine_memory,
		.progress = parts->progress,
	};
}
