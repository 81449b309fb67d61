/*
 * SPDX-License-Identifier: MIT
 *
 * What is mapped where: RAM, not executable, the image by its sections, page 0 and the guard pages absent,
 * device memory uncached.  mmio_map() and firmware_map() of kernel/mm/memory.h are here, too.
 */
#ifndef KERNEL_MM_ADDRESS_SPACE_H
#define KERNEL_MM_ADDRESS_SPACE_H

#include "base/compiler.h"
#include "base/strbuf.h"
#include "boot/boot_info.h"
#include "kernel/mm/memory_map.h"

/* Maps the image, all of `ram`, and what the boot loader left for us; takes the pages for that out of
 * `spare` (which begins as a copy of `ram`), and switches.  false: no room. */
bool address_space_init(const struct boot_info *bi, const struct memory_map *ram,
			struct memory_map *spare) MUST_CHECK;

/* Writes what lies at an address, for a person: "kernel text", "the guard page of the main stack". */
void address_describe(struct strbuf *sb, uint64_t address);

#endif
