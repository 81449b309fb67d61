/*
 * SPDX-License-Identifier: MIT
 *
 * kernel/arch/barrier.h for the host build of drivers/virtio/queue/split.c (Makefile): each barrier, which lies
 * between two accesses to what driver and device share, is a moment in which a test can let the
 * device act.  Between them that is every order that matters on one CPU; what a CPU may hold back
 * until a full barrier is fake_ring_hold_back()'s.
 */
#ifndef TESTS_LIB_INTERLEAVE_KERNEL_ARCH_BARRIER_H
#define TESTS_LIB_INTERLEAVE_KERNEL_ARCH_BARRIER_H

#include <stdbool.h>

/* NULL: nobody wants to.  `full`: the driver's stores are there for the device to see.  In fake_ring.c. */
extern void (*fake_ring_at_barrier)(bool full);

static inline void fake_barrier(bool full)
{
	if (fake_ring_at_barrier != 0)
		fake_ring_at_barrier(full);
}

static inline void barrier_full(void)
{
	fake_barrier(true);
}

static inline void barrier_store(void)
{
	fake_barrier(false);
}

static inline void barrier_load(void)
{
	fake_barrier(false);
}

#endif
