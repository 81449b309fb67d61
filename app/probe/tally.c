/* SPDX-License-Identifier: MIT */
/* Minimum, mean, maximum and deviation of a series; see app/probe/tally.h. */
#include "app/probe/tally.h"

/* 71 minutes: longer times count as this, so that a square fits into a word. */
#define TIME_MAX_US UINT32_MAX

void tally_ok(struct tally *t, uint64_t time_ns)
{
	uint64_t us = MIN(time_ns / NS_PER_US, (uint64_t)TIME_MAX_US);
	uint64_t square = us * us;

	t->min_us = t->ok == 0 ? us : MIN(t->min_us, us);
	t->max_us = MAX(t->max_us, us);
	t->sum_us += us;
	t->squares_low += square;
	t->squares_high += t->squares_low < square;
	t->ok++;
	t->sent++;
}

void tally_failed(struct tally *t)
{
	t->sent++;
}

unsigned tally_loss_percent(const struct tally *t)
{
	uint64_t lost = t->sent - t->ok;

	return t->sent == 0 ? 0 : (unsigned)((lost * 100 + t->sent - 1) / t->sent);
}

unsigned tally_loss_hundredths(const struct tally *t)
{
	uint64_t lost = t->sent - t->ok;

	return t->sent == 0 ? 0 : (unsigned)((lost * 10000 + t->sent / 2) / t->sent);
}

uint64_t tally_mean_ns(const struct tally *t)
{
	return t->sum_us * NS_PER_US / t->ok;
}

/* A kernel without a C library has no division of 128 bits: by hand, 32 bits at a time. */
static unsigned __int128 divide(unsigned __int128 dividend, uint32_t divisor)
{
	unsigned __int128 quotient = 0;
	uint64_t rest = 0;

	for (unsigned i = 0; i < 4; i++) {
		rest = rest << 32 | (uint32_t)(dividend >> (96 - 32 * i));
		quotient = quotient << 32 | rest / divisor;
		rest %= divisor;
	}
	return quotient;
}

static uint64_t square_root(uint64_t v)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1) {
		if ((root | bit) * (root | bit) <= v)
			root |= bit;
	}
	return root;
}

/* (n * sum of squares - square of sum) / n^2: nothing is rounded before the last division.  The
 * largest term is n^2 * 2^64, which with n below 2^32 fits. */
uint64_t tally_deviation_ns(const struct tally *t)
{
	unsigned __int128 squares = (unsigned __int128)t->squares_high << 64 | t->squares_low;
	unsigned __int128 spread = squares * t->ok - (unsigned __int128)t->sum_us * t->sum_us;

	return square_root((uint64_t)divide(divide(spread, t->ok), t->ok)) * NS_PER_US;
}
