/* SPDX-License-Identifier: MIT */
/* kernel/time/steady: time neither turns round nor stands still. */
#include "kernel/time/steady.h"
#include "tests/runner/unit.h"

TEST(it_is_the_counter)
{
	struct steady s = {0};

	for (int64_t ns = 0; ns < 1000000000000; ns = 3 * ns + 1)
		assert_int_equal(steady_now(&s, ns), ns);
	assert_false(s.set_back);
}

/* Two reads a little out of order, on a host that moves us between its processors. */
TEST(a_little_behind_is_waited_for)
{
	struct steady s = {0};

	assert_int_equal(steady_now(&s, 5 * NS_PER_S), 5 * NS_PER_S);
	assert_int_equal(steady_now(&s, 5 * NS_PER_S - 100), 5 * NS_PER_S);
	assert_int_equal(steady_now(&s, 4 * NS_PER_S), 5 * NS_PER_S);
	assert_int_equal(steady_now(&s, 6 * NS_PER_S), 6 * NS_PER_S);
	assert_false(s.set_back);
}

TEST(time_goes_on_where_it_was_set_back)
{
	struct steady s = {0};

	assert_int_equal(steady_now(&s, 100 * NS_PER_S), 100 * NS_PER_S);
	assert_int_equal(steady_now(&s, 7 * NS_PER_S), 100 * NS_PER_S);
	assert_true(s.set_back);
	s.set_back = false;
	assert_int_equal(steady_now(&s, 8 * NS_PER_S), 101 * NS_PER_S);
	assert_false(s.set_back);
	/* Behind where it began, and once more. */
	assert_int_equal(steady_now(&s, -50 * (int64_t)NS_PER_S), 101 * NS_PER_S);
	assert_int_equal(steady_now(&s, -49 * (int64_t)NS_PER_S), 102 * NS_PER_S);
	assert_true(s.set_back);
}
