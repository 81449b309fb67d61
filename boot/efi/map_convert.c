/*
 * SPDX-License-Identifier: MIT
 *
 * Converts the UEFI memory map; see map_convert.h.
 *
 * What is usable: conventional memory, and the code and data of boot services, which end before
 * the kernel runs (it gets page tables and a stack of the loader's, see handoff.c, so nothing it
 * stands on lies there).  Everything the loader allocated is EfiLoaderData and so is the loader
 * itself: BOOT_MEMORY_KERNEL.  Runtime services keep their memory although we never call them:
 * firmware may, from system management mode.
 */
#include "boot/efi/map_convert.h"

#include "base/bytes.h"
#include "base/string.h"

/* UEFI 2.10, 7.2.3: EFI_MEMORY_DESCRIPTOR, EFI_MEMORY_TYPE and the attributes that matter here.
 * The header of GNU-EFI is not included so that this file builds on the host. */
enum {
	DESC_TYPE = 0,
	DESC_START = 8,
	DESC_PAGES = 24,
	DESC_ATTRIBUTE = 32,
	DESC_LEN = 40,
};

enum {
	TYPE_LOADER_CODE = 1,
	TYPE_LOADER_DATA = 2,
	TYPE_BOOT_SERVICES_CODE = 3,
	TYPE_BOOT_SERVICES_DATA = 4,
	TYPE_RUNTIME_CODE = 5,
	TYPE_RUNTIME_DATA = 6,
	TYPE_CONVENTIONAL = 7,
	TYPE_ACPI_RECLAIM = 9,
	TYPE_ACPI_NVS = 10,
};

#define ATTRIBUTE_WB UINT64_C(0x8)                    /* can be cached as RAM is */
#define ATTRIBUTE_SP UINT64_C(0x40000)                /* set aside for a special purpose */
#define ATTRIBUTE_RUNTIME UINT64_C(0x8000000000000000)

#define PAGE UINT64_C(4096)

struct range {
	uint64_t base, end;
	uint32_t efi_type;
	uint64_t attribute;
};

/* False when there is no such descriptor, or it describes nothing that can exist. */
static bool range_read(const struct map_bytes *map, size_t index, struct range *r)
{
	const uint8_t *d = map->bytes + index * map->stride;
	uint64_t pages = load_le64(d + DESC_PAGES);

	r->base = load_le64(d + DESC_START);
	r->efi_type = load_le32(d + DESC_TYPE);
	r->attribute = load_le64(d + DESC_ATTRIBUTE);
	if (r->base % PAGE != 0 || pages > (UINT64_MAX - r->base) / PAGE)
		return false;
	r->end = r->base + pages * PAGE;
	return true;
}

static size_t range_count(const struct map_bytes *map)
{
	return map->stride < DESC_LEN ? 0 : map->len / map->stride;
}

static enum boot_memory_type range_type(const struct range *r)
{
	bool ram = (r->attribute & ATTRIBUTE_WB) != 0 &&
		   (r->attribute & (ATTRIBUTE_SP | ATTRIBUTE_RUNTIME)) == 0;

	switch (r->efi_type) {
	case TYPE_LOADER_CODE:
	case TYPE_LOADER_DATA:
		return BOOT_MEMORY_KERNEL;
	case TYPE_BOOT_SERVICES_CODE:
	case TYPE_BOOT_SERVICES_DATA:
	case TYPE_CONVENTIONAL:
		return ram ? BOOT_MEMORY_USABLE : BOOT_MEMORY_RESERVED;
	case TYPE_ACPI_RECLAIM:
	case TYPE_ACPI_NVS:
		return BOOT_MEMORY_ACPI;
	default:
		return BOOT_MEMORY_RESERVED;
	}
}

static void memory_remove(struct boot_info *bi, uint32_t at)
{
	bi->memory_count--;
	memmove(&bi->memory[at], &bi->memory[at + 1],
		(bi->memory_count - at) * sizeof(bi->memory[0]));
}

/* Puts a range that touches no other's bytes in front of entry `at`, merging where it can. */
static void memory_insert(struct boot_info *bi, uint32_t at, uint64_t base, uint64_t end,
			  enum boot_memory_type type)
{
	struct boot_memory *next = &bi->memory[at];
	bool joins_next = at < bi->memory_count && next->type == type && next->base == end;
	bool joins_previous = at > 0 && next[-1].type == type &&
			      next[-1].base + next[-1].len == base;

	if (joins_previous) {
		next[-1].len += end - base;
		if (joins_next) {
			next[-1].len += next->len;
			memory_remove(bi, at);
		}
	} else if (joins_next) {
		next->base = base;
		next->len += end - base;
	} else if (bi->memory_count == BOOT_MEMORY_MAX) {
		bi->memory_dropped++;
	} else {
		memmove(next + 1, next, (bi->memory_count - at) * sizeof(*next));
		*next = (struct boot_memory){.base = base, .len = end - base, .type = type};
		bi->memory_count++;
	}
}

/* The first entry that ends after `address`. */
static uint32_t memory_find(const struct boot_info *bi, uint64_t address)
{
	uint32_t at = 0;

	while (at < bi->memory_count && bi->memory[at].base + bi->memory[at].len <= address)
		at++;
	return at;
}

/* Adds the parts of [base, end) that no entry covers yet. */
static void memory_add(struct boot_info *bi, uint64_t base, uint64_t end,
		       enum boot_memory_type type)
{
	while (base < end) {
		uint32_t at = memory_find(bi, base);
		struct boot_memory *next = &bi->memory[at];
		bool last = at == bi->memory_count || next->base >= end;
		uint64_t gap_end = last ? end : next->base;
		uint64_t resume = last ? end : next->base + next->len;

		if (base < gap_end)
			memory_insert(bi, at, base, gap_end, type);
		base = resume;
	}
}

void map_convert(const struct map_bytes *map, struct boot_info *bi)
{
	bi->memory_count = 0;
	bi->memory_dropped = 0;
	/* First what is not usable: memory_add() leaves alone what is there already. */
	for (int usable = 0; usable <= 1; usable++) {
		for (size_t i = 0; i < range_count(map); i++) {
			struct range r;

			if (!range_read(map, i, &r))
				bi->memory_dropped += (uint32_t)usable;
			else if ((range_type(&r) == BOOT_MEMORY_USABLE) == (usable == 1))
				memory_add(bi, r.base, r.end, range_type(&r));
		}
	}
}

static bool range_is_ram(const struct range *r)
{
	switch (r->efi_type) {
	case TYPE_LOADER_CODE:
	case TYPE_LOADER_DATA:
	case TYPE_BOOT_SERVICES_CODE:
	case TYPE_BOOT_SERVICES_DATA:
	case TYPE_RUNTIME_CODE:
	case TYPE_RUNTIME_DATA:
	case TYPE_CONVENTIONAL:
	case TYPE_ACPI_RECLAIM:
	case TYPE_ACPI_NVS:
		return true;
	default:
		return false;
	}
}

uint64_t map_ram_end(const struct map_bytes *map)
{
	uint64_t end = 0;

	for (size_t i = 0; i < range_count(map); i++) {
		struct range r;

		if (range_read(map, i, &r) && range_is_ram(&r) && r.end > r.base)
			end = MAX(end, r.end);
	}
	return end;
}
