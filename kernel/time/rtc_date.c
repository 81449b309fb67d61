/*
 * SPDX-License-Identifier: MIT
 *
 * The RTC's number formats (MC146818: BCD or binary, 12 or 24 hours, afternoon in bit 7 of the hour).
 */
#include "kernel/time/rtc_date.h"

#define STATUS_B_24H (1u << 1)
#define STATUS_B_BINARY (1u << 2)
#define HOUR_PM 0x80u

/* A register's number; 255 when it is no BCD. */
static unsigned number(uint8_t v, bool binary)
{
	if (binary)
		return v;
	if ((v & 15) > 9 || v >> 4 > 9)
		return 255;
	return (v >> 4) * 10u + (v & 15);
}

/* 12-hour clocks count 12, 1, 2 ... 11. */
static unsigned hour_of(const struct rtc_registers *rtc, bool binary)
{
	unsigned hour;

	if (rtc->status_b & STATUS_B_24H)
		return number(rtc->hour, binary);
	hour = number(rtc->hour & (uint8_t)~HOUR_PM, binary);
	if (hour < 1 || hour > 12)
		return 255;
	return hour % 12 + (rtc->hour & HOUR_PM ? 12 : 0);
}

bool date_from_rtc(const struct rtc_registers *rtc, struct date *date)
{
	bool binary = rtc->status_b & STATUS_B_BINARY;
	unsigned year = number(rtc->year, binary);
	unsigned century = rtc->century == 0 ? 0 : number(rtc->century, binary);
	uint64_t ignored;

	if (year > 99)
		return false;
	/* Without a sane century register the year is one of this century's. */
	if (century < 19 || century > 29)
		century = 20;
	*date = (struct date){
		.year = century * 100 + year,
		.month = number(rtc->month, binary),
		.day = number(rtc->day, binary),
		.hour = hour_of(rtc, binary),
		.minute = number(rtc->minute, binary),
		.second = number(rtc->second, binary),
	};
	return date_to_unix(date, &ignored);
}
