/*
 * SPDX-License-Identifier: MIT
 *
 * Configuration mechanism 1: the address goes to port 0xcf8, the data through 0xcfc.  PCI Local
 * Bus 3.0, 3.2.2.3.2.  Every PC has it; each access costs two exits under virtualisation.
 */
#include "drivers/bus/pci/pci.h"
#include "kernel/arch/x86_64/io.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA 0xcfc
#define ADDRESS_ENABLE 0x80000000u

static uint32_t ports_read(const struct pci_config_access *access, uint16_t bdf, uint8_t off)
{
	(void)access;
	outl(PORT_ADDRESS, ADDRESS_ENABLE | (uint32_t)bdf << 8 | off);
	return inl(PORT_DATA);
}

static void ports_write(const struct pci_config_access *access, uint16_t bdf, uint8_t off,
			uint32_t value)
{
	(void)access;
	outl(PORT_ADDRESS, ADDRESS_ENABLE | (uint32_t)bdf << 8 | off);
	outl(PORT_DATA, value);
}

const struct pci_config_access pci_ports = {.read = ports_read, .write = ports_write};
