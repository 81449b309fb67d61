/* SPDX-License-Identifier: MIT */
/* The CMOS real-time clock; taken to keep UTC. */
#ifndef KERNEL_ARCH_X86_64_RTC_H
#define KERNEL_ARCH_X86_64_RTC_H

#include "base/compiler.h"

/* One attempt, without waiting: false while the clock is updating itself, or when there is none. */
bool rtc_read(uint64_t *unix_s) MUST_CHECK;

#endif
