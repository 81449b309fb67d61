/* SPDX-License-Identifier: MIT */
/* The worth of timing jitter; see jitter.h. */
#include "kernel/entropy/jitter.h"

#include "base/string.h"

/* SP 800-90B 4.4 for a claim of 1/16 bit a reading and a false alarm in 2^20: 1 + 20 / H, and the
 * critical value of a binomial distribution of 2048 with p = 2^-H. */
#define RUN_CUTOFF 321u
#define PROPORTION_CUTOFF 2002u

#define LAGS 16u
#define Q 16u /* fractional bits */
#define ONE (UINT32_C(1) << Q)

uint8_t jitter_symbol(uint64_t reading)
{
	reading ^= reading >> 32;
	reading ^= reading >> 16;
	return (uint8_t)(reading ^ reading >> 8);
}

static unsigned longest_run(const uint8_t *s)
{
	unsigned run = 1, longest = 1;

	for (unsigned i = 1; i < JITTER_BLOCK; i++) {
		run = s[i] == s[i - 1] ? run + 1 : 1;
		longest = MAX(longest, run);
	}
	return longest;
}

static unsigned most_common(const uint8_t *s)
{
	uint16_t count[256] = {0};
	unsigned most = 0;

	for (unsigned i = 0; i < JITTER_BLOCK; i++) {
		count[s[i]]++;
		most = MAX(most, (unsigned)count[s[i]]);
	}
	return most;
}

/* "It is what it was `lag` readings ago": how often that is right.  Those before count as right. */
static unsigned lag_hits(const uint8_t *s, unsigned lag)
{
	unsigned hits = lag;

	for (unsigned i = lag; i < JITTER_BLOCK; i++)
		hits += s[i] == s[i - lag];
	return hits;
}

#define CONTEXT_BITS 10

/* Two pairs may have the same one, rarely: multiplicative hashing. */
static unsigned context_of(uint8_t before, uint8_t last)
{
	return (uint16_t)(((unsigned)before << 8 | last) * 40503u) >> (16 - CONTEXT_BITS);
}

/* "Behind these two comes what came last time": how often that is right, and JITTER_BLOCK where it
 * was for so long that nothing else can be expected. */
static unsigned context_hits(const uint8_t *s)
{
	uint8_t next[1u << CONTEXT_BITS];
	unsigned hits = 0, run = 0;

	memset(next, s[0], sizeof(next));
	for (unsigned i = 2; i < JITTER_BLOCK; i++) {
		unsigned context = context_of(s[i - 2], s[i - 1]);

		run = s[i] == next[context] ? run + 1 : 0;
		if (run >= RUN_CUTOFF)
			return JITTER_BLOCK;
		hits += run > 0;
		next[context] = s[i];
	}
	return hits;
}

static unsigned best_guess(const uint8_t *s)
{
	unsigned best = MAX(most_common(s), context_hits(s));

	for (unsigned lag = 1; lag <= LAGS; lag++)
		best = MAX(best, lag_hits(s, lag));
	return best;
}

static uint32_t square_root(uint64_t v)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
		if ((root + bit) * (root + bit) <= v)
			root += bit;
	}
	return (uint32_t)root;
}

/* 6.3.1: the upper bound, at 99 %, of a probability that was seen as hits of JITTER_BLOCK. */
static uint32_t upper_bound(unsigned hits)
{
	uint64_t p = (uint64_t)hits * ONE / JITTER_BLOCK;
	uint64_t deviation = square_root(p * (ONE - p) / (JITTER_BLOCK - 1));

	return (uint32_t)MIN(p + 2576 * deviation / 1000 + 1, (uint64_t)ONE);
}

/* -log2(p), p and the result with Q fractional bits. */
static uint32_t minus_log2(uint32_t p)
{
	uint32_t result = 0;
	uint64_t x = p;

	while (x < ONE) { /* to 1 <= x < 2 */
		x <<= 1;
		result += ONE;
	}
	for (uint32_t bit = ONE / 2; bit > 0; bit >>= 1) {
		x = x * x >> Q;
		if (x >= 2 * (uint64_t)ONE) {
			x >>= 1;
			result -= bit;
		}
	}
	return result;
}

unsigned jitter_bits(const uint8_t s[JITTER_BLOCK])
{
	if (longest_run(s) >= RUN_CUTOFF || most_common(s) >= PROPORTION_CUTOFF)
		return 0;
	uint64_t bits = (uint64_t)minus_log2(upper_bound(best_guess(s))) * JITTER_BLOCK >> Q;

	return (unsigned)MIN(bits, (uint64_t)JITTER_BLOCK_BITS);
}
