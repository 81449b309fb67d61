/*
 * SPDX-License-Identifier: MIT
 *
 * A virtio device behind registers in memory and one level-triggered interrupt, which other devices
 * may share: a second transport beside fake_virtio.h's, as different from PCI as there is one
 * (virtio 1.1, 4.2).  Its transport half (the operations) reaches its device half by registers alone.
 */
#ifndef TESTS_LIB_FAKE_MMIO_H
#define TESTS_LIB_FAKE_MMIO_H

#include "drivers/virtio/virtio.h"
#include "kernel/irq/irq_input.h"
#include "tests/lib/fake_ring.h"

#define FAKE_MMIO_QUEUES 2

struct fake_mmio_queue {
	uint32_t num;
	uint64_t desc, avail, used;
	bool ready;
	unsigned notified;
	unsigned interrupts; /* of the ring, that were signalled */
	struct fake_ring ring;
};

struct fake_mmio {
	/* the transport */
	struct virtio_device dev;
	struct irq_sharer sharer;
	struct irq_line *lines[2]; /* of used buffers, of the configuration; NULL: no driver's */

	/* the device */
	uint64_t offered, accepted;
	uint32_t features_page, driver_page, selected, status, interrupt_status, generation;
	uint8_t config[64];
	uint32_t config_len;
	bool ignores_wishes; /* interrupts also where the driver asked for none */
	unsigned acknowledged;
	void (*on_notify)(struct fake_mmio *m, unsigned queue);
	struct fake_mmio_queue queues[FAKE_MMIO_QUEUES];
};

/* n_interrupts 2: used buffers and the configuration are distinguished; 1: they are not. */
void fake_mmio_init(struct fake_mmio *m, uint64_t features, struct irq_input *input,
		    uint16_t n_interrupts);
void fake_mmio_net_init(struct fake_mmio *m, uint64_t features, struct irq_input *input,
			uint16_t n_interrupts);

static inline bool fake_mmio_asserts(const struct fake_mmio *m)
{
	return m->interrupt_status != 0;
}

/* The device uses a chain, and signals it. */
void fake_mmio_use(struct fake_mmio *m, unsigned queue, const struct fake_chain *chain, uint32_t len);
/* Receives a frame from its wire; false where the driver has given no buffer. */
bool fake_mmio_receive(struct fake_mmio *m, const void *frame, uint32_t len);
void fake_mmio_config_changed(struct fake_mmio *m);

#endif
