/*
 * SPDX-License-Identifier: MIT
 *
 * The machine as the application, the blocking calls and the network's bring-up see it: a clock, an
 * event loop, memory, random bytes, a stack.  Functions behind a struct, so that the host's tests run
 * the same callers on a simulated one.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/compiler.h"

struct progress;
struct stack;

/* What goes on beside whatever the application waits for.  `run` does what can be done now, without
 * waiting, and returns when it wants to be called again at the latest. */
struct background {
	uint64_t (*run)(struct background *background, uint64_t now_ns);
};

/* machine_init() fills it on a real machine; tests have their own. */
struct machine {
	struct stack *stack;
	void *ctx;
	uint64_t (*now_ns)(void *ctx);
	/* One iteration of the event loop: drains devices, polls the stack, and sleeps until something
	 * happened or `deadline_ns` has come.  An iteration in which frames came in, a link came or went,
	 * sent frames were released, or one of the stack's timers was due does not sleep: each
	 * may be what is waited for. */
	void (*turn)(void *ctx, uint64_t deadline_ns);
	/* Fills with unpredictable bytes. */
	void (*random)(void *ctx, void *buf, size_t len);
	/* How long it has slept so far; NULL if not counted. */
	uint64_t (*idle_ns)(void *ctx);
	/* Memory for what only some runs need; as net/port.h has it.  NULL in tests without. */
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *ptr, size_t size);
	/* Seconds since 1970, 0 if unknown; NULL as well. */
	uint64_t (*unix_s)(void *ctx);
	/* Bytes that the page allocator was given, and still has.  NULL if not counted. */
	void (*memory)(void *ctx, uint64_t *total, uint64_t *available);
	struct progress *progress; /* reports a long wait; NULL: not reported */
	struct background *background; /* runs in every wait; NULL: nothing does */
	struct background *closing;    /* a second one: connections that are being closed */
};

/* What a machine is made of beside the kernel. */
struct machine_parts {
	struct stack *stack;
	struct progress *progress;
	void (*random)(void *ctx, void *buf, size_t len);
};

/* The real machine: the kernel's clock, heap and page allocator, its event loop on `parts->stack`.  `m` is its
 * own `ctx`, also in a copy of it, and so stays where it is. */
void machine_init(struct machine *m, const struct machine_parts *parts);

#endif
