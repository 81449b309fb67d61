/* SPDX-License-Identifier: MIT */
/* Made-up PCI configuration spaces; see fake_pci.h. */
#include "tests/lib/fake_pci.h"

#include <linux/pci_regs.h>

#include "base/assert.h"

static struct fake_function *find(const struct pci_config_access *access, uint16_t bdf)
{
	struct fake_pci *pci = CONTAINER_OF(access, struct fake_pci, access);

	for (unsigned i = 0; i < pci->count; i++) {
		if (pci->functions[i].bdf == bdf)
			return &pci->functions[i];
	}
	return NULL;
}

static uint32_t fake_read(const struct pci_config_access *access, uint16_t bdf, uint8_t off)
{
	struct fake_function *f = find(access, bdf);

	ASSERT(off % 4 == 0);
	CONTAINER_OF(access, struct fake_pci, access)->reads++;
	return f == NULL ? UINT32_MAX : f->regs[off / 4];
}

static void fake_write(const struct pci_config_access *access, uint16_t bdf, uint8_t off,
		       uint32_t value)
{
	struct fake_function *f = find(access, bdf);
	uint32_t command;

	ASSERT(off % 4 == 0);
	if (f == NULL)
		return;
	command = f->regs[PCI_COMMAND / 4];
	if (off >= PCI_BASE_ADDRESS_0 && off <= PCI_BASE_ADDRESS_5 &&
	    (command & PCI_COMMAND_MEMORY) != 0)
		f->writes_to_live_bars++;
	f->regs[off / 4] = (f->regs[off / 4] & ~f->writable[off / 4]) |
			   (value & f->writable[off / 4]);
}

void fake_pci_reset(struct fake_pci *pci)
{
	*pci = (struct fake_pci){.access = {.read = fake_read, .write = fake_write}};
}

struct fake_function *fake_pci_add(struct fake_pci *pci, unsigned bus, unsigned device,
				   unsigned function, uint16_t vendor, uint16_t device_id,
				   uint8_t base_class)
{
	struct fake_function *f = &pci->functions[pci->count++];

	ASSERT(pci->count <= FAKE_PCI_MAX);
	f->bdf = pci_bdf(bus, device, function);
	f->regs[0] = (uint32_t)device_id << 16 | vendor;
	f->regs[PCI_CLASS_REVISION / 4] = (uint32_t)base_class << 24;
	f->regs[PCI_COMMAND / 4] = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
	f->writable[PCI_COMMAND / 4] = 0x7ff;
	return f;
}

void fake_pci_multifunction(struct fake_function *f)
{
	f->regs[PCI_CACHE_LINE_SIZE / 4] |= 0x80u << 16;
}

void fake_pci_make_bridge(struct fake_function *f, uint8_t secondary)
{
	f->regs[PCI_CACHE_LINE_SIZE / 4] |= (uint32_t)PCI_HEADER_TYPE_BRIDGE << 16;
	f->regs[PCI_PRIMARY_BUS / 4] = (uint32_t)secondary << 16 | (uint32_t)secondary << 8;
}

void fake_pci_set8(struct fake_function *f, unsigned off, uint8_t v)
{
	unsigned shift = off % 4 * 8;

	f->regs[off / 4] = (f->regs[off / 4] & ~(0xffu << shift)) | (uint32_t)v << shift;
}

void fake_pci_set32(struct fake_function *f, unsigned off, uint32_t v)
{
	ASSERT(off % 4 == 0 && off < 256);
	f->regs[off / 4] = v;
}

void fake_pci_cap(struct fake_function *f, uint8_t off, uint8_t id, uint8_t next)
{
	if ((f->regs[PCI_COMMAND / 4] >> 16 & PCI_STATUS_CAP_LIST) == 0) {
		f->regs[PCI_COMMAND / 4] |= (uint32_t)PCI_STATUS_CAP_LIST << 16;
		fake_pci_set8(f, PCI_CAPABILITY_LIST, off);
	}
	fake_pci_set8(f, off, id);
	fake_pci_set8(f, off + 1u, next);
}

void fake_pci_bar(struct fake_function *f, unsigned index, uint64_t base, uint64_t size,
		  uint32_t flags)
{
	unsigned reg = PCI_BASE_ADDRESS_0 / 4 + index;
	uint64_t mask = ~(size - 1);

	f->regs[reg] = (uint32_t)base | flags;
	f->writable[reg] = (uint32_t)mask & ~UINT32_C(0xf);
	if ((flags & PCI_BASE_ADDRESS_MEM_TYPE_64) != 0 && index + 1 < PCI_BAR_COUNT) {
		f->regs[reg + 1] = (uint32_t)(base >> 32);
		f->writable[reg + 1] = (uint32_t)(mask >> 32);
	}
}

struct pci_device fake_pci_device(const struct fake_pci *pci, const struct fake_function *f)
{
	return (struct pci_device){
		.access = &pci->access,
		.bdf = f->bdf,
		.vendor_id = (uint16_t)f->regs[0],
		.device_id = (uint16_t)(f->regs[0] >> 16),
		.base_class = (uint8_t)(f->regs[PCI_CLASS_REVISION / 4] >> 24),
	};
}
