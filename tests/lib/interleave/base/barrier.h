/*
 * SPDX-License-Identifier: MIT
 *
 * base/barrier.h for the host build of drivers/virtio/ring.c (Makefile): each barrier, which lies
 * between two accesses to what driver and device share, is a moment in which a test can let the
 * device act.  Between them that is every order that matters on one CPU.
 */
#ifndef TESTS_LIB_INTERLEAVE_BASE_BARRIER_H
#define TESTS_LIB_INTERLEAVE_BASE_BARRIER_H

/* NULL: nobody wants to.  In fake_ring.c. */
extern void (*fake_ring_at_barrier)(void);

static inline void barrier_full(void)
{
	if (fake_ring_at_barrier != 0)
		fake_ring_at_barrier();
}

static inline void barrier_store(void)
{
	barrier_full();
}

static inline void barrier_load(void)
{
	barrier_full();
}

#endif
