/*
 * SPDX-License-Identifier: MIT
 *
 * MSI-X: a table in a BAR says which message each of a device's vectors writes where.  PCI Local
 * Bus 3.0, 6.8.2.  Vectors that are not connected stay masked.
 */
#ifndef DRIVERS_BUS_PCI_MSIX_H
#define DRIVERS_BUS_PCI_MSIX_H

#include "drivers/bus/pci/pci.h"
#include "kernel/irq/irq.h"

struct msix {
	const struct pci_device *pci;
	volatile uint8_t *table;
	uint16_t count; /* vectors; 0: none can be used */
	uint8_t cap_off;
};

/* Finds and maps the table.  ERR_NOENT: the device has no MSI-X; ERR_RANGE and others: its table
 * is not where it could be used.  msix->count is 0 on every error. */
int msix_open(struct msix *msix, struct pci_bars *bars) MUST_CHECK;
/* Lets the device send messages, and switches the pin off.  After pci_enable(). */
void msix_enable(const struct msix *msix);
/* Programs `vector` (< count) and unmasks it. */
void msix_connect(const struct msix *msix, uint16_t vector, struct irq_message message);
void msix_mask(const struct msix *msix, uint16_t vector);
void msix_unmask(const struct msix *msix, uint16_t vector);

#endif
