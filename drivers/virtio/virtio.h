/*
 * SPDX-License-Identifier: MIT
 *
 * What every virtio driver does in the same way: reset, feature negotiation, queues, a consistent
 * read of the configuration, aborting it.  Virtio 1.1, 3.1.  All waits are bounded.
 */
#ifndef DRIVERS_VIRTIO_VIRTIO_H
#define DRIVERS_VIRTIO_VIRTIO_H

#include <linux/virtio_config.h>

#include "drivers/virtio/transport.h"

#define VIRTIO_FEATURE(bit) (UINT64_C(1) << (bit))

static inline bool virtio_has(const struct virtio_device *dev, unsigned bit)
{
	return (dev->features & VIRTIO_FEATURE(bit)) != 0;
}

/*
 * Resets the device and agrees on those of `wanted` that it offers, VERSION_1 (required) and
 * what the ring and the platform need.  On an error the device is aborted and the log has the reason:
 * ERR_TIMEDOUT: the reset never ends; ERR_PROTONOSUPPORT: no VERSION_1; ERR_PROTO: FEATURES_OK
 * does not stay set.
 */
int virtio_negotiate(struct virtio_device *dev, uint64_t wanted) MUST_CHECK;

/*
 * Makes queue `index` with at most `size_limit` descriptors (a power of two) and enables it.
 * *queue stays for good.  ERR_NODEV: no such queue; ERR_PROTO: a size that is no power of two;
 * ERR_NOMEM.  On an error the device is aborted and the log has the reason.
 */
int virtio_queue_open(struct virtio_device *dev, struct virtq **queue, uint16_t index,
		      uint16_t size_limit, uint16_t interrupt) MUST_CHECK;

/* The driver is ready: buffers may be used from here on. */
void virtio_driver_ok(struct virtio_device *dev);

/* Publishes what was added to the queue, and rings the doorbell where the device asks for it. */
static inline void virtio_queue_kick(struct virtio_device *dev, struct virtq *queue)
{
	if (virtq_publish(queue))
		dev->ops->notify(dev, queue);
}

/* Reads configuration that changes at run time as a whole, never half old and half new.
 * ERR_TIMEDOUT: it does not settle.  ERR_RANGE: it is not that long. */
int virtio_config_read(struct virtio_device *dev, uint32_t off, void *buf, uint32_t len) MUST_CHECK;

/* Aborts the device: reports why, marks it dead, resets it.  True: no buffer is the device's any
 * more.  False: the reset hangs (reported, too), so its buffers must never be used again. */
bool virtio_abort(struct virtio_device *dev, const char *problem);

/* `problem` of this device as an event, without consequences. */
void virtio_complain(struct virtio_device *dev, const char *problem);

#endif
