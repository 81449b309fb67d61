/*
 * SPDX-License-Identifier: MIT
 *
 * The interrupt controller, and the CPU's interface to it.  Interrupts are disabled but in irq_let_in() and
 * irq_halt(); a handler calls what kernel/irq/irq_handler.h has for it, tells the controller that it is done,
 * and returns.  Which sources there are and when to halt is decided elsewhere (kernel/irq/irq.h).
 */
#ifndef KERNEL_ARCH_IRQ_H
#define KERNEL_ARCH_IRQ_H

#include "kernel/irq/irq.h"

/* Message-signalled lines, at least on every architecture; they are numbered from 0. */
#define IRQ_LINES 14

/* Switches the controller on, with nothing let through but the timer and messages.  Panics on a machine
 * without one. */
void irq_init(void);
/* What a device has to write, and where, for irq_line_fired(number) to be called. */
struct irq_message irq_message_of(unsigned number);

/* Lets interrupts in that are pending, and disables them again. */
void irq_let_in(void);
/* irq_halt(), which halts until an interrupt, is the architecture's, too: kernel/irq/irq_halt.h. */

#endif
