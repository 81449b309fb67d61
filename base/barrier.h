/*
 * SPDX-License-Identifier: MIT
 *
 * Memory barriers between this CPU and a device that reads and writes the same RAM.  x86 would
 * forgive most missing ones; other machines do not, so every ring access names the one it needs.
 */
#ifndef BASE_BARRIER_H
#define BASE_BARRIER_H

static inline void barrier_full(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
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
