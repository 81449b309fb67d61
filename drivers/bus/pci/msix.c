/*
 * SPDX-License-Identifier: MIT
 *
 * MSI-X tables; see msix.h.  The pending bits are not read: the drivers learn from their queues
 * what happened.
 */
#include "drivers/bus/pci/msix.h"

#include <linux/pci_regs.h>

#include "base/assert.h"
#include "kernel/arch/mmio.h"

int msix_open(struct msix *msix, struct pci_bars *bars)
{
	struct pci_cap_walk walk = pci_cap_first(bars->pci);
	uint8_t off = pci_cap_next(&walk, PCI_CAP_ID_MSIX);

	*msix = (struct msix){.pci = bars->pci, .cap_off = off};
	if (off == 0)
		return ERR_NOENT;
	if (off + PCI_CAP_MSIX_SIZEOF > 256)
		return ERR_RANGE;

	uint16_t flags = (uint16_t)(pci_read32(bars->pci, off) >> 16);
	uint32_t table = pci_read32(bars->pci, (uint8_t)(off + PCI_MSIX_TABLE));
	unsigned index = table & PCI_MSIX_TABLE_BIR;
	uint16_t count = (uint16_t)((flags & PCI_MSIX_FLAGS_QSIZE) + 1);

	if (index >= PCI_BAR_COUNT)
		return ERR_RANGE;

	int err = pci_bar_map(bars, index, table & PCI_MSIX_TABLE_OFFSET,
			      (uint64_t)count * PCI_MSIX_ENTRY_SIZE, &msix->table);

	if (err == ERR_OK)
		msix->count = count;
	return err;
}

void msix_enable(const struct msix *msix)
{
	uint32_t control = pci_read32(msix->pci, msix->cap_off);

	control &= ~((uint32_t)PCI_MSIX_FLAGS_MASKALL << 16);
	control |= (uint32_t)PCI_MSIX_FLAGS_ENABLE << 16;
	pci_write32(msix->pci, msix->cap_off, control);
}

static volatile uint8_t *entry(const struct msix *msix, uint16_t vector)
{
	ASSERT(vector < msix->count);
	return msix->table + (size_t)vector * PCI_MSIX_ENTRY_SIZE;
}

void msix_connect(const struct msix *msix, uint16_t vector, struct irq_message message)
{
	volatile uint8_t *at = entry(msix, vector);

	/* An entry may only be changed while it is masked. */
	msix_mask(msix, vector);
	mmio_write32(at + PCI_MSIX_ENTRY_LOWER_ADDR, (uint32_t)message.address);
	mmio_write32(at + PCI_MSIX_ENTRY_UPPER_ADDR, (uint32_t)(message.address >> 32));
	mmio_write32(at + PCI_MSIX_ENTRY_DATA, message.data);
	msix_unmask(msix, vector);
}

void msix_mask(const struct msix *msix, uint16_t vector)
{
	mmio_write32(entry(msix, vector) + PCI_MSIX_ENTRY_VECTOR_CTRL, PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

void msix_unmask(const struct msix *msix, uint16_t vector)
{
	mmio_write32(entry(msix, vector) + PCI_MSIX_ENTRY_VECTOR_CTRL, 0);
}
