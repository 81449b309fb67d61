/* SPDX-License-Identifier: MIT */
/* A virtio device behind registers and a level-triggered interrupt; see fake_mmio.h. */
#include "tests/lib/fake_mmio.h"

#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_net.h>
#include <string.h>

#include "base/assert.h"
#include "tests/lib/fake_machine.h"

/* --- the device's half: registers ------------------------------------------------------------- */

static void device_reset(struct fake_mmio *m)
{
	m->status = m->interrupt_status = 0;
	memset(m->queues, 0, sizeof(m->queues));
}

static void queue_ready(struct fake_mmio *m, struct fake_mmio_queue *q)
{
	ASSERT((m->status & VIRTIO_CONFIG_S_FEATURES_OK) != 0);
	ASSERT((m->status & VIRTIO_CONFIG_S_DRIVER_OK) == 0);
	q->ready = true;
	q->ring = fake_ring_on((uint16_t)q->num, q->desc, q->avail, q->used,
			       (m->accepted & VIRTQ_FEATURES) != 0);
	fake_ring_want_notify(&q->ring, true);
}

static void set_half(uint64_t *value, bool high, uint32_t half)
{
	*value = high ? (*value & UINT32_MAX) | (uint64_t)half << 32
		      : (*value & ~(uint64_t)UINT32_MAX) | half;
}

