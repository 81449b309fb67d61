/*
 * SPDX-License-Identifier: MIT
 *
 * Choices of a test that wants all orders of something: gone through in turn, or drawn from a seed.
 *
 *   orders_begin_all();                       orders_begin_drawn(seed);
 *   do {                                      ... orders_choose(n) ...
 *           orders_rewind();
 *           ... orders_choose(n) ...
 *   } while (orders_next());
 */
#ifndef TESTS_LIB_ORDERS_H
#define TESTS_LIB_ORDERS_H

#include "base/compiler.h"

/* Every order in turn, depth first.  What is tested must depend on nothing but the choices. */
void orders_begin_all(void);
/* To the start of the order that is under way. */
void orders_rewind(void);
/* On to the next one; false after the last. */
bool orders_next(void);

void orders_begin_drawn(uint64_t seed);
bool orders_are_drawn(void);

/* One of 0..n-1 (n > 0). */
unsigned orders_choose(unsigned n);
/* The same, but no choice of the order: from the seed, or where all orders are gone through from a
 * fixed one. */
unsigned orders_draw(unsigned n);

/* How to come here again: the seed, or the choices. */
void orders_print(void);

#endif
