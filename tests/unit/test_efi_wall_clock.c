/* SPDX-License-Identifier: MIT */
/* boot/efi/wall_clock: against the C library's calendar, time zones, and times that are none. */
#include <stdlib.h>
#include <time.h>

#include "boot/efi/wall_clock.h"
#include "tests/runner/unit.h"

static struct wall_clock from_unix(time_t t, int zone_min)
{
	struct tm tm;

	gmtime_r(&t, &tm);
	return (struct wall_clock){
		.year = (unsigned)tm.tm_year + 1900, .month = (unsigned)tm.tm_mon + 1,
		.day = (unsigned)tm.tm_mday, .hour = (unsigned)tm.tm_hour,
		.minute = (unsigned)tm.tm_min, .second = (unsigned)tm.tm_sec,
		.zone_min = zone_min,
	};
}

TEST(every_day_for_two_centuries)
{
	for (time_t t = 1; t < INT64_C(6400000000); t += 86400 + 3607) {
		struct wall_clock c = from_unix(t, 0);

		assert_int_equal(wall_clock_unix_s(&c), t);
	}
}

TEST(the_zone_is_what_local_time_lacks)
{
	/* 12:00 in New York's winter (UTC-5: 300) is 17:00 UTC; in Tokyo (UTC+9: -540) 03:00. */
	struct wall_clock c = {.year = 2024, .month = 1, .day = 1, .hour = 12};

	c.zone_min = 300;
	assert_int_equal(wall_clock_unix_s(&c), 1704128400);
	c.zone_min = -540;
	assert_int_equal(wall_clock_unix_s(&c), 1704078000);
	c.zone_min = WALL_CLOCK_ZONE_UNKNOWN;
	assert_int_equal(wall_clock_unix_s(&c), 1704110400);
}

TEST(times_that_are_none)
{
	static const struct wall_clock none[] = {
		{0, 0, 0, 0, 0, 0, 0},
		{1969, 12, 31, 23, 59, 59, 0},
		{1998, 0, 1, 0, 0, 0, 0},
		{1998, 13, 1, 0, 0, 0, 0},
		{1998, 1, 0, 0, 0, 0, 0},
		{1998, 4, 31, 0, 0, 0, 0},
		{2023, 2, 29, 0, 0, 0, 0},
		{2100, 2, 29, 0, 0, 0, 0},
		{1998, 1, 1, 24, 0, 0, 0},
		{1998, 1, 1, 0, 60, 0, 0},
		{1998, 1, 1, 0, 0, 61, 0},
		{1998, 1, 1, 0, 0, 0, 1441},
		{1998, 1, 1, 0, 0, 0, -1441},
		{10000, 1, 1, 0, 0, 0, 0},
		{65535, 255, 255, 255, 255, 255, -32768},
		{1970, 1, 1, 0, 0, 0, -60}, /* before 1970 in UTC */
	};
	struct wall_clock leap_day = {.year = 2024, .month = 2, .day = 29};

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_int_equal(wall_clock_unix_s(&none[i]), 0);
	assert_int_equal(wall_clock_unix_s(&leap_day), 1709164800);
}
