/* SPDX-License-Identifier: MIT */
/* kernel/entropy/jitter: noise is credited, and what only looks busy is not. */
#include <stdlib.h>
#include <string.h>

#include "kernel/entropy/jitter.h"
#include "tests/runner/unit.h"

static uint8_t symbols[JITTER_BLOCK];
static uint64_t random_state;

static uint32_t noise(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

static void fresh(void)
{
	random_state = 1;
}

FIXTURE(fresh, NULL);

#define EACH(expression)                                \
	do {                                            \
		for (uint64_t i = 0; i < JITTER_BLOCK; i++) \
			symbols[i] = jitter_symbol(expression); \
	} while (0)

TEST(a_constant_is_worth_nothing)
{
	EACH(i * 0 + 1234);
	assert_int_equal(jitter_bits(symbols), 0);
	EACH(0 * i);
	assert_int_equal(jitter_bits(symbols), 0);
}

TEST(a_pattern_is_worth_nothing)
{
	static const unsigned longest = 16;

	for (unsigned period = 2; period <= longest; period++) {
		uint64_t pattern[16];

		for (unsigned i = 0; i < period; i++)
			pattern[i] = 100 + noise() % 50;
		EACH(pattern[i % period]);
		assert_int_equal(jitter_bits(symbols), 0);
	}
}

/* What the two before it decide: a counter, and a machine of states with a long way round. */
TEST(a_computed_sequence_is_worth_nothing)
{
	uint64_t x = 7;

	EACH(i / 2 % 61);
	assert_int_equal(jitter_bits(symbols), 0);
	EACH((x = (x * 5 + 3) % 64));
	assert_int_equal(jitter_bits(symbols), 0);
	EACH((x = (x * 5 + 3) % 256));
	assert_int_equal(jitter_bits(symbols), 0);
}

/* A long constant with a rare exception, as a busy host puts into a computed clock. */
TEST(rare_exceptions_are_worth_little)
{
	EACH(i % 100 == 99 ? 5000 + noise() : 1234);
	assert_in_range(jitter_bits(symbols), 0, JITTER_BLOCK_BITS / 2);
	EACH(i == 1000 ? 5000 : 1234);
	assert_int_equal(jitter_bits(symbols), 0);
}

/* SP 800-90B 4.4.1: stuck for long, however lively before. */
TEST(a_source_that_gets_stuck_fails)
{
	EACH(i < 1720 ? noise() % 1000 : 77);
	assert_int_equal(jitter_bits(symbols), 0);
	EACH(i < 1740 ? noise() % 1000 : 77);
	assert_true(jitter_bits(symbols) > 0);
}

TEST(noise_is_credited_up_to_the_cap)
{
	for (unsigned round = 0; round < 200; round++) {
		EACH(1000 + noise() % 64);
		assert_int_equal(jitter_bits(symbols), JITTER_BLOCK_BITS);
		EACH(noise() % 2); /* a fair coin has one bit, the cap is far below */
		assert_int_equal(jitter_bits(symbols), JITTER_BLOCK_BITS);
	}
}

/* Never more than there is: a coin that falls on one side p times of 256. */
TEST(a_loaded_coin_is_worth_less_than_it_has)
{
	static const struct {
		unsigned p;
		double bits; /* -log2(p / 256) */
	} coins[] = {{246, 0.0575}, {250, 0.0342}, {253, 0.0170}};

	for (unsigned c = 0; c < ARRAY_LEN(coins); c++) {
		uint64_t sum = 0;

		for (unsigned round = 0; round < 200; round++) {
			EACH(noise() % 256 < coins[c].p);
			sum += jitter_bits(symbols);
		}
		assert_true((double)sum / 200 < coins[c].bits * JITTER_BLOCK);
	}
}
