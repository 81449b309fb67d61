/*
 * SPDX-License-Identifier: MIT
 *
 * The virtio 1.x PCI transport; see modern.h.  Virtio 1.1, 4.1.4.3 (common configuration),
 * 4.1.4.4 (notification), 4.1.5 (initialisation).  Fields are accessed by their own width, as
 * 4.1.3.1 demands.
 */
#include "drivers/virtio/pci/modern.h"

#include <linux/virtio_pci.h>

#include "base/string.h"
#include "drivers/virtio/pci/modern_caps.h"
#include "kernel/arch/mmio.h"
#include "kernel/mm/memory.h"

static struct virtio_pci *pci_of(struct virtio_device *dev)
{
	return CONTAINER_OF(dev, struct virtio_pci, dev);
}

static volatile uint8_t *common(struct virtio_device *dev, unsigned off)
{
	return pci_of(dev)->common.at + off;
}

/* --- the device as a whole ----------------------------------------------------------------- */

static uint64_t modern_features(struct virtio_device *dev)
{
	mmio_write32(common(dev, VIRTIO_PCI_COMMON_DFSELECT), 0);
	uint64_t low = mmio_read32(common(dev, VIRTIO_PCI_COMMON_DF));

	mmio_write32(common(dev, VIRTIO_PCI_COMMON_DFSELECT), 1);
	return low | (uint64_t)mmio_read32(common(dev, VIRTIO_PCI_COMMON_DF)) << 32;
}

static void modern_set_features(struct virtio_device *dev, uint64_t features)
{
	mmio_write32(common(dev, VIRTIO_PCI_COMMON_GFSELECT), 0);
	mmio_write32(common(dev, VIRTIO_PCI_COMMON_GF), (uint32_t)features);
	mmio_write32(common(dev, VIRTIO_PCI_COMMON_GFSELECT), 1);
	mmio_write32(common(dev, VIRTIO_PCI_COMMON_GF), (uint32_t)(features >> 32));
}

static uint8_t modern_status(struct virtio_device *dev)
{
	return mmio_read8(common(dev, VIRTIO_PCI_COMMON_STATUS));
}

static void modern_set_status(struct virtio_device *dev, uint8_t status)
{
	mmio_write8(common(dev, VIRTIO_PCI_COMMON_STATUS), status);
}

/* --- queues -------------------------------------------------------------------------------- */

static uint16_t modern_queue_size(struct virtio_device *dev, uint16_t index)
{
	/* Virtio 1.1, 4.1.4.3: the size of a queue that is not there reads 0. */
	mmio_write16(common(dev, VIRTIO_PCI_COMMON_Q_SELECT), index);
	return mmio_read16(common(dev, VIRTIO_PCI_COMMON_Q_SIZE));
}

static void write_address(struct virtio_device *dev, unsigned off, const volatile void *at)
{
	uint64_t address = phys_of(at);

	mmio_write32(common(dev, off), (uint32_t)address);
	mmio_write32(common(dev, off + 4), (uint32_t)(address >> 32));
}

/* Virtio 1.1, 4.1.4.4: the doorbell of a queue, which must lie inside the notify structure. */
static int find_doorbell(struct virtio_device *dev, struct virtq *queue)
{
	struct virtio_pci *vp = pci_of(dev);
	uint64_t off = (uint64_t)mmio_read16(common(dev, VIRTIO_PCI_COMMON_Q_NOFF)) *
		       vp->notify_multiplier;

	if (off % 2 != 0 || off + sizeof(uint16_t) > vp->notify.len)
		return ERR_RANGE;
	queue->doorbell = vp->notify.at + off;
	return ERR_OK;
}

/* Virtio 1.1, 4.1.5.1.2.1: a device that cannot map the vector reads back NO_VECTOR. */
static int set_vector(struct virtio_device *dev, unsigned off, uint16_t vector)
{
	/* After a reset it is NO_VECTOR already. */
	if (vector == VIRTIO_NO_INTERRUPT)
		return ERR_OK;
	mmio_write16(common(dev, off), vector);
	return mmio_read16(common(dev, off)) == vector ? ERR_OK : ERR_NOSPC;
}

