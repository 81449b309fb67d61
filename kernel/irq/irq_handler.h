/*
 * SPDX-License-Identifier: MIT
 *
 * What the architecture's interrupt handler calls, on the interrupt stack, before it tells the controller
 * that it is done.  Nothing for the timer: it only ends a halt.
 */
#ifndef KERNEL_IRQ_IRQ_HANDLER_H
#define KERNEL_IRQ_IRQ_HANDLER_H

#include "base/compiler.h"

/* A message came in for this line (kernel/arch/irq.h); one that was never opened is spurious. */
void irq_line_fired(unsigned number);
/* A level-triggered input fired, behind irq_input_fired() (kernel/irq/irq_input.h): counts it. */
void irq_input_counted(void);
/* An interrupt that nothing here asked for. */
void irq_spurious(void);

#endif
