/*
 * SPDX-License-Identifier: MIT
 *
 * Waiting without burning the host's CPU.
 *
 *   idle_begin();            from here on, an interrupt is remembered
 *   ... look at devices, poll the stack ...
 *   idle_until(deadline);    returns at once if one came meanwhile, else halts until an
 *                            interrupt or the deadline, whichever is first
 */
#ifndef KERNEL_IDLE_H
#define KERNEL_IDLE_H

#include "base/compiler.h"

void idle_begin(void);
/* `deadline_ns` absolute on clock_now_ns(), TIME_NEVER for no time-out.  Pending console output is
 * drained before halting. */
void idle_until(uint64_t deadline_ns);
/* Nanoseconds halted since the start. */
uint64_t idle_total_ns(void);

#endif
