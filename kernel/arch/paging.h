/*
 * SPDX-License-Identifier: MIT
 *
 * The page tables as a place to map things in, identically: a virtual address is its physical address,
 * what is absent faults.  What is mapped where is kernel/mm/address_space.c's.
 */
#ifndef KERNEL_ARCH_PAGING_H
#define KERNEL_ARCH_PAGING_H

#include "base/compiler.h"
#include "kernel/mm/memory_map.h"

enum paging_kind {
	PAGING_NONE,      /* not mapped */
	PAGING_READ_ONLY, /* as the others here but text: not executable, as far as the CPU can say so */
	PAGING_TEXT,      /* read and executed */
	PAGING_RAM,       /* read and written */
	PAGING_DEVICE,    /* the same, uncached, in program order */
};

/* New, empty tables.  Until paging_switch() the pages for them are taken out of `spare`, after it they come
 * from pages_alloc().  false: no page. */
bool paging_init(struct memory_map *spare) MUST_CHECK;
/* Maps [start, end), page-aligned and not mapped yet, with the largest pages that fit; false: no page for
 * a table. */
bool paging_map(uint64_t start, uint64_t end, enum paging_kind kind) MUST_CHECK;
/* From here on the CPU uses these tables. */
void paging_switch(void);
/* How an address is mapped; READ_ONLY for TEXT where the tables do not distinguish them. */
enum paging_kind paging_kind(uint64_t address);
/* The lowest address that cannot be mapped. */
uint64_t paging_limit(void);
/* Memory in the image that only the tables before these needed: free after paging_switch(). */
struct memory_range paging_boot_tables(void);

#endif
