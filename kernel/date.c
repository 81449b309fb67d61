/*
 * SPDX-License-Identifier: MIT
 *
 * Proleptic Gregorian calendar arithmetic, and the RTC's number formats (MC146818: BCD or binary,
 * 12 or 24 hours, afternoon in bit 7 of the hour).
 */
#include "kernel/date.h"

#define STATUS_B_24H (1u << 1)
#define STATUS_B_BINARY (1u << 2)
#define HOUR_PM 0x80u

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Leap years in 1 .. year. */
static unsigned leaps_through(unsigned year)
{
	return year / 4 - year / 100 + year / 400;
}

bool date_to_unix(const struct date *d, uint64_t *unix_s)
{
	uint64_t days;

	if (d->year < 1970 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > days_in_month(d->year, d->month))
		return false;
	/* A leap second (60) counts as the first of the next minute. */
	if (d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	days = (d->year - 1970) * UINT64_C(365) + leaps_through(d->year - 1) - leaps_through(1969);
	for (unsigned month = 1; month < d->month; month++)
		days += days_in_month(d->year, month);
	days += d->day - 1;
	*unix_s = ((days * 24 + d->hour) * 60 + d->minute) * 60 + d->second;
	return true;
}

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
