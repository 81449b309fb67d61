/*
 * SPDX-License-Identifier: MIT
 *
 * Private to the virtio PCI transport: where the device's structures are.
 */
#ifndef DRIVERS_VIRTIO_PCI_MODERN_CAPS_H
#define DRIVERS_VIRTIO_PCI_MODERN_CAPS_H

#include "drivers/virtio/pci/modern.h"

/* At most this much of a structure is mapped; the rest of what a device offers is never used. */
#define VIRTIO_PCI_CONFIG_MAX 4096u
#define VIRTIO_PCI_NOTIFY_MAX 65536u

/* Maps vp->common, vp->notify and, where there is one, vp->device.  ERR_NODEV: a structure is
 * missing; ERR_RANGE: it is there, but outside its BAR or too short; others as pci_bar_map(). */
int virtio_pci_find_areas(struct virtio_pci *vp, struct pci_bars *bars) MUST_CHECK;

#endif
