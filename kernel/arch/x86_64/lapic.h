/*
 * SPDX-License-Identifier: MIT
 *
 * The local APIC: its timer, the end of interrupts, the address of messages;
 * irq_init() (kernel/arch/irq.h) switches it on, with everything masked but the timer and NMI.
 */
#ifndef KERNEL_ARCH_X86_64_LAPIC_H
#define KERNEL_ARCH_X86_64_LAPIC_H

#include "base/compiler.h"

#define LAPIC_TIMER_MAX UINT32_MAX

void lapic_eoi(void);
uint32_t lapic_id(void);

/* The count runs down from `ticks` to 0, where it interrupts once; 0 stops it. */
void lapic_timer_start(uint32_t ticks);
uint32_t lapic_timer_count(void);
/* TSC-deadline mode, where the CPU has it: the timer interrupts when the TSC reaches `tsc`. */
void lapic_timer_deadline_mode(void);
void lapic_timer_deadline(uint64_t tsc);

#endif
