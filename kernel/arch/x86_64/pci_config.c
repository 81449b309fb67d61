/*
 * SPDX-License-Identifier: MIT
 *
 * Configuration mechanism 1: the address goes to port 0xcf8, the data through 0xcfc.  PCI Local
 * Bus 3.0, 3.2.2.3.2.  Every PC has it; each access costs two exits under virtualisation.
 */
#include "kernel/arch/pci.h"

#include "kernel/arch/x86_64/io.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define ADDRESS_ENABLE 0x80000000u

/* Inside the PCI hole of every PC chipset that QEMU has, below the I/O APIC.  A firmware that hands
 * out addresses hands them to all devices, so no device is there when it is used. */
#define HOLE_START 0xfe000000u
#define HOLE_END 0xfeb00000u

uint32_t pci_config_read(uint16_t bdf, uint8_t off)
{
	outl(PORT_ADDRESS, ADDRESS_ENABLE | (uint32_t)bdf << 8 | off);
	return inl(PORT_DATA);
}

void pci_config_write(uint16_t bdf, uint8_t off, uint32_t value)
{
	outl(PORT_ADDRESS, ADDRESS_ENABLE | (uint32_t)bdf << 8 | off);
	outl(PORT_DATA, value);
}

void pci_config_window(uint64_t *start, uint64_t *end)
{
	*start = HOLE_START;
	*end = HOLE_END;
}
