/*
 * SPDX-License-Identifier: MIT
 *
 * The interrupt controller.  The rest of what an architecture offers of interrupts is in the headers
 * for those who use it: irq_line_open(), irq_line_message() in kernel/irq.h, for drivers; irq_window(),
 * irq_halt() in kernel/irq_halt.h, for the halt.
 */
#ifndef KERNEL_ARCH_IRQ_H
#define KERNEL_ARCH_IRQ_H

/* Switches the controller on, with nothing let through but the timer.  Panics on a machine without one. */
void irq_init(void);

#endif
