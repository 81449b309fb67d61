/*
 * SPDX-License-Identifier: MIT
 *
 * Device registers in memory that mmio_map() (kernel/mm/memory.h) made reachable.
 *
 *   uint8_t mmio_read8(const volatile void *at)       and 16, 32, 64
 *   void mmio_write8(volatile void *at, uint8_t v)    and 16, 32, 64
 *
 * One access of that width, `at` aligned to it, in the CPU's byte order (little endian).  Accesses
 * reach the device in program order.  What was stored in RAM before a write is visible to the device
 * when the write reaches it; what is loaded from RAM after a read is at least as new as what was read.
 */
#ifndef KERNEL_ARCH_MMIO_H
#define KERNEL_ARCH_MMIO_H

#include "base/compiler.h"

#include <arch/mmio.h>

#endif
