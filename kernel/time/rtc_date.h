/*
 * SPDX-License-Identifier: MIT
 *
 * What the CMOS RTC's registers say, as a date.  Pure.
 */
#ifndef KERNEL_TIME_RTC_DATE_H
#define KERNEL_TIME_RTC_DATE_H

#include "base/date.h"

/* The registers of the MC146818 as read. */
struct rtc_registers {
	uint8_t second, minute, hour, day, month, year;
	uint8_t century;  /* 0: the machine has no such register */
	uint8_t status_b; /* bit 1: 24-hour, bit 2: binary instead of BCD */
};

/* false when the registers make no date. */
bool date_from_rtc(const struct rtc_registers *rtc, struct date *date) MUST_CHECK;

#endif
