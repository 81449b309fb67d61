/*
 * SPDX-License-Identifier: MIT
 *
 * What a CPU offers to the halt (machine/idle.c).  Interrupts are disabled everywhere else.
 */
#ifndef KERNEL_IRQ_IRQ_HALT_H
#define KERNEL_IRQ_IRQ_HALT_H

#include "base/compiler.h"

/* Lets pending interrupts in.  Returns how many of devices there have been in all. */
uint64_t irq_window(void);
/* Halts until an interrupt, also the timer's.  One that is pending ends the halt at once: none is
 * lost between the decision to halt and the halt. */
void irq_halt(void);

#endif
