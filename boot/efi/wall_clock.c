/* SPDX-License-Identifier: MIT */
/* Calendar to seconds; see wall_clock.h. */
#include "boot/efi/wall_clock.h"

static bool is_leap_year(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

/* Firmware without a working clock returns nonsense rather than an error now and then. */
static bool is_valid(const struct wall_clock *t)
{
	bool zone_known = t->zone_min >= -1440 && t->zone_min <= 1440;

	return t->year >= 1970 && t->year <= 9999 && t->month >= 1 && t->month <= 12 &&
	       t->day >= 1 && t->day <= days_in_month(t->year, t->month) && t->hour <= 23 &&
	       t->minute <= 59 && t->second <= 60 &&
	       (zone_known || t->zone_min == WALL_CLOCK_ZONE_UNKNOWN);
}

static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
	unsigned before = year - 1; /* the last whole year */
	uint64_t days = 365u * (uint64_t)(year - 1970);

	/* Leap days up to the end of `before`; 477 of them fall before 1970. */
	days += before / 4 - before / 100 + before / 400 - 477;
	for (unsigned m = 1; m < month; m++)
		days += days_in_month(year, m);
	return days + day - 1;
}

uint64_t wall_clock_unix_s(const struct wall_clock *t)
{
	int64_t seconds;

	if (!is_valid(t))
		return 0;
	seconds = (int64_t)(days_since_1970(t->year, t->month, t->day) * 86400 + t->hour * 3600 +
			    t->minute * 60 + t->second);
	/* UEFI 2.10, 8.3: local time = UTC - TimeZone */
	if (t->zone_min != WALL_CLOCK_ZONE_UNKNOWN)
		seconds += (int64_t)t->zone_min * 60;
	return seconds > 0 ? (uint64_t)seconds : 0;
}
