/*
 * SPDX-License-Identifier: MIT
 *
 * RDSEED, RDRAND (Intel SDM volume 1, 7.3.17) and timing jitter.  Both instructions may fail for a
 * moment, so they are tried again; some CPUs have returned the same value for ever, so equal
 * neighbours are refused.
 */
#include "kernel/arch/x86_64/random.h"

#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/lapic.h"

#define TRIES 32

static bool rdseed_once(uint64_t *v)
{
	bool ok;
	__asm__ volatile("rdseed %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

static bool rdrand_once(uint64_t *v)
{
	bool ok;
	__asm__ volatile("rdrand %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

static bool draw(bool (*once)(uint64_t *), uint64_t *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned tries = TRIES;

		while (!once(&words[i])) {
			if (--tries == 0)
				return false;
			cpu_pause();
		}
		if (words[i] == 0 || words[i] == UINT64_MAX || (i > 0 && words[i] == words[i - 1]))
			return false;
	}
	return true;
}

bool cpu_rdseed(uint64_t *words, unsigned count)
{
	return cpu_features()->rdseed && draw(rdseed_once, words, count);
}

bool cpu_rdrand(uint64_t *words, unsigned count)
{
	return cpu_features()->rdrand && draw(rdrand_once, words, count);
}

/* A read of device memory leaves the guest or the core, and takes its time. */
uint64_t cpu_jitter(void)
{
	uint64_t start = rdtsc();

	(void)lapic_timer_count();
	return rdtsc() - start;
}