static void device_notified(struct fake_mmio *m, uint32_t queue)
{
	ASSERT((m->status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
	ASSERT(queue < FAKE_MMIO_QUEUES && m->queues[queue].ready);
	m->queues[queue].notified++;
	if (m->on_notify != NULL)
		m->on_notify(m, queue);
}

static void write_register(struct fake_mmio *m, uint32_t off, uint32_t v)
{
	struct fake_mmio_queue *q = &m->queues[m->selected % FAKE_MMIO_QUEUES];

	switch (off) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL: m->features_page = v; break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL: m->driver_page = v; break;
	case VIRTIO_MMIO_DRIVER_FEATURES: set_half(&m->accepted, m->driver_page != 0, v); break;
	case VIRTIO_MMIO_STATUS:
		m->status = v;
		if (v == 0)
			device_reset(m);
		break;
	case VIRTIO_MMIO_QUEUE_SEL: m->selected = v; break;
	case VIRTIO_MMIO_QUEUE_NUM: q->num = v; break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW: set_half(&q->desc, false, v); break;
	case VIRTIO_MMIO_QUEUE_DESC_HIGH: set_half(&q->desc, true, v); break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW: set_half(&q->avail, false, v); break;
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH: set_half(&q->avail, true, v); break;
	case VIRTIO_MMIO_QUEUE_USED_LOW: set_half(&q->used, false, v); break;
	case VIRTIO_MMIO_QUEUE_USED_HIGH: set_half(&q->used, true, v); break;
	case VIRTIO_MMIO_QUEUE_READY: queue_ready(m, q); break;
	case VIRTIO_MMIO_QUEUE_NOTIFY: device_notified(m, v); break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		m->interrupt_status &= ~v;
		m->acknowledged++;
		break;
	default: ASSERT(!"no such register");
	}
}

static uint32_t read_register(struct fake_mmio *m, uint32_t off)
{
	switch (off) {
	case VIRTIO_MMIO_DEVICE_FEATURES: return (uint32_t)(m->offered >> (m->features_page * 32));
	case VIRTIO_MMIO_STATUS: return m->status;
	case VIRTIO_MMIO_QUEUE_NUM_MAX: return m->selected < FAKE_MMIO_QUEUES ? 64 : 0;
	case VIRTIO_MMIO_INTERRUPT_STATUS: return m->interrupt_status;
	case VIRTIO_MMIO_CONFIG_GENERATION: return m->generation;
	default: ASSERT(!"no such register"); return 0;
	}
}

/* --- the transport's half ----------------------------------------------------------------------- */

static struct fake_mmio *mmio_of(struct virtio_device *dev)
{
	return CONTAINER_OF(dev, struct fake_mmio, dev);
}

static uint64_t mmio_features(struct virtio_device *dev)
{
	write_register(mmio_of(dev), VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	uint64_t low = read_register(mmio_of(dev), VIRTIO_MMIO_DEVICE_FEATURES);

	write_register(mmio_of(dev), VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return low | (uint64_t)read_register(mmio_of(dev), VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static void mmio_set_features(struct virtio_device *dev, uint64_t features)
{
	for (unsigned page = 0; page < 2; page++) {
		write_register(mmio_of(dev), VIRTIO_MMIO_DRIVER_FEATURES_SEL, page);
		write_register(mmio_of(dev), VIRTIO_MMIO_DRIVER_FEATURES,
			       (uint32_t)(features >> (page * 32)));
	}
}

static uint8_t mmio_status(struct virtio_device *dev)
{
	return (uint8_t)read_register(mmio_of(dev), VIRTIO_MMIO_STATUS);
}

static void fire(struct fake_mmio *m, unsigned which)
{
	struct irq_line *line = m->lines[MIN(which, m->dev.n_interrupts - 1u)];

	if (line != NULL)
		irq_line_fire(line);
}

static bool mmio_acknowledge(struct irq_sharer *sharer)
{
	struct fake_mmio *m = CONTAINER_OF(sharer, struct fake_mmio, sharer);
	uint32_t causes = read_register(m, VIRTIO_MMIO_INTERRUPT_STATUS);

	if (causes == 0)
		return false;
	write_register(m, VIRTIO_MMIO_INTERRUPT_ACK, causes);
	if ((causes & VIRTIO_MMIO_INT_VRING) != 0)
		fire(m, 0);
	if ((causes & VIRTIO_MMIO_INT_CONFIG) != 0)
		fire(m, 1);
	return true;
}

static void mmio_set_status(struct virtio_device *dev, uint8_t status)
{
	write_register(mmio_of(dev), VIRTIO_MMIO_STATUS, status);
}

static uint16_t mmio_queue_size(struct virtio_device *dev, uint16_t index)
{
	write_register(mmio_of(dev), VIRTIO_MMIO_QUEUE_SEL, index);
	return (uint16_t)read_register(mmio_of(dev), VIRTIO_MMIO_QUEUE_NUM_MAX);
}

static void write_address(struct fake_mmio *m, uint32_t off, const void *at)
{
	write_register(m, off, (uint32_t)(uintptr_t)at);
	write_register(m, off + 4, (uint32_t)((uintptr_t)at >> 32));
}

static int mmio_queue_enable(struct virtio_device *dev, struct virtq *queue, uint16_t interrupt)
{
	struct fake_mmio *m = mmio_of(dev);

	if (interrupt != 0 && interrupt != VIRTIO_NO_INTERRUPT)
		return ERR_NOSPC;
	write_register(m, VIRTIO_MMIO_QUEUE_SEL, queue->index);
	write_register(m, VIRTIO_MMIO_QUEUE_NUM, queue->size);
	write_address(m, VIRTIO_MMIO_QUEUE_DESC_LOW, queue->descriptor_area);
	write_address(m, VIRTIO_MMIO_QUEUE_AVAIL_LOW, queue->driver_area);
	write_address(m, VIRTIO_MMIO_QUEUE_USED_LOW, queue->device_area);
	write_register(m, VIRTIO_MMIO_QUEUE_READY, 1);
	return ERR_OK;
}

static void mmio_notify(struct virtio_device *dev, struct virtq *queue)
{
	write_register(mmio_of(dev), VIRTIO_MMIO_QUEUE_NOTIFY, queue->index);
}

static uint32_t mmio_config_generation(struct virtio_device *dev)
{
	return read_register(mmio_of(dev), VIRTIO_MMIO_CONFIG_GENERATION);
}

static int mmio_config_read(struct virtio_device *dev, uint32_t off, void *buf, uint32_t len)
{
	struct fake_mmio *m = mmio_of(dev);

	if (off > m->config_len || len > m->config_len - off)
		return ERR_RANGE;
	memcpy(buf, m->config + off, len);
	return ERR_OK;
}

static int mmio_config_interrupt(struct virtio_device *dev, uint16_t interrupt)
{
	return interrupt == dev->n_interrupts - 1 ? ERR_OK : ERR_NOSPC;
}

static int mmio_interrupt_open(struct virtio_device *dev, uint16_t interrupt, struct irq_line *line,
			       struct irq_source *source)
{
	ASSERT(interrupt < dev->n_interrupts && interrupt < 2);
	mmio_of(dev)->lines[interrupt] = line;
	irq_line_share(line, source);
	return ERR_OK;
}

static const struct virtio_transport_ops mmio_ops = {
	.features = mmio_features,
	.set_features = mmio_set_features,
	.status = mmio_status,
	.set_status = mmio_set_status,
	.queue_size = mmio_queue_size,
	.queue_enable = mmio_queue_enable,
	.notify = mmio_notify,
	.config_generation = mmio_config_generation,
	.config_read = mmio_config_read,
	.config_interrupt = mmio_config_interrupt,
	.interrupt_open = mmio_interrupt_open,
};

/* --- what a test does with it --------------------------------------------------------------------- */

void fake_mmio_init(struct fake_mmio *m, uint64_t features, struct irq_input *input,
		    uint16_t n_interrupts)
{
	*m = (struct fake_mmio){
		.dev = {.ops = &mmio_ops,
			.events = &fake_machine.sink,
			.at = "mmio@feb00e00",
			.n_interrupts = n_interrupts,
			.interrupt_kind = "a pin"},
		.sharer = {.acknowledge = mmio_acknowledge},
		.offered = features | VIRTIO_FEATURE(VIRTIO_F_VERSION_1),
		.interrupt_status = VIRTIO_MMIO_INT_CONFIG, /* as the firmware left it */
	};
	irq_input_join(input, &m->sharer);
}

void fake_mmio_net_init(struct fake_mmio *m, uint64_t features, struct irq_input *input,
			uint16_t n_interrupts)
{
	struct virtio_net_config config = {
		.mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, .status = VIRTIO_NET_S_LINK_UP, .mtu = 1500};

	fake_mmio_init(m, features, input, n_interrupts);
	m->dev.type = VIRTIO_ID_NET;
	memcpy(m->config, &config, sizeof(config));
	m->config_len = sizeof(config);
}

void fake_mmio_use(struct fake_mmio *m, unsigned queue, const struct fake_chain *chain, uint32_t len)
{
	struct fake_mmio_queue *q = &m->queues[queue];

	fake_ring_use(&q->ring, chain->head, len);
	fake_ring_want_notify(&q->ring, true);
	if (m->ignores_wishes || q->ring.interrupts != q->interrupts)
		m->interrupt_status |= VIRTIO_MMIO_INT_VRING;
	q->interrupts = q->ring.interrupts;
}

bool fake_mmio_receive(struct fake_mmio *m, const void *frame, uint32_t len)
{
	struct virtio_net_hdr_v1 hdr = {.num_buffers = 1};
	uint8_t bytes[2048];
	struct fake_chain chain;

	ASSERT(sizeof(hdr) + len <= sizeof(bytes));
	if (!m->queues[0].ready || !fake_ring_next(&m->queues[0].ring, &chain))
		return false;
	memcpy(bytes, &hdr, sizeof(hdr));
	memcpy(bytes + sizeof(hdr), frame, len);
	ASSERT(fake_chain_write(&chain, bytes, (uint32_t)sizeof(hdr) + len) == sizeof(hdr) + len);
	fake_mmio_use(m, 0, &chain, (uint32_t)sizeof(hdr) + len);
	return true;
}

void fake_mmio_config_changed(struct fake_mmio *m)
{
	m->generation++;
	m->interrupt_status |= VIRTIO_MMIO_INT_CONFIG;
}
