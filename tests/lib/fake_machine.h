/*
 * SPDX-License-Identifier: MIT
 *
 * What the drivers need of the kernel, for tests on the host: memory that is counted and can run
 * short, a clock that moves each time it is read, interrupt lines, device memory that is a piece of
 * the test's own, and a recorder of events.
 */
#ifndef TESTS_LIB_FAKE_MACHINE_H
#define TESTS_LIB_FAKE_MACHINE_H

#include "log/event.h"
#include "kernel/irq/irq.h"
#include "net/port.h"

struct fake_machine {
	uint64_t now_ns;
	uint64_t tick_ns;    /* how far each look at the clock moves it */
	size_t pages;        /* what pages_available() says */
	int allocs_left;     /* pages and heap blocks until memory is out; -1: for ever */
	int fail_only;       /* 1: the next allocation fails, and no other; 2: the one after it... */
	unsigned lines_left; /* interrupt lines until there are no more */
	unsigned random_drawn; /* bytes */
	int outstanding;     /* allocations not given back */
	uint64_t mmio_phys;  /* device memory: [mmio_phys, mmio_phys + mmio_len) is at mmio */
	size_t mmio_len;
	uint8_t *mmio;

	struct event_sink sink;
	struct net_port port;
	unsigned event_count[EVENT_COUNT];
	char problem[160]; /* the text field "problem" of the last EVENT_DEVICE_BAD */
	char what[160];    /* "what" of the last EVENT_PCI_DEVICE */
	char features[160];
	char link[16]; /* of the last EVENT_NETDEV_UP or EVENT_NETDEV_LINK */
};

extern struct fake_machine fake_machine;

/* A new machine with everything in plenty; the memory of the one before is gone, also what its
 * drivers would have kept for ever. */
void fake_machine_reset(void);
/* Only the latter, after the last test. */
void fake_machine_off(void);

#endif
