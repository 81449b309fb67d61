/*
 * SPDX-License-Identifier: MIT
 *
 * A virtio device behind a transport of the test's own: it keeps the rules of virtio 1.1, 3.1 (and
 * aborts the test where the driver does not), or breaks those it is told to.
 */
#ifndef TESTS_LIB_FAKE_VIRTIO_H
#define TESTS_LIB_FAKE_VIRTIO_H

#include "drivers/virtio/virtio.h"
#include "kernel/irq/irq_input.h"
#include "tests/lib/fake_ring.h"

#define FAKE_VIRTIO_QUEUES 3
#define FAKE_VIRTIO_INTERRUPTS 4

struct fake_virtio {
	struct virtio_device dev;

	/* how it behaves */
	uint64_t offered;
	uint64_t offered_later; /* what further looks at its features show; 0: the same */
	bool never_resets;
	bool refuses_features;
	bool refuses_config_interrupt;
	bool never_settles;
	uint16_t queue_sizes[FAKE_VIRTIO_QUEUES];
	uint8_t config[64];
	uint32_t config_len;
	void (*on_notify)(struct fake_virtio *fake, unsigned queue);
	bool level; /* its interrupts are level-triggered, and the test fires its lines */

	/* what the driver did */
	uint64_t accepted;
	uint8_t status;
	uint8_t generation;
	unsigned feature_reads;
	unsigned resets;
	unsigned config_reads;
	bool enabled[FAKE_VIRTIO_QUEUES];
	uint16_t queue_interrupt[FAKE_VIRTIO_QUEUES];
	unsigned notified[FAKE_VIRTIO_QUEUES];
	struct fake_ring rings[FAKE_VIRTIO_QUEUES];
	uint16_t config_interrupt;
	struct irq_line *lines[FAKE_VIRTIO_INTERRUPTS];
};

/* A device with all virtio-net features the driver knows, queues of 256, link up, MTU 1500. */
void fake_virtio_net_init(struct fake_virtio *fake, uint64_t features);
void fake_virtio_init(struct fake_virtio *fake, uint64_t features);

/* The device receives `frame` from its wire: writes header and frame into the next buffer.  False:
 * the driver has given none. */
bool fake_virtio_receive(struct fake_virtio *fake, const void *hdr, const void *frame,
			 uint32_t frame_len);
/* Fires the interrupt of a changed configuration. */
void fake_virtio_config_changed(struct fake_virtio *fake);

#endif
