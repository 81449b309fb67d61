/*
 * SPDX-License-Identifier: MIT
 *
 * Base address registers: where a device answers; see pci.h.  PCI Local Bus 3.0, 6.2.5.
 *
 * A size is found by writing all ones and reading back which bits stay zero.  Meanwhile the device
 * would answer at a nonsense address, so memory decoding is off until pci_enable(); switched off
 * once for all BARs, since each switch makes the hypervisor rebuild its memory map.  For the same
 * reason port decoding is left as it is, and port BARs are never sized.
 */
#include "drivers/bus/pci/pci.h"

#include <linux/pci_regs.h>

#include "base/assert.h"
#include "kernel/mm/memory.h"

static uint8_t bar_register(unsigned index)
{
	return (uint8_t)(PCI_BASE_ADDRESS_0 + 4 * index);
}

/* The upper half of this register is the status, whose bits are cleared by writing ones. */
static void write_command(const struct pci_device *pci, uint32_t clear, uint32_t set)
{
	uint32_t command = pci_read32(pci, PCI_COMMAND) & 0xffff;
	uint32_t wanted = (command & ~clear) | set;

	if (wanted != command)
		pci_write32(pci, PCI_COMMAND, wanted);
}

void pci_enable(const struct pci_device *pci)
{
	write_command(pci, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
}

/* A 64-bit BAR takes two registers, and in the second one no BAR begins. */
static uint8_t find_upper_halves(const struct pci_device *pci)
{
	uint8_t upper = 0;

	for (unsigned i = 0; i + 1 < PCI_BAR_COUNT; i++) {
		uint32_t low = pci_read32(pci, bar_register(i));

		if ((low & PCI_BASE_ADDRESS_SPACE) == PCI_BASE_ADDRESS_SPACE_MEMORY &&
		    (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64) {
			i++;
			upper |= (uint8_t)(1u << i);
		}
	}
	return upper;
}

void pci_bars_init(struct pci_bars *bars, const struct pci_device *pci, struct pci_window *window)
{
	*bars = (struct pci_bars){.pci = pci, .window = window};
	bars->upper = find_upper_halves(pci);
	write_command(pci, PCI_COMMAND_MEMORY, 0);
}

/* Writes all ones, reads what stuck, and puts the old value back. */
static uint32_t probe_mask(const struct pci_device *pci, unsigned index, uint32_t old)
{
	pci_write32(pci, bar_register(index), UINT32_MAX);

	uint32_t mask = pci_read32(pci, bar_register(index));

	pci_write32(pci, bar_register(index), old);
	return mask;
}

static int decode_memory(const struct pci_bars *bars, unsigned index, uint32_t low, uint32_t mask,
			 struct pci_bar *bar)
{
	uint64_t size_mask = (mask & ~UINT32_C(0xf)) | UINT64_C(0xffffffff00000000);

	bar->wide = (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
	bar->base = low & ~UINT32_C(0xf);
	if (bar->wide) {
		if (index + 1 == PCI_BAR_COUNT)
			return ERR_RANGE; /* no register left for the upper half */

		uint32_t high = pci_read32(bars->pci, bar_register(index + 1));

		bar->base |= (uint64_t)high << 32;
		size_mask = (size_mask & UINT32_MAX) |
			    (uint64_t)probe_mask(bars->pci, index + 1, high) << 32;
	}
	bar->size = ~size_mask + 1;
	return ERR_OK;
}

/* The register compares address bits from the size up, so a true size is a power of two and the
 * base a multiple of it. */
static bool is_sane(const struct pci_bar *bar)
{
	return bar->size != 0 && (bar->size & (bar->size - 1)) == 0 &&
	       (bar->base & (bar->size - 1)) == 0 && bar->base <= UINT64_MAX - bar->size;
}

/* Gives the BAR an address, where there are some to give. */
static int assign(const struct pci_bars *bars, unsigned index, struct pci_bar *bar)
{
	struct pci_window *window = bars->window;

	/* Behind a bridge the bridge's own window would have to be opened too. */
	if (window == NULL || bars->pci->bdf >> 8 != 0 || bar->size > window->end)
		return ERR_NXIO;

	uint64_t base = ALIGN_UP(MAX(window->next, (uint64_t)1), bar->size);

	if (base > window->end - bar->size)
		return ERR_NXIO;
	window->next = base + bar->size;
	bar->base = base;
	pci_write32(bars->pci, bar_register(index), (uint32_t)base);
	if (bar->wide)
		pci_write32(bars->pci, bar_register(index + 1), (uint32_t)(base >> 32));
	return ERR_OK;
}

static int find_bar(const struct pci_bars *bars, unsigned index, struct pci_bar *bar)
{
	if ((bars->upper >> index & 1) != 0)
		return ERR_NOENT;

	uint32_t low = pci_read32(bars->pci, bar_register(index));

	if ((low & PCI_BASE_ADDRESS_SPACE) == PCI_BASE_ADDRESS_SPACE_IO) {
		bar->io = true;
		bar->base = low & ~UINT32_C(3);
		return ERR_OK;
	}

	uint32_t mask = probe_mask(bars->pci, index, low);

	if (mask == 0)
		return ERR_NOENT;

	int err = decode_memory(bars, index, low, mask, bar);

	if (err == ERR_OK && !is_sane(bar))
		err = ERR_RANGE;
	if (err == ERR_OK && bar->base == 0)
		err = assign(bars, index, bar);
	return err;
}

int pci_bar_get(struct pci_bars *bars, unsigned index, const struct pci_bar **bar)
{
	ASSERT(index < PCI_BAR_COUNT);
	if ((bars->known >> index & 1) == 0) {
		bars->err[index] = (int16_t)find_bar(bars, index, &bars->bar[index]);
		bars->known |= (uint8_t)(1u << index);
	}
	*bar = &bars->bar[index];
	return bars->err[index];
}

int pci_bar_map(struct pci_bars *bars, unsigned index, uint64_t off, uint64_t len,
		volatile uint8_t **at)
{
	const struct pci_bar *bar;
	int err = pci_bar_get(bars, index, &bar);

	*at = NULL;
	if (err != ERR_OK)
		return err;
	if (bar->io || len == 0 || off > bar->size || len > bar->size - off)
		return ERR_RANGE;
	*at = mmio_map(bar->base + off, len);
	return *at != NULL ? ERR_OK : ERR_NOMEM;
}
