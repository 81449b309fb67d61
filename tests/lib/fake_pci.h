/*
 * SPDX-License-Identifier: MIT
 *
 * PCI configuration spaces made by a test: functions with registers that behave (BARs that can be
 * sized, a command register, read-only identities) or that lie.
 */
#ifndef TESTS_LIB_FAKE_PCI_H
#define TESTS_LIB_FAKE_PCI_H

#include "drivers/bus/pci/pci.h"

#define FAKE_PCI_MAX 64

struct fake_function {
	uint16_t bdf;
	uint32_t regs[64];
	uint32_t writable[64]; /* which bits a write changes */
	unsigned writes_to_live_bars; /* while decoding was on: forbidden */
};

struct fake_pci {
	struct pci_config_access access; /* first */
	struct fake_function functions[FAKE_PCI_MAX];
	unsigned count;
	unsigned reads;
};

void fake_pci_reset(struct fake_pci *pci);
struct fake_function *fake_pci_add(struct fake_pci *pci, unsigned bus, unsigned device,
				   unsigned function, uint16_t vendor, uint16_t device_id,
				   uint8_t base_class);
void fake_pci_multifunction(struct fake_function *f);
void fake_pci_make_bridge(struct fake_function *f, uint8_t secondary);
/* Bytes at any offset, as the device shows them. */
void fake_pci_set8(struct fake_function *f, unsigned off, uint8_t v);
void fake_pci_set32(struct fake_function *f, unsigned off, uint32_t v);
/* A capability of up to 20 bytes at `off`, linked to `next`; the first one is linked by 0x34. */
void fake_pci_cap(struct fake_function *f, uint8_t off, uint8_t id, uint8_t next);
/* BAR `index`; `flags` are the type bits, `size` a power of two. */
void fake_pci_bar(struct fake_function *f, unsigned index, uint64_t base, uint64_t size,
		  uint32_t flags);
struct pci_device fake_pci_device(const struct fake_pci *pci, const struct fake_function *f);

#endif
