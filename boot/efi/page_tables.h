/*
 * SPDX-License-Identifier: MIT
 *
 * Identity page tables of the loader, for the moment between firmware's and the kernel's own.
 * Pure: written into memory the caller has.  Intel SDM volume 3, 4.5 (4-level paging).
 */
#ifndef BOOT_EFI_PAGE_TABLES_H
#define BOOT_EFI_PAGE_TABLES_H

#include "base/compiler.h"

#define PAGE_TABLE_LEN 4096u
#define PAGE_TABLES_MAX_END (UINT64_C(1) << 47) /* the lower half of 48-bit addresses */

/* Bytes of tables that map [0, end); huge: the CPU has pages of 1 GiB. */
size_t page_tables_len(uint64_t end, bool huge);

/* Maps [0, end rounded up to 1 GiB) to itself: writable, executable, cached as the memory type
 * range registers say.  `tables` is page-aligned, page_tables_len() long, and itself
 * identity-mapped; its address goes into CR3. */
void page_tables_build(void *tables, uint64_t end, bool huge);

#endif
