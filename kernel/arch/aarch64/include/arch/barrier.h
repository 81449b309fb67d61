/* SPDX-License-Identifier: MIT */
/* kernel/arch/barrier.h for AArch64: devices are in the outer shareable domain (Arm ARM B2.3). */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

/* QEMU up to 8.0 leaves the fences of a guest with one emulated CPU out (x86_64/include/arch/barrier.h
 * has what came of it); reading the virtual count takes a lock there as reading the TSC does. */
static inline void barrier_full(void)
{
	unsigned long long count;

	__asm__ volatile("dmb osh\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
}

static inline void barrier_store(void)
{
	__asm__ volatile("dmb oshst" : : : "memory");
}

static inline void barrier_load(void)
{
	__asm__ volatile("dmb oshld" : : : "memory");
}

#endif
