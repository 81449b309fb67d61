/*
 * SPDX-License-Identifier: MIT
 *
 * Four-level page tables (Intel SDM volume 3, chapter 4), with the largest pages that fit: 1 GiB where
 * the CPU has them, 2 MiB, 4 KiB.
 */
#include "kernel/arch/paging.h"

#include "base/assert.h"
#include "base/string.h"
#include "kernel/arch/x86_64/cpu.h"
#include "kernel/mm/memory.h"

#define PTE_PRESENT (UINT64_C(1) << 0)
#define PTE_WRITE (UINT64_C(1) << 1)
#define PTE_WRITE_THROUGH (UINT64_C(1) << 3)
#define PTE_CACHE_DISABLE (UINT64_C(1) << 4)
#define PTE_ACCESSED (UINT64_C(1) << 5)
#define PTE_DIRTY (UINT64_C(1) << 6)
#define PTE_LARGE (UINT64_C(1) << 7)
#define PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

/* Accessed and dirty are set beforehand: they are never read, and the CPU need not write them. */
#define MAP_READ (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY)
#define MAP_WRITE (MAP_READ | PTE_WRITE)
#define MAP_DEVICE (MAP_WRITE | PTE_CACHE_DISABLE | PTE_WRITE_THROUGH)
#define TABLE (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)

#define LEVELS 4
#define ADDRESS_LIMIT (UINT64_C(1) << 47)
/* While the tables are built, memory is reachable as far as the PVH entry code's tables map it. */
#define EARLY_LIMIT (UINT64_C(1) << 30)

#define BOOT_TABLES_LEN (3 * PAGE_SIZE)

extern char boot_tables[]; /* boot/pvh/entry.S: its page tables */

static uint64_t *root;
static uint64_t no_execute;    /* PTE_NO_EXECUTE where the CPU has it */
static unsigned largest_level; /* 2: 1 GiB pages, 1: 2 MiB pages */
static struct memory_map *early; /* where tables come from until the page allocator works */

static unsigned level_shift(unsigned level)
{
	return 12 + 9 * level;
}

static uint64_t level_size(unsigned level)
{
	return UINT64_C(1) << level_shift(level);
}

static uint64_t *table_alloc(void)
{
	uint64_t page;

	if (early == NULL)
		return pages_alloc(1);
	page = memory_map_alloc_page(early, EARLY_LIMIT);
	return page == 0 ? NULL : memset((void *)page, 0, PAGE_SIZE);
}

/* The table of `level` (0: of 4 KiB pages) that covers `address`, made if need be.  NULL: no page
 * for one. */
static uint64_t *table_at(uint64_t address, unsigned level)
{
	uint64_t *table = root, *fresh;

	for (unsigned at = LEVELS - 1; at > level; at--) {
		uint64_t *entry = &table[address >> level_shift(at) & 511];

		if ((*entry & PTE_PRESENT) == 0) {
			fresh = table_alloc();
			if (fresh == NULL)
				return NULL;
			*entry = (uint64_t)fresh | TABLE;
		}
		ASSERT((*entry & PTE_LARGE) == 0);
		table = (uint64_t *)(*entry & PTE_ADDRESS);
	}
	return table;
}

/* The entry that maps `address`, or 0. */
static uint64_t lookup(uint64_t address)
{
	const uint64_t *table = root;

	if (address >= ADDRESS_LIMIT)
		return 0;
	for (unsigned level = LEVELS - 1;; level--) {
		uint64_t entry = table[address >> level_shift(level) & 511];

		if ((entry & PTE_PRESENT) == 0)
			return 0;
		if (level == 0 || entry & PTE_LARGE)
			return entry;
		table = (const uint64_t *)(entry & PTE_ADDRESS);
	}
}

/* Maps [start, end), page-aligned and not mapped yet; false: no page for a table. */
static bool map_range(uint64_t start, uint64_t end, uint64_t flags)
{
	while (start < end) {
		unsigned level = largest_level;
		uint64_t size, *table;

		while (start % level_size(level) != 0 || end - start < level_size(level))
			level--;
		size = level_size(level);
		table = table_at(start, level);
		if (table == NULL)
			return false;
		for (uint64_t i = start >> level_shift(level) & 511;
		     i < 512 && end - start >= size; i++) {
			table[i] = start | flags | (level > 0 ? PTE_LARGE : 0);
			start += size;
		}
	}
	return true;
}

static uint64_t flags_of(enum paging_kind kind)
{
	switch (kind) {
	case PAGING_TEXT: return MAP_READ;
	case PAGING_RAM: return MAP_WRITE | no_execute;
	case PAGING_DEVICE: return MAP_DEVICE | no_execute;
	default: return MAP_READ | no_execute;
	}
}

bool paging_map(uint64_t start, uint64_t end, enum paging_kind kind)
{
	return map_range(start, end, flags_of(kind));
}

enum paging_kind paging_kind(uint64_t address)
{
	uint64_t entry = lookup(address);

	if ((entry & PTE_PRESENT) == 0)
		return PAGING_NONE;
	if (entry & PTE_CACHE_DISABLE)
		return PAGING_DEVICE;
	return entry & PTE_WRITE ? PAGING_RAM : PAGING_READ_ONLY;
}

uint64_t paging_limit(void)
{
	return MIN(ADDRESS_LIMIT, UINT64_C(1) << cpu_features()->phys_bits);
}

bool paging_init(struct memory_map *spare)
{
	const struct cpu_features *cpu = cpu_features();

	no_execute = cpu->no_execute ? PTE_NO_EXECUTE : 0;
	largest_level = cpu->gib_pages ? 2 : 1;
	early = spare;
	root = table_alloc();
	return root != NULL;
}

void paging_switch(void)
{
	early = NULL;
	__asm__ volatile("movq %0, %%cr3" : : "r"(root) : "memory");
}

struct memory_range paging_boot_tables(void)
{
	return (struct memory_range){(uint64_t)boot_tables,
				     (uint64_t)boot_tables + BOOT_TABLES_LEN};
}
