/*
 * SPDX-License-Identifier: MIT
 *
 * The steps common to all virtio devices; see virtio.h.  Virtio 1.1, 3.1.1 (initialisation) and
 * 2.4 (configuration space).
 */
#include "drivers/virtio/virtio.h"

#include "kernel/time/clock.h"

#define RESET_TIMEOUT_NS (100 * NS_PER_MS)
#define GENERATION_TRIES 16

void virtio_complain(struct virtio_device *dev, const char *problem)
{
	event_emit(dev->events, EVENT_DEVICE_BAD, 0, 0, EV_STR("at", dev->at),
		   EV_STR("problem", problem));
}

/* Virtio 1.1, 2.1: the reset is done when the status reads 0. */
static int reset(struct virtio_device *dev)
{
	uint64_t deadline_ns = clock_now_ns() + RESET_TIMEOUT_NS;

	dev->ops->set_status(dev, 0);
	while (dev->ops->status(dev) != 0) {
		if (clock_now_ns() >= deadline_ns)
			return ERR_TIMEDOUT;
	}
	return ERR_OK;
}

bool virtio_abort(struct virtio_device *dev, const char *problem)
{
	dev->dead = true;
	virtio_complain(dev, problem);
	if (reset(dev) != ERR_OK) {
		virtio_complain(dev, "does not reset");
		return false;
	}
	/* Virtio 1.1, 2.1: FAILED tells the host's side that the guest has given up. */
	dev->ops->set_status(dev, VIRTIO_CONFIG_S_FAILED);
	return true;
}

static int refuse(struct virtio_device *dev, int err, const char *problem)
{
	(void)virtio_abort(dev, problem);
	return err;
}

int virtio_negotiate(struct virtio_device *dev, uint64_t wanted)
{
	uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	if (reset(dev) != ERR_OK)
		return refuse(dev, ERR_TIMEDOUT, "does not reset");
	dev->ops->set_status(dev, status);

	uint64_t offered = dev->ops->features(dev);

	if ((offered & VIRTIO_FEATURE(VIRTIO_F_VERSION_1)) == 0)
		return refuse(dev, ERR_PROTONOSUPPORT, "does not offer virtio 1 (VERSION_1)");
	/* The two platform features cost nothing here: a device's address is the physical one,
	 * and the ring's barriers are real ones. */
	dev->features = offered & (wanted | VIRTIO_FEATURE(VIRTIO_F_VERSION_1) |
				   VIRTQ_FEATURES |
				   VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) |
				   VIRTIO_FEATURE(VIRTIO_F_ORDER_PLATFORM));
	dev->ops->set_features(dev, dev->features);
	dev->ops->set_status(dev, status | VIRTIO_CONFIG_S_FEATURES_OK);
	/* Virtio 1.1, 3.1.1, step 6: the device accepts or rejects the choice here. */
	if ((dev->ops->status(dev) & VIRTIO_CONFIG_S_FEATURES_OK) == 0)
		return refuse(dev, ERR_PROTO, "refuses the features it offered (FEATURES_OK)");
	return ERR_OK;
}

void virtio_driver_ok(struct virtio_device *dev)
{
	dev->ops->set_status(dev, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
					  VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* --- queues -------------------------------------------------------------------------------- */

static const char *create_problem(int err)
{
	return err == ERR_NOMEM ? "no memory for its queues"
				: "has a queue whose size is no power of two";
}

int virtio_queue_open(struct virtio_device *dev, struct virtq **queue, uint16_t index,
		      uint16_t size_limit, uint16_t interrupt)
{
	uint16_t size = dev->ops->queue_size(dev, index);

	*queue = NULL;
	if (size == 0)
		return refuse(dev, ERR_NODEV, "lacks a queue (size 0)");

	int err = virtq_create(queue, size, size_limit, dev->features);

	if (err != ERR_OK)
		return refuse(dev, err, create_problem(err));
	(*queue)->index = index;
	err = dev->ops->queue_enable(dev, *queue, interrupt);
	if (err != ERR_OK)
		return refuse(dev, err, "does not take its queue");
	return ERR_OK;
}

/* --- configuration ------------------------------------------------------------------------- */

int virtio_config_read(struct virtio_device *dev, uint32_t off, void *buf, uint32_t len)
{
	/* Virtio 1.1, 2.4.1: the same generation before and after makes the bytes one picture. */
	for (unsigned i = 0; i < GENERATION_TRIES; i++) {
		uint32_t before = dev->ops->config_generation(dev);
		int err = dev->ops->config_read(dev, off, buf, len);

		if (err != ERR_OK)
			return err;
		if (dev->ops->config_generation(dev) == before)
			return ERR_OK;
	}
	return ERR_TIMEDOUT;
}
