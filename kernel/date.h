/*
 * SPDX-License-Identifier: MIT
 *
 * Calendar dates to seconds since 1970, and what the CMOS RTC's registers say.  Pure.
 */
#ifndef KERNEL_DATE_H
#define KERNEL_DATE_H

#include "base/compiler.h"

struct date {
	unsigned year, month, day; /* 1970 and later, 1-12, 1-31 */
	unsigned hour, minute, second;
};

/* Seconds since 1970-01-01 00:00:00 UTC; false when there is no such date. */
bool date_to_unix(const struct date *date, uint64_t *unix_s) MUST_CHECK;

/* The registers of the MC146818 as read. */
struct rtc_registers {
	uint8_t second, minute, hour, day, month, year;
	uint8_t century;  /* 0: the machine has no such register */
	uint8_t status_b; /* bit 1: 24-hour, bit 2: binary instead of BCD */
};

/* false when the registers make no date. */
bool date_from_rtc(const struct rtc_registers *rtc, struct date *date) MUST_CHECK;

#endif
