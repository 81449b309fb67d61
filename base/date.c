/* SPDX-License-Identifier: MIT */
/* Proleptic Gregorian calendar arithmetic; see base/date.h. */
#include "base/date.h"

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
