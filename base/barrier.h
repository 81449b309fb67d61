/*
 * SPDX-License-Identifier: MIT
 *
 * Memory barriers between this CPU and a device that reads and writes the same RAM.  x86 would
 * forgive most missing ones; other machines do not, so every ring access names the one it needs.
 */
#ifndef BASE_BARRIER_H
#define BASE_BARRIER_H

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

/* Stores before it are visible before stores after it. */
static inline void barrier_store(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Loads after it see at least what loads before it saw. */
static inline void barrier_load(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

#endif
