/*
 * SPDX-License-Identifier: MIT
 *
 * Builds the identity map of page_tables.h: one top-level table, then the tables of 512 GiB each,
 * then (where the CPU lacks 1 GiB pages) the tables of 1 GiB each, all in one block.
 */
#include "boot/efi/page_tables.h"

#include "base/string.h"

#define ENTRIES 512u
#define GIB (UINT64_C(1) << 30)
#define MIB2 (UINT64_C(2) << 20)

#define ENTRY_PRESENT UINT64_C(0x01)
#define ENTRY_WRITABLE UINT64_C(0x02)
#define ENTRY_LARGE UINT64_C(0x80)

#define ENTRY_TABLE (ENTRY_PRESENT | ENTRY_WRITABLE)
#define ENTRY_PAGE (ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_LARGE)

static uint64_t count_gib(uint64_t end)
{
	return (end + GIB - 1) / GIB;
}

static uint64_t count_pointer_tables(uint64_t end)
{
	return (count_gib(end) + ENTRIES - 1) / ENTRIES;
}

size_t page_tables_len(uint64_t end, bool huge)
{
	uint64_t tables = 1 + count_pointer_tables(end) + (huge ? 0 : count_gib(end));

	return tables * PAGE_TABLE_LEN;
}

/* One table of 2 MiB pages for the GiB that starts at `base`. */
static void fill_directory(uint64_t *directory, uint64_t base)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		directory[i] = (base + i * MIB2) | ENTRY_PAGE;
}

void page_tables_build(void *tables, uint64_t end, bool huge)
{
	uint64_t *top = tables;
	/* Tables of one level stand side by side, so one index runs through all of them. */
	uint64_t *pointers = top + ENTRIES;
	uint64_t *directories = pointers + count_pointer_tables(end) * ENTRIES;

	memset(tables, 0, page_tables_len(end, huge));
	for (uint64_t i = 0; i < count_pointer_tables(end); i++)
		top[i] = (uintptr_t)(pointers + i * ENTRIES) | ENTRY_TABLE;
	for (uint64_t gib = 0; gib < count_gib(end); gib++) {
		uint64_t *directory = directories + gib * ENTRIES;

		if (huge) {
			pointers[gib] = gib * GIB | ENTRY_PAGE;
			continue;
		}
		fill_directory(directory, gib * GIB);
		pointers[gib] = (uintptr_t)directory | ENTRY_TABLE;
	}
}
