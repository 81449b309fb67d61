/* SPDX-License-Identifier: MIT */
/* A virtio device behind a made-up transport; see fake_virtio.h. */
#include "tests/lib/fake_virtio.h"

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "base/assert.h"
#include "tests/lib/fake_machine.h"

static struct fake_virtio *fake_of(struct virtio_device *dev)
{
	return CONTAINER_OF(dev, struct fake_virtio, dev);
}

static uint64_t fake_features(struct virtio_device *dev)
{
	struct fake_virtio *fake = fake_of(dev);

	ASSERT(fake->status == (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER));
	if (fake->feature_reads++ > 0 && fake->offered_later != 0)
		return fake->offered_later;
	return fake->offered;
}

static void fake_set_features(struct virtio_device *dev, uint64_t features)
{
	struct fake_virtio *fake = fake_of(dev);

	ASSERT((features & ~fake->offered) == 0);
	ASSERT((fake->status & VIRTIO_CONFIG_S_FEATURES_OK) == 0);
	fake->accepted = features;
}

static uint8_t fake_status(struct virtio_device *dev)
{
	return fake_of(dev)->status;
}

static void reset(struct fake_virtio *fake)
{
	fake->resets++;
	if (fake->never_resets)
		return;
	fake->status = 0;
	fake->config_interrupt = VIRTIO_NO_INTERRUPT;
	for (unsigned i = 0; i < FAKE_VIRTIO_QUEUES; i++)
		fake->enabled[i] = false;
}

static void fake_set_status(struct virtio_device *dev, uint8_t status)
{
	struct fake_virtio *fake = fake_of(dev);

	if (status == 0) {
		reset(fake);
		return;
	}
	if (fake->refuses_features)
		status &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
	/* 2.1.1: a driver never clears bits but by a reset. */
	ASSERT((fake->status & ~status & ~VIRTIO_CONFIG_S_NEEDS_RESET) == 0 ||
	       fake->never_resets);
	if ((status & VIRTIO_CONFIG_S_DRIVER_OK) != 0)
		ASSERT((fake->status & VIRTIO_CONFIG_S_FEATURES_OK) != 0);
	fake->status = status;
}

static uint16_t fake_queue_size(struct virtio_device *dev, uint16_t index)
{
	return index < FAKE_VIRTIO_QUEUES ? fake_of(dev)->queue_sizes[index] : 0;
}

static int fake_queue_enable(struct virtio_device *dev, struct virtq *queue, uint16_t interrupt)
{
	struct fake_virtio *fake = fake_of(dev);

	ASSERT((fake->status & VIRTIO_CONFIG_S_FEATURES_OK) != 0);
	ASSERT((fake->status & VIRTIO_CONFIG_S_DRIVER_OK) == 0);
	ASSERT(queue->size <= fake->queue_sizes[queue->index]);
	fake->enabled[queue->index] = true;
	fake->queue_interrupt[queue->index] = interrupt;
	fake->rings[queue->index] =
		fake_ring_on(queue->size, (uintptr_t)queue->descriptor_area,
			     (uintptr_t)queue->driver_area, (uintptr_t)queue->device_area,
			     (fake->accepted & VIRTIO_FEATURE(VIRTQ_F_EVENT_IDX)) != 0);
	return ERR_OK;
}

static void fake_notify(struct virtio_device *dev, struct virtq *queue)
{
	struct fake_virtio *fake = fake_of(dev);

	/* 3.1.1: no notification before DRIVER_OK, nor to a queue that is not there. */
	ASSERT((fake->status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
	ASSERT(fake->enabled[queue->index]);
	fake->notified[queue->index]++;
	if (fake->on_notify != NULL)
		fake->on_notify(fake, queue->index);
}

static uint32_t fake_config_generation(struct virtio_device *dev)
{
	struct fake_virtio *fake = fake_of(dev);

	return fake->never_settles ? fake->generation++ : fake->generation;
}

static int fake_config_read(struct virtio_device *dev, uint32_t off, void *buf, uint32_t len)
{
	struct fake_virtio *fake = fake_of(dev);

	fake->config_reads++;
	if (off > fake->config_len || len > fake->config_len - off)
		return ERR_RANGE;
	memcpy(buf, fake->config + off, len);
	return ERR_OK;
}

static int fake_config_interrupt(struct virtio_device *dev, uint16_t interrupt)
{
	if (fake_of(dev)->refuses_config_interrupt)
		return ERR_NXIO;
	fake_of(dev)->config_interrupt = interrupt;
	return ERR_OK;
}

static int fake_interrupt_open(struct virtio_device *dev, uint16_t interrupt, struct irq_line *line,
			       struct irq_source *source)
{
	struct fake_virtio *fake = fake_of(dev);
	int err = ERR_OK;

	ASSERT(interrupt < dev->n_interrupts && interrupt < FAKE_VIRTIO_INTERRUPTS);
	if (fake->level)
		irq_line_share(line, source);
	else
		err = irq_line_open(line, source);
	if (err == ERR_OK)
		fake->lines[interrupt] = line;
	return err;
}

static const struct virtio_transport_ops fake_ops = {
	.features = fake_features,
	.set_features = fake_set_features,
	.status = fake_status,
	.set_status = fake_set_status,
	.queue_size = fake_queue_size,
	.queue_enable = fake_queue_enable,
	.notify = fake_notify,
	.config_generation = fake_config_generation,
	.config_read = fake_config_read,
	.config_interrupt = fake_config_interrupt,
	.interrupt_open = fake_interrupt_open,
};

void fake_virtio_init(struct fake_virtio *fake, uint64_t features)
{
	*fake = (struct fake_virtio){
		.dev = {.ops = &fake_ops,
			.events = &fake_machine.sink,
			.at = "00:03.0",
			.n_interrupts = 3,
			.interrupt_kind = "MSI-X"},
		.offered = features | VIRTIO_FEATURE(VIRTIO_F_VERSION_1),
		.status = VIRTIO_CONFIG_S_DRIVER_OK, /* as the firmware left it */
		.queue_sizes = {256, 256, 64},
		.config_interrupt = VIRTIO_NO_INTERRUPT,
	};
}

void fake_virtio_net_init(struct fake_virtio *fake, uint64_t features)
{
	struct virtio_net_config config = {
		.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
		.status = VIRTIO_NET_S_LINK_UP,
		.mtu = 1500,
	};

	fake_virtio_init(fake, features);
	fake->dev.type = VIRTIO_ID_NET;
	memcpy(fake->config, &config, sizeof(config));
	fake->config_len = sizeof(config);
}

bool fake_virtio_receive(struct fake_virtio *fake, const void *hdr, const void *frame,
			 uint32_t frame_len)
{
	uint8_t bytes[2048];
	uint32_t hdr_len = sizeof(struct virtio_net_hdr_v1);
	struct fake_chain chain;

	ASSERT(hdr_len + frame_len <= sizeof(bytes));
	if (!fake->enabled[0] || !fake_ring_next(&fake->rings[0], &chain))
		return false;
	memcpy(bytes, hdr, hdr_len);
	memcpy(bytes + hdr_len, frame, frame_len);
	ASSERT(fake_chain_write(&chain, bytes, hdr_len + frame_len) == hdr_len + frame_len);
	fake_ring_use(&fake->rings[0], chain.head, hdr_len + frame_len);
	return true;
}

void fake_virtio_config_changed(struct fake_virtio *fake)
{
	fake->generation++;
	if (fake->config_interrupt == VIRTIO_NO_INTERRUPT)
		return;
	fake->lines[fake->config_interrupt]->fired = 1;
	fake->lines[fake->config_interrupt]->count++;
}
