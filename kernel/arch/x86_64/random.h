/* SPDX-License-Identifier: MIT */
/* The CPU's own random numbers. */
#ifndef KERNEL_ARCH_X86_64_RANDOM_H
#define KERNEL_ARCH_X86_64_RANDOM_H

#include "base/compiler.h"

/* Fills `words`, trying each a bounded number of times; false where the CPU has no such
 * instruction, it does not deliver, or what it delivers is plainly stuck. */
bool cpu_rdseed(uint64_t *words, unsigned count) MUST_CHECK;
bool cpu_rdrand(uint64_t *words, unsigned count) MUST_CHECK;

/* One reading of how long something takes that never takes equally long. */
uint64_t cpu_jitter(void);

#endif
