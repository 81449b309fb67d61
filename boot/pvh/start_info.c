/*
 * SPDX-License-Identifier: MIT
 *
 * What a PVH loader told us, as struct boot_info.  Pure: memory in, structure out; enter.c has the
 * static memory.  Nothing is believed: the loader's pointers must lie where the early page tables
 * reach, its counts are bounded, and what does not fit is said.
 */
#include "boot/pvh/start_info.h"

#include "base/string.h"

static bool readable(const struct pvh_image *image, uint64_t addr, uint64_t len)
{
	return addr != 0 && addr < image->mapped && len <= image->mapped - addr;
}

static enum boot_memory_type memory_type(uint32_t e820)
{
	switch (e820) {
	case 1: return BOOT_MEMORY_USABLE;
	case 3:
	case 4: return BOOT_MEMORY_ACPI;
	default: return BOOT_MEMORY_RESERVED;
	}
}

static void add_memory(struct boot_info *bi, uint64_t base, uint64_t len, uint32_t type)
{
	struct boot_memory *last;

	if (len == 0)
		return;
	if (bi->memory_count > 0) {
		last = &bi->memory[bi->memory_count - 1];
		if (last->type == type && last->base + last->len == base) {
			last->len += len;
			return;
		}
	}
	if (bi->memory_count == BOOT_MEMORY_MAX) {
		bi->memory_dropped++;
		return;
	}
	bi->memory[bi->memory_count++] = (struct boot_memory){.base = base, .len = len, .type = type};
}

bool pvh_is_overwritten(const struct pvh_start_info *si, const struct pvh_image *image)
{
	if (!readable(image, (uint64_t)(uintptr_t)si, sizeof(*si)))
		return false;
	for (unsigned shift = 0; shift < 32; shift += 8) {
		uint8_t c = (uint8_t)(si->magic >> shift);

		if (c < 0x20 || c > 0x7e)
			return false;
	}
	return true;
}

const char *pvh_translate(const struct pvh_start_info *si, const struct pvh_image *image,
			  struct boot_info *bi)
{
	const struct pvh_memmap_entry *map;

	if (!readable(image, (uint64_t)(uintptr_t)si, sizeof(*si)))
		return "PVH: the start info lies outside the first GiB";
	if (si->magic != PVH_START_MAGIC)
		return "PVH: the start info has the wrong magic number (QEMU overwrites it when "
		       "-append is longer than 4095 bytes)";
	if (si->version < 1)
		return "PVH: the loader gives start info version 0, without a memory map";
	if (si->memmap_entries == 0 ||
	    !readable(image, si->memmap_paddr, (uint64_t)si->memmap_entries * sizeof(*map)))
		return "PVH: the memory map is empty or lies outside the first GiB";

	bi->magic = BOOT_INFO_MAGIC;
	bi->version = BOOT_INFO_VERSION;
	bi->size = sizeof(*bi);
	bi->protocol = BOOT_PROTOCOL_PVH;
	bi->kernel_base = image->base;
	bi->kernel_len = image->len;
	bi->rsdp = si->rsdp_paddr;
	map = (const struct pvh_memmap_entry *)(uintptr_t)si->memmap_paddr;
	for (uint32_t i = 0; i < si->memmap_entries; i++)
		add_memory(bi, map[i].addr, map[i].size, memory_type(map[i].type));
	add_memory(bi, image->base, image->len, BOOT_MEMORY_KERNEL);
	return NULL;
}

const char *pvh_copy_cmdline(const struct pvh_start_info *si, const struct pvh_image *image,
			     char cmdline[PVH_CMDLINE_MAX], struct boot_info *bi)
{
	const char *from = (const char *)(uintptr_t)si->cmdline_paddr;
	size_t len = 0;

	if (si->cmdline_paddr == 0)
		return NULL;
	if (!readable(image, si->cmdline_paddr, PVH_CMDLINE_MAX))
		return "lies outside the first GiB of memory";
	/* The loader's buffer is ordinary RAM to us: it has to be copied before memory is given out. */
	while (len < PVH_CMDLINE_MAX && from[len] != '\0') {
		cmdline[len] = from[len];
		len++;
	}
	if (len == PVH_CMDLINE_MAX)
		return PVH_CMDLINE_TOO_LONG;
	bi->cmdline.addr = (uint64_t)(uintptr_t)cmdline;
	bi->cmdline.len = len;
	return NULL;
}
