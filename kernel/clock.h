/*
 * SPDX-License-Identifier: MIT
 *
 * Time: a monotonic clock in nanoseconds since the kernel's entry, one one-shot timer, and the
 * wall clock where the machine knows it.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include "base/compiler.h"

uint64_t clock_now_ns(void);
/* Busy-waits; for device reset delays of microseconds only. */
void clock_spin_us(uint32_t us);
/* Seconds since 1970 UTC, 0: unknown. */
uint64_t clock_unix_s(void);

#endif
