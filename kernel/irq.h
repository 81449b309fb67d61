/*
 * SPDX-License-Identifier: MIT
 *
 * Interrupts, as the drivers see them: a vector that sets a flag and ends a halt, nothing more.
 * No driver code runs in interrupt context; the idle loop looks at what was flagged.
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include "base/compiler.h"
#include "base/err.h"

struct irq_line {
	volatile uint32_t fired; /* set to 1 by the interrupt; cleared by irq_take() */
	volatile uint64_t count; /* interrupts in all */
	uint8_t vector;
};

/* What a message-signalled interrupt has to write where. */
struct irq_message {
	uint64_t address;
	uint32_t data;
};

/* Gives `line` a free vector; it must stay in place for ever.  ERR_NOSPC when none is left. */
int irq_line_open(struct irq_line *line) MUST_CHECK;
struct irq_message irq_line_message(const struct irq_line *line);

/* True when the line fired since the last call. */
static inline bool irq_take(struct irq_line *line)
{
	return __atomic_exchange_n(&line->fired, 0, __ATOMIC_ACQUIRE) != 0;
}

#endif
