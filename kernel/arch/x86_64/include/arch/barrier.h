/* SPDX-License-Identifier: MIT */
/* kernel/arch/barrier.h for x86-64. */
#ifndef ARCH_BARRIER_H
#define ARCH_BARRIER_H

/* QEMU up to 8.0 leaves the fences of a guest with one emulated CPU out, though its devices run on
 * threads of their own (fixed by "tcg: Do not elide memory barriers for !CF_PARALLEL in system mode"):
 * a doorbell was not rung, with the ring full and nothing to come back, about once in a hundred thousand
 * frames under load.  What reads its time stamp counter takes a lock there, which is a fence; elsewhere
 * it costs some twenty cycles. */
static inline void barrier_full(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	__asm__ volatile("rdtsc" : : : "eax", "edx", "memory");
}

/* The CPU keeps the order of stores, and of loads, by itself: these two hold the compiler. */
static inline void barrier_store(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void barrier_load(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

#endif
