/*
 * SPDX-License-Identifier: MIT
 *
 * Four-level page tables (Intel SDM volume 3, chapter 4), identity mapping throughout: a virtual
 * address is its physical address, what is absent faults.
 *
 * RAM is mapped with the largest pages that fit (1 GiB where the CPU has them, 2 MiB, 4 KiB).  What
 * is mapped later, page by page, never changes a mapping that exists, so the strictest come first:
 * the image with its sections and holes, then RAM, then what the door left for us to read.
 */
#include "kernel/arch/x86_64/paging.h"

#include "base/assert.h"
#include "base/string.h"
#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/image.h"
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

/* Accessed and dirty are set beforehand: nobody reads them, and the CPU need not write them. */
#define MAP_READ (PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY)
#define MAP_WRITE (MAP_READ | PTE_WRITE)
#define MAP_DEVICE (MAP_WRITE | PTE_CACHE_DISABLE | PTE_WRITE_THROUGH)
#define TABLE (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)

#define LEVELS 4
#define ADDRESS_LIMIT (UINT64_C(1) << 47)
/* While the tables are built, memory is reachable as far as the PVH door's first tables map it. */
#define EARLY_LIMIT (UINT64_C(1) << 30)

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
	page = memory_map_take_page(early, EARLY_LIMIT);
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

/* Maps those pages of [start, end) that nothing maps yet; `alike` are bits in which a mapping that
 * exists must agree with `flags`.  false: it does not, or there is no page for a table. */
static bool map_missing(uint64_t start, uint64_t end, uint64_t flags, uint64_t alike)
{
	start = ALIGN_DOWN(start, (uint64_t)PAGE_SIZE);
	end = ALIGN_UP(end, (uint64_t)PAGE_SIZE);
	for (; start < end; start += PAGE_SIZE) {
		uint64_t entry = lookup(start);

		if ((entry ^ flags) & alike && entry & PTE_PRESENT)
			return false;
		if ((entry & PTE_PRESENT) == 0 && !map_range(start, start + PAGE_SIZE, flags))
			return false;
	}
	return true;
}

static bool map_image(void)
{
	uint64_t at = (uint64_t)image_data_page;

	if (!map_range((uint64_t)image_start, (uint64_t)image_text_page, MAP_READ | no_execute) ||
	    !map_range((uint64_t)image_text_page, (uint64_t)image_data_page, MAP_READ))
		return false;
	/* The stacks lie in the order of the table, each above its guard page, which stays out. */
	for (unsigned i = 0; i < STACK_COUNT; i++) {
		if (!map_range(at, (uint64_t)stack_areas[i].guard, MAP_WRITE | no_execute))
			return false;
		at = (uint64_t)stack_areas[i].bottom;
	}
	return map_range(at, (uint64_t)image_end, MAP_WRITE | no_execute);
}

/* What the loader left for us.  Firmware may have merged the image with its neighbours to one range,
 * so the part of it that is the image is left out: its holes, the guard pages, are meant. */
static bool map_around_image(const struct boot_memory *m)
{
	const struct memory_range image = {(uint64_t)image_start, (uint64_t)image_end};
	struct memory_range part[2];

	memory_range_around((struct memory_range){m->base, m->base + m->len}, image, part);
	return map_missing(part[0].base, part[0].end, MAP_WRITE | no_execute, 0) &&
	       map_missing(part[1].base, part[1].end, MAP_WRITE | no_execute, 0);
}

static bool map_memory(const struct boot_info *bi, const struct memory_map *ram)
{
	for (uint32_t i = 0; i < ram->count; i++) {
		if (!map_range(ram->range[i].base, ram->range[i].end, MAP_WRITE | no_execute))
			return false;
	}
	for (uint32_t i = 0; i < bi->memory_count; i++) {
		if (bi->memory[i].type == BOOT_MEMORY_KERNEL && !map_around_image(&bi->memory[i]))
			return false;
	}
	return true;
}

bool paging_init(const struct boot_info *bi, const struct memory_map *ram, struct memory_map *spare)
{
	const struct cpu_features *cpu = cpu_features();

	no_execute = cpu->no_execute ? PTE_NO_EXECUTE : 0;
	largest_level = cpu->gib_pages ? 2 : 1;
	early = spare;
	root = table_alloc();
	if (root == NULL || !map_image() || !map_memory(bi, ram))
		return false;
	early = NULL;
	__asm__ volatile("movq %0, %%cr3" : : "r"(root) : "memory");
	return true;
}

static bool mappable(uint64_t phys, size_t len)
{
	uint64_t limit = MIN(ADDRESS_LIMIT, UINT64_C(1) << cpu_features()->phys_bits);

	return phys >= PAGE_SIZE && len > 0 && phys < limit && len <= limit - phys;
}

volatile void *mmio_map(uint64_t phys, size_t len)
{
	if (!mappable(phys, len) ||
	    !map_missing(phys, phys + len, MAP_DEVICE | no_execute, PTE_CACHE_DISABLE))
		return NULL;
	return (volatile void *)phys;
}

const void *firmware_map(uint64_t phys, size_t len)
{
	if (!mappable(phys, len) || !map_missing(phys, phys + len, MAP_READ | no_execute, 0))
		return NULL;
	return (const void *)phys;
}

/* --- words for a fault ------------------------------------------------------------------------- */

static bool within(uint64_t address, const char *start, const char *end)
{
	return address >= (uint64_t)start && address < (uint64_t)end;
}

static const char *describe_mapping(uint64_t address)
{
	uint64_t entry = lookup(address);

	if ((entry & PTE_PRESENT) == 0)
		return "unmapped memory";
	if (entry & PTE_CACHE_DISABLE)
		return "device memory";
	return entry & PTE_WRITE ? "RAM" : "firmware tables";
}

void paging_describe(struct strbuf *sb, uint64_t address)
{
	if (address < PAGE_SIZE) {
		strbuf_str(sb, "the null page");
		return;
	}
	for (unsigned i = 0; i < STACK_COUNT; i++) {
		const struct stack_area *stack = &stack_areas[i];

		if (!within(address, stack->guard, stack->top))
			continue;
		strbuf_str(sb, within(address, stack->guard, stack->bottom) ? "the guard page of the "
									     : "the ");
		strbuf_str(sb, stack->name);
		strbuf_str(sb, " stack");
		return;
	}
	if (within(address, image_start, image_text_page))
		strbuf_str(sb, "kernel read-only data");
	else if (within(address, image_text_page, image_data_page))
		strbuf_str(sb, "kernel text");
	else if (within(address, image_data_page, image_end))
		strbuf_str(sb, "kernel data");
	else
		strbuf_str(sb, describe_mapping(address));
}
