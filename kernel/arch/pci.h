/*
 * SPDX-License-Identifier: MIT
 *
 * How this machine reaches PCI configuration space; what is in it is drivers/bus/pci's.
 */
#ifndef KERNEL_ARCH_PCI_H
#define KERNEL_ARCH_PCI_H

#include "base/compiler.h"

/* The 32-bit register at `off` (a multiple of 4 below 256) of a function: bus << 8 | device << 3 |
 * function.  All ones where there is none. */
uint32_t pci_config_read(uint16_t bdf, uint8_t off);
void pci_config_write(uint16_t bdf, uint8_t off, uint32_t value);
/* Bus addresses [*start, *end) below 4 GiB that may be given to BARs of bus 0 where the firmware gave no
 * device any; equal: none. */
void pci_config_window(uint64_t *start, uint64_t *end);

#endif
