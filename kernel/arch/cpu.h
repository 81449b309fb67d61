/*
 * SPDX-License-Identifier: MIT
 *
 * The CPU itself.  What must be inline comes from <arch/cpu.h> of the architecture's include folder:
 *
 *   uint64_t cpu_counter(void)             the counter behind the clock: counts up, 64 bits, from any
 *                                          value, at a constant rate (kernel/arch/clock.h says which)
 *   void cpu_pause(void)                   once around each loop that waits for hardware
 *   void cpu_set_canary(uint64_t canary)   the stack protector's value; the caller is not protected
 *   NORETURN void cpu_raise_panic(void)    an exception whose handler finds panic_pending_message()
 */
#ifndef KERNEL_ARCH_CPU_H
#define KERNEL_ARCH_CPU_H

#include "base/compiler.h"
#include "log/event.h"

#include <arch/cpu.h>

/* Routes exceptions: from here on each ends in a panic report (kernel/fault/panic_report.h), on a stack of its
 * own.  The first call of all, with interrupts off, which is how they stay (kernel/irq/irq_halt.h). */
void cpu_traps_init(void);
/* Finds out what the CPU can do, and sets it up as the kernel wants it.  Once, behind the first. */
void cpu_init(void);
/* Emits EVENT_CPU. */
void cpu_report(struct event_sink *events);

#endif
