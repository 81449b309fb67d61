/*
 * SPDX-License-Identifier: MIT
 *
 * Virtio 1.x over PCI: finds the structures that the device's vendor capabilities point to, each
 * checked against its BAR, and offers them as a struct virtio_device.  Virtio 1.1, 4.1.
 */
#ifndef DRIVERS_VIRTIO_PCI_MODERN_H
#define DRIVERS_VIRTIO_PCI_MODERN_H

#include "drivers/bus/pci/msix.h"
#include "drivers/bus/pci/pci.h"
#include "drivers/virtio/transport.h"

#define VIRTIO_PCI_VENDOR 0x1af4

/* The virtio device type (VIRTIO_ID_*) of a PCI function, 0: it is no virtio device. */
uint16_t virtio_pci_type(const struct pci_device *pci);

/* One structure inside a BAR, checked and mapped. */
struct virtio_pci_area {
	volatile uint8_t *at; /* NULL: the device has none */
	uint32_t len;
};

struct virtio_pci {
	struct virtio_device dev; /* first: drivers hold a pointer to this */
	struct pci_device pci;
	struct virtio_pci_area common;
	struct virtio_pci_area notify;
	struct virtio_pci_area device;
	uint32_t notify_multiplier;
	struct msix msix;
};

/*
 * Fills `vp` for `pci`, switches the device's memory, bus mastering and, where it has it, MSI-X
 * on.  Without usable MSI-X vp->dev.n_interrupts is 0.  ERR_NODEV: no virtio 1.x interface (a legacy
 * device); ERR_NXIO: the firmware gave it no address; others as pci_bar_map().  On an error the log
 * has said why.
 */
int virtio_pci_open(struct virtio_pci *vp, const struct pci_device *pci, struct pci_window *window,
		    struct event_sink *events) MUST_CHECK;

#endif
