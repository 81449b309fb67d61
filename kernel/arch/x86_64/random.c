/* SPDX-License-Identifier: MIT */
/* RDSEED, RDRAND (Intel SDM volume 1, 7.3.17) and timing jitter. */
#include "kernel/arch/random.h"

#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/lapic.h"

const char *cpu_random_name(enum cpu_random kind)
{
	if (kind == CPU_RANDOM_SEED)
		return cpu_features()->rdseed ? "RDSEED" : NULL;
	return cpu_features()->rdrand ? "RDRAND" : NULL;
}

bool cpu_random_read(enum cpu_random kind, uint64_t *word)
{
	bool ok;

	if (kind == CPU_RANDOM_SEED)
		__asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(ok));
	else
		__asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ok));
	return ok;
}

/* A read of device memory leaves the guest or the core, and takes its time. */
uint64_t cpu_jitter(void)
{
	uint64_t start = cpu_counter();

	(void)lapic_timer_count();
	return cpu_counter() - start;
}
