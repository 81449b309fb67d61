/*
 * SPDX-License-Identifier: MIT
 *
 * A virtio device behind whatever carries it: the operations that each transport (a folder beside
 * this file) has to offer so that the device drivers need not know which one it is.  Virtio 1.1, 2
 * and 4.
 *
 * Drivers call the operations through virtio.h, which adds the rules of the specification; only
 * the notification is called directly, on every batch.
 */
#ifndef DRIVERS_VIRTIO_TRANSPORT_H
#define DRIVERS_VIRTIO_TRANSPORT_H

#include "base/compiler.h"
#include "base/err.h"
#include "log/event.h"
#include "drivers/virtio/queue/queue.h"
#include "kernel/irq/irq.h"

#define VIRTIO_NO_INTERRUPT 0xffff
#define VIRTIO_AT_LEN 24

struct virtio_device;

struct virtio_transport_ops {
	uint64_t (*features)(struct virtio_device *dev);
	void (*set_features)(struct virtio_device *dev, uint64_t features);
	uint8_t (*status)(struct virtio_device *dev);
	/* 0 resets. */
	void (*set_status)(struct virtio_device *dev, uint8_t status);
	/* Largest size the device takes for this queue; 0: there is no such queue. */
	uint16_t (*queue_size)(struct virtio_device *dev, uint16_t index);
	/* Tells the device where the parts of `queue` lie and which of its interrupts it raises
	 * for it (VIRTIO_NO_INTERRUPT: none), prepares the doorbell and enables the queue. */
	int (*queue_enable)(struct virtio_device *dev, struct virtq *queue, uint16_t interrupt);
	/* The doorbell: the device has new buffers in `queue`.  Expensive under virtualisation. */
	void (*notify)(struct virtio_device *dev, struct virtq *queue);
	/* Changes when the device's configuration has changed. */
	uint32_t (*config_generation)(struct virtio_device *dev);
	/* ERR_RANGE: the device's configuration is not that long. */
	int (*config_read)(struct virtio_device *dev, uint32_t off, void *buf, uint32_t len);
	/* Which of its interrupts the device raises for a change of the configuration. */
	int (*config_interrupt)(struct virtio_device *dev, uint16_t interrupt);
	/* Connects the device's `interrupt` (< n_interrupts) with `line`, which belongs to
	 * `source`.  A transport whose interrupts are level-triggered (kernel/irq/irq_input.h)
	 * acknowledges them also for a driver that opens none: others may share them. */
	int (*interrupt_open)(struct virtio_device *dev, uint16_t interrupt, struct irq_line *line,
			      struct irq_source *source);
};

struct virtio_device {
	const struct virtio_transport_ops *ops;
	struct event_sink *events;
	char at[VIRTIO_AT_LEN]; /* where it is on its bus, for the log */
	uint16_t type;          /* VIRTIO_ID_* */
	/* Interrupts that can be distinguished; 0: it must be polled.  Where there is one, it stands
	 * for all queues and the configuration. */
	uint16_t n_interrupts;
	const char *interrupt_kind; /* what carries them, for the log */
	uint64_t features;          /* negotiated */
	bool dead;                  /* aborted: it is not accessed any more */
};

#endif
