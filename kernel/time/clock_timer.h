/*
 * SPDX-License-Identifier: MIT
 *
 * The clock's inner half: its calibration at the start, and the one-shot timer that ends a halt.
 */
#ifndef KERNEL_TIME_CLOCK_TIMER_H
#define KERNEL_TIME_CLOCK_TIMER_H

#include "base/compiler.h"
#include "log/event.h"
#include "boot/boot_info.h"

/* Takes the first sample of the calibration. */
void clock_begin(const struct boot_info *bi);
/* Takes the second one, at least a millisecond later; clock_now_ns() does it otherwise. */
void clock_finish(void);
void clock_report(struct event_sink *events);
/* Microseconds from the machine's start to the kernel's entry; false where the counter cannot tell. */
bool clock_firmware_us(uint64_t *us) MUST_CHECK;

/* The next timer interrupt comes at `at_ns` or before (a timer that cannot wait so long wakes
 * early); TIME_NEVER: whenever the hardware's range ends. */
void clock_timer_set(uint64_t at_ns, uint64_t now_ns);

#endif
