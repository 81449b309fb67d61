/*
 * SPDX-License-Identifier: MIT
 *
 * One-shot timers of a stack: an intrusive pairing heap, so that setting and firing cost no memory
 * and O(log n), however many connections there are.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include "base/compiler.h"

struct stack;

struct timer {
	uint64_t deadline_ns; /* TIME_NEVER: not set */
	struct timer *child, *sibling, *prev; /* heap links, the heap's own */
	void (*fire)(struct stack *stack, struct timer *timer, uint64_t now_ns);
};

struct timer_heap {
	struct timer *root;
	struct timer *due; /* taken out by a timer_run() that is under way, not fired yet */
};

void timer_init(struct timer *t, void (*fire)(struct stack *, struct timer *, uint64_t));
bool timer_is_set(const struct timer *t);
/* Sets or moves the deadline (absolute). */
void timer_set(struct timer_heap *heap, struct timer *t, uint64_t deadline_ns);
void timer_cancel(struct timer_heap *heap, struct timer *t);
uint64_t timer_next_deadline(const struct timer_heap *heap);
/* Fires what is due, each timer at most once; a fired timer may set itself again. */
void timer_run(struct timer_heap *heap, struct stack *stack, uint64_t now_ns);

#endif
