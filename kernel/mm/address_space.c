/*
 * SPDX-License-Identifier: MIT
 *
 * The address space, identity-mapped; see address_space.h.  What is mapped later, page by page, never
 * changes a mapping that exists, so the strictest come first: the image with its sections and holes, then
 * RAM, then what the boot loader left for us to read.
 */
#include "kernel/mm/address_space.h"

#include "kernel/arch/image.h"
#include "kernel/arch/paging.h"
#include "kernel/mm/memory.h"

/* Maps those pages of [start, end) that nothing maps yet.  false: there is no page for a table, or device
 * memory is asked for and a page is mapped as something else. */
static bool map_missing(uint64_t start, uint64_t end, enum paging_kind kind)
{
	start = ALIGN_DOWN(start, (uint64_t)PAGE_SIZE);
	end = ALIGN_UP(end, (uint64_t)PAGE_SIZE);
	for (; start < end; start += PAGE_SIZE) {
		enum paging_kind found = paging_kind(start);

		if (kind == PAGING_DEVICE && found != PAGING_NONE && found != PAGING_DEVICE)
			return false;
		if (found == PAGING_NONE && !paging_map(start, start + PAGE_SIZE, kind))
			return false;
	}
	return true;
}

static bool map_image(void)
{
	uint64_t at = (uint64_t)image_data_page;

	if (!paging_map((uint64_t)image_start, (uint64_t)image_text_page, PAGING_READ_ONLY) ||
	    !paging_map((uint64_t)image_text_page, (uint64_t)image_data_page, PAGING_TEXT))
		return false;
	/* The stacks lie in the order of the table, each above its guard page, which stays out. */
	for (unsigned i = 0; i < stack_area_count; i++) {
		if (!paging_map(at, (uint64_t)stack_areas[i].guard, PAGING_RAM))
			return false;
		at = (uint64_t)stack_areas[i].bottom;
	}
	return paging_map(at, (uint64_t)image_end, PAGING_RAM);
}

/* What the loader left for us.  Firmware may have merged the image with its neighbours to one range,
 * so the part of it that is the image is left out: its holes, the guard pages, are meant. */
static bool map_around_image(const struct boot_memory *m)
{
	const struct memory_range image = {(uint64_t)image_start, (uint64_t)image_end};
	struct memory_range part[2];

	memory_range_around((struct memory_range){m->base, m->base + m->len}, image, part);
	return map_missing(part[0].base, part[0].end, PAGING_RAM) &&
	       map_missing(part[1].base, part[1].end, PAGING_RAM);
}

static bool map_memory(const struct boot_info *bi, const struct memory_map *ram)
{
	for (uint32_t i = 0; i < ram->count; i++) {
		if (!paging_map(ram->range[i].base, ram->range[i].end, PAGING_RAM))
			return false;
	}
	for (uint32_t i = 0; i < bi->memory_count; i++) {
		if (bi->memory[i].type == BOOT_MEMORY_KERNEL && !map_around_image(&bi->memory[i]))
			return false;
	}
	return true;
}

bool address_space_init(const struct boot_info *bi, const struct memory_map *ram,
			struct memory_map *spare)
{
	if (!paging_init(spare) || !map_image() || !map_memory(bi, ram))
		return false;
	paging_switch();
	return true;
}

static bool mappable(uint64_t phys, size_t len)
{
	uint64_t limit = paging_limit();

	return phys >= PAGE_SIZE && len > 0 && phys < limit && len <= limit - phys;
}

volatile void *mmio_map(uint64_t phys, size_t len)
{
	if (!mappable(phys, len) || !map_missing(phys, phys + len, PAGING_DEVICE))
		return NULL;
	return (volatile void *)phys;
}

const void *firmware_map(uint64_t phys, size_t len)
{
	if (!mappable(phys, len) || !map_missing(phys, phys + len, PAGING_READ_ONLY))
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
	switch (paging_kind(address)) {
	case PAGING_NONE: return "unmapped memory";
	case PAGING_DEVICE: return "device memory";
	case PAGING_RAM: return "RAM";
	default: return "firmware tables";
	}
}

void address_describe(struct strbuf *sb, uint64_t address)
{
	if (address < PAGE_SIZE) {
		strbuf_str(sb, "the null page");
		return;
	}
	for (unsigned i = 0; i < stack_area_count; i++) {
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
