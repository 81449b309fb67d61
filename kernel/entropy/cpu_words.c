/*
 * SPDX-License-Identifier: MIT
 *
 * Random instructions may fail for a moment, so they are tried again; some CPUs have returned the same
 * value for ever, so equal neighbours are refused.
 */
#include "kernel/entropy/cpu_words.h"

#include "kernel/arch/cpu.h"

#define ATTEMPTS 32

static bool read_word(enum cpu_random kind, uint64_t *word)
{
	for (unsigned attempt = 1; !cpu_random_read(kind, word); attempt++) {
		if (attempt == ATTEMPTS)
			return false;
		cpu_pause();
	}
	return *word != 0 && *word != UINT64_MAX;
}

bool cpu_words(enum cpu_random kind, uint64_t *words, unsigned count)
{
	if (cpu_random_name(kind) == NULL)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (!read_word(kind, &words[i]) || (i > 0 && words[i] == words[i - 1]))
			return false;
	}
	return true;
}
