/*
 * SPDX-License-Identifier: MIT
 *
 * What tells the time: the rate of cpu_counter(), a one-shot timer, the real-time clock.  Nanoseconds,
 * the monotonic and the wall clock are made of it in kernel/time.
 */
#ifndef KERNEL_ARCH_CLOCK_H
#define KERNEL_ARCH_CLOCK_H

#include "base/compiler.h"

struct clock_rates {
	uint64_t counter_hz; /* of cpu_counter() */
	uint64_t timer_hz;   /* of the timer's input, for the log */
	const char *source;  /* what they are known from, for the log: "CPUID", "ACPI PM timer" */
};

/* Finds the rates in two steps, so that the machine can come up between them where they have to be
 * measured (kernel/time/calibrate.h does that).  The first, behind irq_init(): */
void clock_rates_begin(void);
/* The second: waits until they are known, and panics where nothing tells the time.  timer_start() works
 * from here on. */
void clock_rates_finish(struct clock_rates *rates);

/* One interrupt, which ends irq_halt(), when at least `delta_ns` have passed, or earlier where the timer
 * cannot count so far.  Replaces the one asked for before. */
void timer_start(uint64_t delta_ns);

/* One attempt to read the real-time clock, without waiting: seconds since 1970 UTC.  false while the clock
 * is updating itself, or when there is none. */
bool rtc_read(uint64_t *unix_s) MUST_CHECK;

#endif
