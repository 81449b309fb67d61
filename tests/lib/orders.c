/* SPDX-License-Identifier: MIT */
/* All orders, or drawn ones; see orders.h. */
#include "tests/lib/orders.h"

#include <stdio.h>

#include "base/assert.h"

#define CHOICES_MAX 100000

static struct {
	bool drawn;
	uint64_t seed, state;
	unsigned taken[CHOICES_MAX], of[CHOICES_MAX];
	unsigned n, at;
} orders;

void orders_begin_all(void)
{
	orders.drawn = false;
	orders.seed = orders.state = 1;
	orders.n = orders.at = 0;
}

void orders_rewind(void)
{
	orders.state = orders.seed;
	orders.at = 0;
}

void orders_begin_drawn(uint64_t seed)
{
	orders.drawn = true;
	orders.seed = orders.state = seed;
}

bool orders_are_drawn(void)
{
	return orders.drawn;
}

unsigned orders_draw(unsigned n)
{
	orders.state = orders.state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((orders.state >> 33) % n);
}

unsigned orders_choose(unsigned n)
{
	if (orders.drawn)
		return orders_draw(n);
	if (orders.at == orders.n) {
		ASSERT(orders.n < CHOICES_MAX);
		orders.taken[orders.n++] = 0;
	}
	orders.of[orders.at] = n;
	return orders.taken[orders.at++];
}

bool orders_next(void)
{
	while (orders.n > 0 && orders.taken[orders.n - 1] + 1 >= orders.of[orders.n - 1])
		orders.n--;
	if (orders.n == 0)
		return false;
	orders.taken[orders.n - 1]++;
	return true;
}

void orders_print(void)
{
	if (orders.drawn) {
		fprintf(stderr, "seed %llu\n", (unsigned long long)orders.seed);
		return;
	}
	fprintf(stderr, "choices:");
	for (unsigned i = 0; i < orders.at; i++)
		fprintf(stderr, " %u/%u", orders.taken[i], orders.of[i]);
	fprintf(stderr, "\n");
}
