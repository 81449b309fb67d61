/*
 * SPDX-License-Identifier: MIT
 *
 * Memory comes up: the boot loader's map is sanitised, page tables are built from it and switched to, and
 * what is left goes to the page allocator.
 */
#include "kernel/arch/image.h"
#include "kernel/arch/paging.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/memory_map.h"
#include "kernel/mm/pages.h"
#include "kernel/panic.h"

static struct memory_map ram, usable;
static uint32_t dropped; /* ranges of the machine's own map for which there was no room */

void memory_init(const struct boot_info *bi)
{
	struct memory_range boot_tables;

	memory_map_build(&ram, bi->memory, bi->memory_count);
	/* Whatever the map says: the image is never allocated. */
	memory_map_remove(&ram, (uint64_t)image_start, (uint64_t)image_end);
	usable = ram;
	if (!address_space_init(bi, &ram, &usable))
		panic("not enough memory for the page tables");
	dropped = bi->memory_dropped + usable.lost;

	for (uint32_t i = 0; i < usable.count; i++)
		pages_add(usable.range[i].base, usable.range[i].end);
	/* The entry code's tables have served; they lie in the image, mapped and writable. */
	boot_tables = paging_boot_tables();
	pages_add(boot_tables.base, boot_tables.end);
}

void memory_report(struct event_sink *events)
{
	event_emit(events, EVENT_MEMORY, 0, 0, EV_U64("total_kib", pages_total() * PAGE_SIZE / 1024),
		   EV_U64("ranges", usable.count),
		   EV_IF(dropped > 0, EV_U64("dropped", dropped)),
		   EV_U64("kernel_kib", (uint64_t)(image_end - image_start) / 1024),
		   EV_POINTER("kernel_at", (uint64_t)image_start));
}
