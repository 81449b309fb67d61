/*
 * SPDX-License-Identifier: MIT
 *
 * The CPU's own random numbers, one word at a time; what they are worth, repeated attempts and stuck
 * sources are kernel/entropy's.
 */
#ifndef KERNEL_ARCH_RANDOM_H
#define KERNEL_ARCH_RANDOM_H

#include "base/compiler.h"

enum cpu_random {
	CPU_RANDOM_SEED,      /* drawn from noise: RDSEED, RNDRRS */
	CPU_RANDOM_GENERATOR, /* of a generator that the CPU seeds, faster: RDRAND, RNDR */
};

/* The instruction's name, for the log; NULL: this CPU has none of that kind. */
const char *cpu_random_name(enum cpu_random kind);
/* One attempt of an instruction that is there; false: it has nothing at the moment. */
bool cpu_random_read(enum cpu_random kind, uint64_t *word) MUST_CHECK;

/* One reading of how long something takes that never takes equally long. */
uint64_t cpu_jitter(void);

#endif
