/* SPDX-License-Identifier: MIT */
/* The configuration space of the machine we run on. */
#include "drivers/bus/pci/pci.h"
#include "kernel/arch/pci.h"

static uint32_t host_read(const struct pci_config_access *access, uint16_t bdf, uint8_t off)
{
	(void)access;
	return pci_config_read(bdf, off);
}

static void host_write(const struct pci_config_access *access, uint16_t bdf, uint8_t off,
		       uint32_t value)
{
	(void)access;
	pci_config_write(bdf, off, value);
}

const struct pci_config_access pci_host = {.read = host_read, .write = host_write};

struct pci_window pci_host_window(void)
{
	struct pci_window window;

	pci_config_window(&window.next, &window.end);
	return window;
}
