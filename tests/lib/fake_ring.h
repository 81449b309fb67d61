/*
 * SPDX-License-Identifier: MIT
 *
 * The device's half of a split virtqueue, for tests: walks the available ring as a conforming
 * device does, and can be told to do what none should.  It computes its own view of the layout
 * and of event suppression from the specification (virtio 1.1, 2.6), not with the driver's code.
 */
#ifndef TESTS_LIB_FAKE_RING_H
#define TESTS_LIB_FAKE_RING_H

#include <linux/virtio_ring.h>

#include "base/compiler.h"

#define FAKE_CHAIN_MAX 16

/* Called in the host build at each barrier of drivers/virtio/queue/split.c; NULL: nothing is. */
extern void (*fake_ring_at_barrier)(bool full);

/* What the driver writes on its own, outside of descriptors. */
struct fake_ring_words {
	uint16_t avail_idx, flags, used_event;
};

struct fake_ring {
	uint16_t size;
	bool event_idx;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_seen;
	uint16_t used_idx;
	unsigned interrupts; /* that a conforming device would have raised */
	bool held_back;      /* the device sees `shown` instead of what is there */
	struct fake_ring_words shown;
};

struct fake_piece {
	uint8_t *at;
	uint32_t len;
	bool device_writes;
};

struct fake_chain {
	uint16_t head;
	unsigned n;
	struct fake_piece pieces[FAKE_CHAIN_MAX];
	uint32_t out_len; /* bytes the device reads */
	uint32_t in_len;  /* bytes it may write */
};

struct fake_ring fake_ring_on(uint16_t size, uint64_t desc, uint64_t avail, uint64_t used,
			      bool event_idx);

/* A CPU's store buffer: the device sees none of the driver's words until fake_ring_show(). */
void fake_ring_hold_back(struct fake_ring *ring);
void fake_ring_show(struct fake_ring *ring);

/* True when the device sees one more available chain. */
bool fake_ring_has_next(const struct fake_ring *ring);
/* Takes the next available chain; false when there is none.  A malformed chain aborts the test. */
bool fake_ring_next(struct fake_ring *ring, struct fake_chain *chain);
/* Uses a chain, and counts an interrupt where the driver asked for one. */
void fake_ring_use(struct fake_ring *ring, uint32_t id, uint32_t len);
/* Whether the entry that is written with the used index at `idx` would raise one, as things stand. */
bool fake_ring_interrupts_at(const struct fake_ring *ring, uint16_t idx);
/* Copies out of, and into, the chain's pieces; return the bytes copied. */
uint32_t fake_chain_read(const struct fake_chain *chain, void *buf, uint32_t len);
uint32_t fake_chain_write(const struct fake_chain *chain, const void *buf, uint32_t len);

/* Asks for a notification at the next available buffer, or for none. */
void fake_ring_want_notify(struct fake_ring *ring, bool want);
void fake_ring_set_avail_event(struct fake_ring *ring, uint16_t idx);

#endif
