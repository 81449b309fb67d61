/*
 * SPDX-License-Identifier: MIT
 *
 * The kernel's page tables: RAM identity-mapped and not executable, the image by its sections,
 * page 0 and the guard pages absent, device memory uncached.
 */
#ifndef KERNEL_ARCH_X86_64_PAGING_H
#define KERNEL_ARCH_X86_64_PAGING_H

#include "base/compiler.h"
#include "base/strbuf.h"
#include "boot/boot_info.h"
#include "kernel/mm/memory_map.h"

/* Maps the image, all of `ram`, and what the door left for us; takes the pages for that out of
 * `spare` (which begins as a copy of `ram`), and switches.  false: no room. */
bool paging_init(const struct boot_info *bi, const struct memory_map *ram,
		 struct memory_map *spare) MUST_CHECK;

/* Writes what lies at an address, for a person: "kernel text", "the guard page of the main stack". */
void paging_describe(struct strbuf *sb, uint64_t address);

#endif
