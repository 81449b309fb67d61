/*
 * SPDX-License-Identifier: MIT
 *
 * Interrupts, as the drivers see them.
 *
 * An interrupt sets its line's flag and ends a halt, nothing more: no driver code runs in interrupt
 * context.  What a device has done is found by polling it.  A driver is therefore an irq_source, and
 * the event loop (machine/idle.h) may halt only in this order:
 *
 *   poll every source until none of them has anything
 *   arm every source                  ask for the interrupt, then check the queues once more
 *   halt                              only if each check found nothing
 *
 * The halt itself arms the sources, all of them, each time; and no line is opened without a source.
 * So there is no way to wait for an interrupt that was not asked for.
 */
#ifndef KERNEL_IRQ_IRQ_H
#define KERNEL_IRQ_IRQ_H

#include "base/compiler.h"
#include "base/err.h"

struct irq_source {
	/* Handles what the device has done, as much as one call may.  True if there was anything:
	 * the sources are polled again before a halt. */
	bool (*poll)(struct irq_source *source, uint64_t now_ns);
	/*
	 * Asks for an interrupt for everything that is waited for (received frames, room to
	 * transmit, a changed configuration ...) and checks after that whether it has happened
	 * already, since its interrupt may then never come.  Poll never arms; arm never handles.
	 * An interrupt that was asked for is good for one halt.
	 * Returns when the source must be polled again even if no interrupt comes:
	 *   now_ns (or earlier)  there is something to poll: do not halt
	 *   a later time         what no interrupt reports is checked for then
	 *   TIME_NEVER           an interrupt reports everything
	 * A line that stays asserted until it is served is kernel/irq/irq_input.h's: nothing else has to
	 * be done for it here.
	 */
	uint64_t (*arm)(struct irq_source *source, uint64_t now_ns);
	struct irq_source *next; /* of those watched */
};

/* From here on the source is polled and armed; at once or twice is the same.  It must stay in place
 * until it is no longer watched. */
void irq_watch(struct irq_source *source);
/* For a device that is not used, or was aborted: its interrupts may come, and mean nothing. */
void irq_unwatch(struct irq_source *source);

struct irq_line {
	volatile uint32_t fired; /* set to 1 by the interrupt; cleared by irq_take() */
	volatile uint64_t count; /* interrupts in all */
	uint8_t number;          /* message-signalled: of kernel/irq/irq_lines.c */
};

/* What a message-signalled interrupt has to write where. */
struct irq_message {
	uint64_t address;
	uint32_t data;
};

/* Gives `line` a free number and watches the source it belongs to; the line must stay in place for
 * ever.  ERR_NOSPC when none is left. */
int irq_line_open(struct irq_line *line, struct irq_source *source) MUST_CHECK;
struct irq_message irq_line_message(const struct irq_line *line);

/* The interrupt that the line stands for has come: called by what carries it. */
static inline void irq_line_fire(struct irq_line *line)
{
	__atomic_store_n(&line->fired, 1, __ATOMIC_RELEASE);
	line->count++;
}

/* True when the line fired since the last call. */
static inline bool irq_take(struct irq_line *line)
{
	return __atomic_exchange_n(&line->fired, 0, __ATOMIC_ACQUIRE) != 0;
}

#endif
