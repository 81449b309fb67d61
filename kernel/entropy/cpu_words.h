/* SPDX-License-Identifier: MIT */
/* Words of the CPU's random instructions (kernel/arch/random.h), believed only where they may be. */
#ifndef KERNEL_ENTROPY_CPU_WORDS_H
#define KERNEL_ENTROPY_CPU_WORDS_H

#include "kernel/arch/random.h"

/* Fills `words`, each by a bounded number of attempts; false where the CPU has no such instruction, it
 * does not deliver, or what it delivers is plainly stuck. */
bool cpu_words(enum cpu_random kind, uint64_t *words, unsigned count) MUST_CHECK;

#endif
