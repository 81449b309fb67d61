/*
 * SPDX-License-Identifier: MIT
 *
 * Waiting without burning the host's CPU.
 *
 *   idle_poll();             polls the devices; from here on, an interrupt is remembered
 *   ... poll the stack ...
 *   idle_until(deadline);    returns at once if one came meanwhile, else halts until an
 *                            interrupt or the deadline, whichever is first
 *
 * The halt arms every source of interrupts itself (kernel/irq/irq.h): the caller cannot forget it.
 */
#ifndef MACHINE_IDLE_H
#define MACHINE_IDLE_H

#include "base/compiler.h"

/* Polls every source of interrupts; true if one had anything. */
bool idle_poll(void);
/* `deadline_ns` absolute on clock_now_ns(), TIME_NEVER for no time-out.  May return early: when a
 * source has something, or wants to be polled.  Pending console output is drained before halting. */
void idle_until(uint64_t deadline_ns);
/* Nanoseconds halted since the start. */
uint64_t idle_total_ns(void);

#endif
