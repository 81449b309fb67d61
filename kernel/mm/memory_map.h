/*
 * SPDX-License-Identifier: MIT
 *
 * A boot loader's memory map, made safe: sorted, page-aligned, disjoint ranges of RAM that nothing
 * else claims.  Pure; tested on the host.
 */
#ifndef KERNEL_MM_MEMORY_MAP_H
#define KERNEL_MM_MEMORY_MAP_H

#include "base/compiler.h"
#include "boot/boot_info.h"

/* A whole boot_info's map: each entry makes at most one range more, and so do page 0 and the image. */
#define MEMORY_RANGES_MAX (BOOT_MEMORY_MAX + 2)

struct memory_range {
	uint64_t base, end; /* page-aligned, [base, end) */
};

struct memory_map {
	uint32_t count;
	uint32_t lost; /* pieces for which there was no room in `range` */
	struct memory_range range[MEMORY_RANGES_MAX];
};

/* Collects the usable ranges and takes out of them page 0 and everything of another type, however
 * they overlap and in whatever order they come. */
void memory_map_build(struct memory_map *map, const struct boot_memory *entries, uint32_t count);

/* Takes `base` .. `end` out; both are aligned outwards. */
void memory_map_remove(struct memory_map *map, uint64_t base, uint64_t end);

/* What of `whole` lies below and what above `hole`; a part that is empty ends where it begins, or
 * before. */
void memory_range_around(struct memory_range whole, struct memory_range hole,
			 struct memory_range part[2]);

/* Takes one page that lies wholly below `limit`, or returns 0. */
uint64_t memory_map_alloc_page(struct memory_map *map, uint64_t limit) MUST_CHECK;

#endif
