/*
 * SPDX-License-Identifier: MIT
 *
 * One iteration of the machine's event loop.
 */
#ifndef MACHINE_EVENT_LOOP_H
#define MACHINE_EVENT_LOOP_H

#include "base/compiler.h"

struct stack;

/*
 * Polls the devices and the stack.  If nothing came of it, halts until an interrupt, the stack's next
 * deadline or `deadline_ns`.  Returns without a halt when frames came in, a link came or went, sent
 * frames were released, or one of the stack's timers was due: each may be what the caller waits for.
 */
void event_loop_iterate(struct stack *stack, uint64_t deadline_ns);

#endif
