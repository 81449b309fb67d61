/*
 * SPDX-License-Identifier: MIT
 *
 * Finding a virtio device's structures by its vendor capabilities; see modern.h.  Virtio 1.1,
 * 4.1.4.  The ISR structure is not looked for (MSI-X needs none), nor the window into
 * configuration space.
 */
#include <linux/pci_regs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "drivers/virtio/pci/modern_caps.h"

#define MODERN_DEVICE_ID_BASE 0x1040
#define MODERN_DEVICE_ID_LAST 0x107f

/* Virtio 1.1, 4.1.2.1: transitional devices have numbers of their own. */
static uint16_t transitional_type(uint16_t device_id)
{
	switch (device_id) {
	case VIRTIO_TRANS_ID_NET: return VIRTIO_ID_NET;
	case VIRTIO_TRANS_ID_BLOCK: return VIRTIO_ID_BLOCK;
	case VIRTIO_TRANS_ID_BALLOON: return VIRTIO_ID_BALLOON;
	case VIRTIO_TRANS_ID_CONSOLE: return VIRTIO_ID_CONSOLE;
	case VIRTIO_TRANS_ID_SCSI: return VIRTIO_ID_SCSI;
	case VIRTIO_TRANS_ID_RNG: return VIRTIO_ID_RNG;
	case VIRTIO_TRANS_ID_9P: return VIRTIO_ID_9P;
	default: return 0;
	}
}

uint16_t virtio_pci_type(const struct pci_device *pci)
{
	if (pci->vendor_id != VIRTIO_PCI_VENDOR)
		return 0;
	if (pci->device_id > MODERN_DEVICE_ID_BASE && pci->device_id <= MODERN_DEVICE_ID_LAST)
		return (uint16_t)(pci->device_id - MODERN_DEVICE_ID_BASE);
	return transitional_type(pci->device_id);
}

/* What one capability says, before anything of it is believed. */
struct cap {
	uint8_t off;
	uint8_t len;
	uint8_t type;
	uint8_t bar;
	uint32_t area_off;
	uint32_t area_len;
};

static struct cap read_cap(const struct pci_device *pci, uint8_t off)
{
	uint32_t head = pci_read32(pci, off);
	struct cap cap = {
		.off = off,
		.len = (uint8_t)(head >> 16),
		.type = (uint8_t)(head >> 24),
	};

	if (off + sizeof(struct virtio_pci_cap) > 256 ||
	    cap.len < sizeof(struct virtio_pci_cap))
		cap.type = 0;
	if (cap.type == 0 || cap.type > VIRTIO_PCI_CAP_DEVICE_CFG)
		return cap;
	cap.bar = (uint8_t)pci_read32(pci, (uint8_t)(off + VIRTIO_PCI_CAP_BAR));
	cap.area_off = pci_read32(pci, (uint8_t)(off + VIRTIO_PCI_CAP_OFFSET));
	cap.area_len = pci_read32(pci, (uint8_t)(off + VIRTIO_PCI_CAP_LENGTH));
	return cap;
}

static int map_area(struct pci_bars *bars, const struct cap *cap, uint32_t min_len,
		    uint32_t max_len, struct virtio_pci_area *area)
{
	uint32_t len = MIN(cap->area_len, max_len);

	/* Virtio 1.1, 4.1.4: values of `bar` above 5 are reserved, such a capability is to be
	 * ignored; and the first usable one of each type counts. */
	if (area->at != NULL || cap->bar >= PCI_BAR_COUNT)
		return ERR_OK;
	if (cap->area_len < min_len || cap->area_off % 4 != 0)
		return ERR_RANGE;

	int err = pci_bar_map(bars, cap->bar, cap->area_off, len, &area->at);

	if (err == ERR_OK)
		area->len = len;
	return err;
}

static int map_notify(struct pci_bars *bars, const struct cap *cap, struct virtio_pci *vp)
{
	bool first = vp->notify.at == NULL;

	if (cap->len < sizeof(struct virtio_pci_notify_cap) ||
	    cap->off + sizeof(struct virtio_pci_notify_cap) > 256)
		return ERR_RANGE;

	int err = map_area(bars, cap, sizeof(uint16_t), VIRTIO_PCI_NOTIFY_MAX, &vp->notify);

	if (err == ERR_OK && first)
		vp->notify_multiplier = pci_read32(
			bars->pci, (uint8_t)(cap->off + VIRTIO_PCI_NOTIFY_CAP_MULT));
	return err;
}

static int parse_cap(struct virtio_pci *vp, struct pci_bars *bars, const struct cap *cap)
{
	switch (cap->type) {
	case VIRTIO_PCI_CAP_COMMON_CFG:
		return map_area(bars, cap, sizeof(struct virtio_pci_common_cfg),
				VIRTIO_PCI_CONFIG_MAX, &vp->common);
	case VIRTIO_PCI_CAP_NOTIFY_CFG:
		return map_notify(bars, cap, vp);
	case VIRTIO_PCI_CAP_DEVICE_CFG:
		return map_area(bars, cap, 1, VIRTIO_PCI_CONFIG_MAX, &vp->device);
	default:
		return ERR_OK;
	}
}

int virtio_pci_find_areas(struct virtio_pci *vp, struct pci_bars *bars)
{
	struct pci_cap_walk walk = pci_cap_first(&vp->pci);
	int err = ERR_OK;
	uint8_t off;

	/* A capability that is wrong is passed over: a later one of its type may be right. */
	while ((off = pci_cap_next(&walk, PCI_CAP_ID_VNDR)) != 0) {
		struct cap cap = read_cap(&vp->pci, off);
		int cap_err = parse_cap(vp, bars, &cap);

		if (cap_err != ERR_OK)
			err = cap_err;
	}
	if (vp->common.at != NULL && vp->notify.at != NULL)
		return ERR_OK;
	return err != ERR_OK ? err : ERR_NODEV;
}
