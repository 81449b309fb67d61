/*
 * SPDX-License-Identifier: MIT
 *
 * The list of capabilities in a device's configuration space; see pci.h.  PCI Local Bus 3.0, 6.7.
 */
#include "drivers/bus/pci/pci.h"

#include <linux/pci_regs.h>

#define CAPS_BEGIN 0x40 /* the header is before it */

struct pci_cap_walk pci_cap_first(const struct pci_device *pci)
{
	struct pci_cap_walk walk = {.pci = pci};
	uint32_t command_status = pci_read32(pci, PCI_COMMAND);

	if ((command_status >> 16 & PCI_STATUS_CAP_LIST) != 0)
		walk.next = (uint8_t)pci_read32(pci, PCI_CAPABILITY_LIST);
	return walk;
}

uint8_t pci_cap_next(struct pci_cap_walk *walk, uint8_t id)
{
	for (;;) {
		/* The two lowest bits are reserved and to be masked. */
		uint8_t off = walk->next & 0xfc;

		if (off < CAPS_BEGIN || (walk->seen >> (off / 4) & 1) != 0)
			return 0;
		walk->seen |= UINT64_C(1) << (off / 4);

		uint32_t header = pci_read32(walk->pci, off);

		walk->next = (uint8_t)(header >> 8);
		if ((uint8_t)header == id)
			return off;
	}
}
