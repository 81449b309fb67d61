/*
 * SPDX-License-Identifier: MIT
 *
 * Level-triggered interrupts: an input of an interrupt controller that stays asserted until each
 * device on it has been served, and that several devices may share.
 *
 *   the input fires      irq_input_fired(): it is masked, so that it fires once and not for ever
 *   the event loop polls each device on it is asked what it has signalled, which ends its assertion,
 *                        and fires the lines (kernel/irq/irq.h) of its driver that are meant, if any
 *   the event loop arms  it is unmasked; a device that asserted it meanwhile makes it fire again,
 *                        which ends the halt at once
 *
 * A driver does not see the difference: it has a struct irq_line.  The transport knows how its
 * device is acknowledged, the interrupt controller how an input is masked.
 */
#ifndef KERNEL_IRQ_IRQ_INPUT_H
#define KERNEL_IRQ_IRQ_INPUT_H

#include "kernel/irq/irq.h"

struct irq_input;

/* The interrupt controller's. */
struct irq_input_ops {
	void (*mask)(struct irq_input *input);
	void (*unmask)(struct irq_input *input);
};

enum irq_input_state {
	IRQ_INPUT_OPEN,
	IRQ_INPUT_FIRED,        /* masked, and not acknowledged since */
	IRQ_INPUT_ACKNOWLEDGED, /* masked */
};

/* One of the devices on an input, in the transport that knows it. */
struct irq_sharer {
	/* Asks the device what it has signalled, ends that, and fires the lines it was for.  True
	 * if there was anything. */
	bool (*acknowledge)(struct irq_sharer *sharer);
	struct irq_sharer *next;
};

struct irq_input {
	const struct irq_input_ops *ops;
	struct irq_source source; /* of its own: when it is acknowledged, when unmasked */
	struct irq_sharer *sharers;
	volatile uint8_t state;   /* enum irq_input_state */
	unsigned spurious;        /* times in a row that none of them had signalled anything */
};

/* Masked; it is unmasked when the event loop next arms, once a device is on it. */
void irq_input_init(struct irq_input *input, const struct irq_input_ops *ops);

/* From here on the device is acknowledged when the input fires, also where no driver waits for it: its
 * neighbours do.  Both must stay in place for ever. */
void irq_input_join(struct irq_input *input, struct irq_sharer *sharer);

/* A line that a sharer fires.  Watches the source it belongs to. */
void irq_line_share(struct irq_line *line, struct irq_source *source);

/* Called by the interrupt's handler, before it ends the interrupt at the controller; such an
 * interrupt counts in irq_window() like any other. */
void irq_input_fired(struct irq_input *input);

#endif
