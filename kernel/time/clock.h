/*
 * SPDX-License-Identifier: MIT
 *
 * Time: a monotonic clock in nanoseconds since the kernel's entry, one one-shot timer, and the
 * wall clock where the machine knows it.
 */
#ifndef KERNEL_TIME_CLOCK_H
#define KERNEL_TIME_CLOCK_H

#include "base/compiler.h"

uint64_t clock_now_ns(void);
/* Busy-waits; for device reset delays of microseconds only. */
void clock_spin_us(uint32_t us);
/* Seconds since 1970 UTC, 0: unknown. */
uint64_t clock_unix_s(void);
/* True once where the clocks have parted since the last call, as they do where a machine goes on from
 * a snapshot: the RTC, read once a second at most, went two seconds further than the monotonic
 * clock or less far, or the counter behind that one was set back by more than a second. */
bool clock_jumped(void);

#endif
