/* SPDX-License-Identifier: MIT */
/* kernel/time/rtc_date: against the C library's calendar, dates that do not exist, and the RTC's formats. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "kernel/time/rtc_date.h"
#include "tests/runner/unit.h"

TEST(every_fifth_day_of_four_centuries)
{
	for (time_t t = 0; t < (time_t)400 * 366 * 86400; t += 5 * 86400 + 3661) {
		struct tm tm;
		uint64_t s = 1;

		assert_non_null(gmtime_r(&t, &tm));
		const struct date d = {
			.year = (unsigned)tm.tm_year + 1900,
			.month = (unsigned)tm.tm_mon + 1,
			.day = (unsigned)tm.tm_mday,
			.hour = (unsigned)tm.tm_hour,
			.minute = (unsigned)tm.tm_min,
			.second = (unsigned)tm.tm_sec,
		};
		assert_true(date_to_unix(&d, &s));
		assert_int_equal(s, t);
	}
}

TEST(what_is_no_date)
{
	static const struct date bad[] = {
		{1969, 12, 31, 23, 59, 59}, {2023, 0, 1, 0, 0, 0}, {2023, 13, 1, 0, 0, 0},
		{2023, 1, 0, 0, 0, 0}, {2023, 4, 31, 0, 0, 0}, {2023, 2, 29, 0, 0, 0},
		{2100, 2, 29, 0, 0, 0}, {2023, 1, 1, 24, 0, 0}, {2023, 1, 1, 0, 60, 0},
		{2023, 1, 1, 0, 0, 61}, {10000, 1, 1, 0, 0, 0},
	};
	uint64_t s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(date_to_unix(&bad[i], &s));
	assert_true(date_to_unix(&(struct date){2000, 2, 29, 0, 0, 0}, &s));
	assert_true(date_to_unix(&(struct date){2016, 12, 31, 23, 59, 60}, &s)); /* leap second */
}

static void check_rtc(struct rtc_registers rtc, struct date want)
{
	struct date d;

	assert_true(date_from_rtc(&rtc, &d));
	assert_int_equal(d.year, want.year);
	assert_int_equal(d.month, want.month);
	assert_int_equal(d.day, want.day);
	assert_int_equal(d.hour, want.hour);
	assert_int_equal(d.minute, want.minute);
	assert_int_equal(d.second, want.second);
}

#define H24 2
#define BINARY 4

TEST(rtc_formats)
{
	/* second, minute, hour, day, month, year, century, status B */
	check_rtc((struct rtc_registers){0x59, 0x30, 0x23, 0x31, 0x12, 0x26, 0x20, H24},
		  (struct date){2026, 12, 31, 23, 30, 59});
	check_rtc((struct rtc_registers){59, 30, 23, 31, 12, 26, 20, H24 | BINARY},
		  (struct date){2026, 12, 31, 23, 30, 59});
	check_rtc((struct rtc_registers){0, 0, 0x10, 1, 1, 0x70, 0x19, 0},
		  (struct date){1970, 1, 1, 10, 0, 0});
	/* no century register, or nonsense in it: this century */
	check_rtc((struct rtc_registers){0, 0, 0, 1, 1, 0x26, 0, H24},
		  (struct date){2026, 1, 1, 0, 0, 0});
	check_rtc((struct rtc_registers){0, 0, 0, 1, 1, 0x26, 0xff, H24},
		  (struct date){2026, 1, 1, 0, 0, 0});
}

TEST(rtc_twelve_hours)
{
	static const struct { uint8_t reg, hour; } bcd[] = {
		{0x12, 0}, {0x01, 1}, {0x11, 11}, {0x92, 12}, {0x81, 13}, {0x91, 23},
	};

	for (size_t i = 0; i < sizeof(bcd) / sizeof(bcd[0]); i++)
		check_rtc((struct rtc_registers){0, 0, bcd[i].reg, 1, 1, 0x26, 0x20, 0},
			  (struct date){2026, 1, 1, bcd[i].hour, 0, 0});
	check_rtc((struct rtc_registers){0, 0, 0x80 | 12, 1, 1, 26, 20, BINARY},
		  (struct date){2026, 1, 1, 12, 0, 0});
}

TEST(rtc_nonsense)
{
	static const struct rtc_registers bad[] = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, /* nobody there */
		{0, 0, 0, 0, 0, 0, 0, H24},
		{0x5a, 0, 0, 1, 1, 0x26, 0x20, H24},  /* no BCD */
		{0, 0, 0x13, 1, 1, 0x26, 0x20, 0},    /* hour 13 of 12 */
		{0, 0, 0x00, 1, 1, 0x26, 0x20, 0},    /* hour 0 of 12 */
		{0, 0, 0, 0x31, 0x02, 0x26, 0x20, H24},
		{0, 0, 0, 1, 1, 0xa0, 0x20, H24},
		{0, 0, 0, 1, 1, 100, 20, H24 | BINARY},
	};
	struct date d;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(date_from_rtc(&bad[i], &d));
}
