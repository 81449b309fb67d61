/*
 * SPDX-License-Identifier: MIT
 *
 * Timers: a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986), intrusive and without
 * recursion, so stack use does not depend on how many timers there are.
 *
 * Links: `child` is the first child, `sibling` the next one; `prev` is the left sibling, or the
 * parent of a first child, or NULL for a root.  The list of timers that are being fired uses
 * sibling and prev in the same way, so that unlink() works on both.
 */
#include "net/timer.h"

static struct timer *meld(struct timer *a, struct timer *b)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (b->deadline_ns < a->deadline_ns) {
		struct timer *swap = a;

		a = b;
		b = swap;
	}
	b->prev = a;
	b->sibling = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Two passes over the children of a root that is gone: pairs left to right, then right to left. */
static struct timer *meld_children(struct timer *first)
{
	struct timer *pairs = NULL, *root = NULL;

	while (first != NULL) {
		struct timer *a = first, *b = a->sibling, *pair;

		first = b != NULL ? b->sibling : NULL;
		a->sibling = NULL;
		if (b != NULL)
			b->sibling = NULL;
		pair = meld(a, b);
		pair->sibling = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct timer *next = pairs->sibling;

		pairs->sibling = NULL;
		root = meld(root, pairs);
		pairs = next;
	}
	if (root != NULL)
		root->prev = NULL;
	return root;
}

/* Takes a timer that has a left neighbour or a parent out of its list. */
static void unlink_from_list(struct timer *t)
{
	if (t->prev->child == t)
		t->prev->child = t->sibling;
	else
		t->prev->sibling = t->sibling;
	if (t->sibling != NULL)
		t->sibling->prev = t->prev;
}

void timer_init(struct timer *t, void (*fire)(struct stack *, struct timer *, uint64_t))
{
	*t = (struct timer){.deadline_ns = TIME_NEVER, .fire = fire};
}

bool timer_is_set(const struct timer *t)
{
	return t->deadline_ns != TIME_NEVER;
}

void timer_cancel(struct timer_heap *heap, struct timer *t)
{
	struct timer *rest;

	if (!timer_is_set(t))
		return;
	rest = meld_children(t->child);
	if (t == heap->root) {
		heap->root = rest;
	} else if (t == heap->due) {
		heap->due = t->sibling;
		if (heap->due != NULL)
			heap->due->prev = NULL;
	} else {
		unlink_from_list(t);
		heap->root = meld(heap->root, rest);
	}
	t->child = t->sibling = t->prev = NULL;
	t->deadline_ns = TIME_NEVER;
}

void timer_set(struct timer_heap *heap, struct timer *t, uint64_t deadline_ns)
{
	timer_cancel(heap, t);
	if (deadline_ns == TIME_NEVER)
		return;
	t->deadline_ns = deadline_ns;
	heap->root = meld(heap->root, t);
}

uint64_t timer_next_deadline(const struct timer_heap *heap)
{
	uint64_t due = heap->due != NULL ? heap->due->deadline_ns : TIME_NEVER;
	uint64_t set = heap->root != NULL ? heap->root->deadline_ns : TIME_NEVER;

	return MIN(due, set);
}

/* Moves everything that is due into heap->due, earliest first. */
static void collect_due(struct timer_heap *heap, uint64_t now_ns)
{
	struct timer *last = NULL;

	while (heap->root != NULL && heap->root->deadline_ns <= now_ns) {
		struct timer *t = heap->root;

		heap->root = meld_children(t->child);
		t->child = t->sibling = NULL;
		t->prev = last;
		if (last != NULL)
			last->sibling = t;
		else
			heap->due = t;
		last = t;
	}
}

/* Collecting first bounds the work: a timer that sets itself to a time already past waits for the
 * next run.  A timer that another one's fire() cancels or moves leaves the list and does not fire. */
void timer_run(struct timer_heap *heap, struct stack *stack, uint64_t now_ns)
{
	collect_due(heap, now_ns);
	while (heap->due != NULL) {
		struct timer *t = heap->due;

		timer_cancel(heap, t);
		t->fire(stack, t, now_ns);
	}
}
