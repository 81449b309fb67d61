/* SPDX-License-Identifier: MIT */
/* app/hold.c: hold= keeps the machine up for exactly as long as it says. */
#include "app/app.h"
#include "tests/runner/unit.h"
#include "tests/unit/fake_sock.h"

static const struct config_platform none;
static const struct config_platform half_a_second_more = {.hold_ns = 1500 * NS_PER_MS};

static uint64_t held(const struct config_platform *platform)
{
	struct app_env env = {.machine = fake_machine, .platform = platform};

	fake_reset();
	app_hold(&env);
	return fake.now_ns;
}

TEST(it_lasts_as_long_as_announced)
{
	assert_int_equal(held(&half_a_second_more), 1500 * NS_PER_MS);
}

TEST(without_it_nothing_waits)
{
	assert_int_equal(held(&none), 0);
	assert_int_equal(fake.turns, 0);
}