static int modern_queue_enable(struct virtio_device *dev, struct virtq *queue,
			       uint16_t interrupt)
{
	mmio_write16(common(dev, VIRTIO_PCI_COMMON_Q_SELECT), queue->index);

	int err = find_doorbell(dev, queue);

	if (err == ERR_OK)
		err = set_vector(dev, VIRTIO_PCI_COMMON_Q_MSIX, interrupt);
	if (err != ERR_OK)
		return err;
	mmio_write16(common(dev, VIRTIO_PCI_COMMON_Q_SIZE), queue->size);
	write_address(dev, VIRTIO_PCI_COMMON_Q_DESCLO, queue->descriptor_area);
	write_address(dev, VIRTIO_PCI_COMMON_Q_AVAILLO, queue->driver_area);
	write_address(dev, VIRTIO_PCI_COMMON_Q_USEDLO, queue->device_area);
	mmio_write16(common(dev, VIRTIO_PCI_COMMON_Q_ENABLE), 1);
	return ERR_OK;
}

static void modern_notify(struct virtio_device *dev, struct virtq *queue)
{
	(void)dev;
	mmio_write16(queue->doorbell, queue->index);
}

/* --- configuration and interrupts ---------------------------------------------------------- */

static uint32_t modern_config_generation(struct virtio_device *dev)
{
	return mmio_read8(common(dev, VIRTIO_PCI_COMMON_CFGGENERATION));
}

/* A field of 2 or 4 bytes is read as one, everything else byte by byte. */
static int modern_config_read(struct virtio_device *dev, uint32_t off, void *buf, uint32_t len)
{
	struct virtio_pci_area *area = &pci_of(dev)->device;
	uint8_t *out = buf;

	if (off > area->len || len > area->len - off)
		return ERR_RANGE;
	if (len == sizeof(uint32_t) && off % len == 0) {
		uint32_t v = mmio_read32(area->at + off);

		memcpy(out, &v, sizeof(v));
	} else if (len == sizeof(uint16_t) && off % len == 0) {
		uint16_t v = mmio_read16(area->at + off);

		memcpy(out, &v, sizeof(v));
	} else {
		for (uint32_t i = 0; i < len; i++)
			out[i] = mmio_read8(area->at + off + i);
	}
	return ERR_OK;
}

/* The n-th interrupt is the n-th vector of MSI-X. */
static int modern_config_interrupt(struct virtio_device *dev, uint16_t interrupt)
{
	return set_vector(dev, VIRTIO_PCI_COMMON_MSIX, interrupt);
}

static int modern_interrupt_open(struct virtio_device *dev, uint16_t interrupt,
				 struct irq_line *line, struct irq_source *source)
{
	int err = irq_line_open(line, source);

	if (err == ERR_OK)
		msix_connect(&pci_of(dev)->msix, interrupt, irq_line_message(line));
	return err;
}

static const struct virtio_transport_ops modern_ops = {
	.features = modern_features,
	.set_features = modern_set_features,
	.status = modern_status,
	.set_status = modern_set_status,
	.queue_size = modern_queue_size,
	.queue_enable = modern_queue_enable,
	.notify = modern_notify,
	.config_generation = modern_config_generation,
	.config_read = modern_config_read,
	.config_interrupt = modern_config_interrupt,
	.interrupt_open = modern_interrupt_open,
};

/* --- opening ------------------------------------------------------------------------------- */

static const char *open_problem(int err)
{
	switch (err) {
	case ERR_NODEV: return "has no virtio 1 interface; a legacy-only device is not supported";
	case ERR_NXIO: return "the firmware gave it no address";
	case ERR_NOMEM: return "its registers cannot be mapped";
	default: return "its virtio capabilities point outside of its BARs";
	}
}

int virtio_pci_open(struct virtio_pci *vp, const struct pci_device *pci, struct pci_window *window,
		    struct event_sink *events)
{
	struct pci_bars bars;

	*vp = (struct virtio_pci){
		.dev = {.ops = &modern_ops,
			.events = events,
			.type = virtio_pci_type(pci),
			.interrupt_kind = "MSI-X"},
		.pci = *pci,
	};
	pci_at(pci, vp->dev.at);
	pci_bars_init(&bars, &vp->pci, window);

	int err = virtio_pci_find_areas(vp, &bars);

	if (err != ERR_OK) {
		event_emit(events, EVENT_DEVICE_BAD, 0, 0, EV_STR("at", vp->dev.at),
			   EV_STR("problem", open_problem(err)));
		return err;
	}

	int msix_err = msix_open(&vp->msix, &bars);

	pci_enable(&vp->pci);
	if (msix_err == ERR_OK) {
		msix_enable(&vp->msix);
		vp->dev.n_interrupts = vp->msix.count;
	}
	return ERR_OK;
}
