/* SPDX-License-Identifier: MIT */
/* app/probe/tally.c: losses and times of a series, exact where numbers are large too. */
#include "app/probe/tally.h"
#include "tests/runner/unit.h"

static struct tally tally_of(const uint64_t *times_us, size_t n)
{
	struct tally t = {0};

	for (size_t i = 0; i < n; i++)
		tally_ok(&t, times_us[i] * NS_PER_US);
	return t;
}

#define TALLY(...) \
	tally_of((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / 8)

TEST(minimum_mean_maximum)
{
	struct tally t = TALLY(30, 10, 21);

	assert_int_equal(t.min_us, 10);
	assert_int_equal(t.max_us, 30);
	assert_int_equal(tally_mean_ns(&t), 20333);
}

/* 2, 4, 4, 4, 5, 5, 7, 9: mean 5, deviation 2, as in any book. */
TEST(deviation)
{
	struct tally t = TALLY(2, 4, 4, 4, 5, 5, 7, 9);
	struct tally one = TALLY(123456);

	assert_int_equal(tally_deviation_ns(&t), 2 * NS_PER_US);
	assert_int_equal(tally_deviation_ns(&one), 0);
}

/* Two times that are near each other and far from 0: a rounded mean would drown the difference. */
TEST(small_deviation_of_large_times)
{
	struct tally t = TALLY(4000000000, 4000000003, 4000000000, 4000000003);

	assert_int_equal(tally_deviation_ns(&t), 1 * NS_PER_US); /* 1.5, rounded down */
}

/* Sums that need more than 64 bits: half of them 0, half of them as long as it counts. */
TEST(a_long_series_of_long_times)
{
	struct tally t = {0};

	for (unsigned i = 0; i < 1000000; i++)
		tally_ok(&t, i % 2 ? UINT64_MAX : 0);
	assert_int_equal(t.max_us, UINT32_MAX);
	assert_int_equal(tally_mean_ns(&t) / NS_PER_US, UINT32_MAX / 2);
	assert_int_equal(tally_deviation_ns(&t) / NS_PER_US, UINT32_MAX / 2);
}

TEST(losses_are_rounded_up)
{
	struct tally t = {0};

	assert_int_equal(tally_loss_percent(&t), 0);
	assert_int_equal(tally_loss_hundredths(&t), 0);
	for (unsigned i = 0; i < 999; i++)
		tally_ok(&t, 1);
	assert_int_equal(tally_loss_percent(&t), 0);
	tally_failed(&t);
	assert_int_equal(t.sent, 1000);
	assert_int_equal(tally_loss_percent(&t), 1);
	assert_int_equal(tally_loss_hundredths(&t), 10); /* 0.10 % */
	t = (struct tally){0};
	tally_failed(&t);
	assert_int_equal(tally_loss_percent(&t), 100);
	assert_int_equal(tally_loss_hundredths(&t), 10000);
	tally_ok(&t, 1);
	tally_ok(&t, 1);
	assert_int_equal(tally_loss_hundredths(&t), 3333); /* to the nearest */
	tally_failed(&t);
	tally_failed(&t);
	tally_failed(&t);
	assert_int_equal(tally_loss_hundredths(&t), 6667);
}
