/*
 * SPDX-License-Identifier: MIT
 *
 * Sanitising of memory maps.  Firmware maps overlap, come unsorted and claim one page twice; where
 * two entries disagree, "not usable" wins, because the other way round corrupts memory that is in use.
 */
#include "kernel/mm/memory_map.h"

#include "base/string.h"
#include "kernel/mm/memory.h"

/* The page tables span 47 bits of identity-mapped address. */
#define ADDRESS_LIMIT (UINT64_C(1) << 47)

static uint64_t end_of(const struct boot_memory *m)
{
	uint64_t base = MIN(m->base, ADDRESS_LIMIT);

	return m->len > ADDRESS_LIMIT - base ? ADDRESS_LIMIT : base + m->len;
}

static void open_gap(struct memory_map *map, uint32_t at)
{
	memmove(&map->range[at + 1], &map->range[at],
		(map->count - at) * sizeof(map->range[0]));
	map->count++;
}

static void close_gap(struct memory_map *map, uint32_t at, uint32_t n)
{
	memmove(&map->range[at], &map->range[at + n],
		(map->count - at - n) * sizeof(map->range[0]));
	map->count -= n;
}

/* Inserts [base, end) in its place, swallowing the ranges that it touches. */
static void insert(struct memory_map *map, uint64_t base, uint64_t end)
{
	uint32_t first = 0, after;

	while (first < map->count && map->range[first].end < base)
		first++;
	for (after = first; after < map->count && map->range[after].base <= end; after++) {
		base = MIN(base, map->range[after].base);
		end = MAX(end, map->range[after].end);
	}
	if (after > first) {
		close_gap(map, first + 1, after - first - 1);
	} else if (map->count == MEMORY_RANGES_MAX) {
		map->lost++;
		return;
	} else {
		open_gap(map, first);
	}
	map->range[first] = (struct memory_range){base, end};
}

void memory_map_remove(struct memory_map *map, uint64_t base, uint64_t end)
{
	uint32_t i = 0;

	base = ALIGN_DOWN(base, (uint64_t)PAGE_SIZE);
	end = ALIGN_UP(end, (uint64_t)PAGE_SIZE);
	while (i < map->count) {
		struct memory_range *r = &map->range[i];
		struct memory_range upper = {end, r->end};

		if (r->end <= base || r->base >= end || base >= end) {
			i++;
			continue;
		}
		if (r->base >= base && r->end <= end) {
			close_gap(map, i, 1);
			continue;
		}
		if (r->base >= base) {
			r->base = end;
		} else {
			r->end = base;
			if (upper.base < upper.end)
				insert(map, upper.base, upper.end);
		}
		i++;
	}
}

void memory_map_build(struct memory_map *map, const struct boot_memory *entries, uint32_t count)
{
	map->count = 0;
	map->lost = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t base = ALIGN_UP(MIN(entries[i].base, ADDRESS_LIMIT), (uint64_t)PAGE_SIZE);
		uint64_t end = ALIGN_DOWN(end_of(&entries[i]), (uint64_t)PAGE_SIZE);

		if (entries[i].type == BOOT_MEMORY_USABLE && base < end)
			insert(map, base, end);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (entries[i].type != BOOT_MEMORY_USABLE && entries[i].len > 0)
			memory_map_remove(map, MIN(entries[i].base, ADDRESS_LIMIT),
					  end_of(&entries[i]));
	}
	/* Page 0 stays unmapped, so that a null pointer faults. */
	memory_map_remove(map, 0, PAGE_SIZE);
}

void memory_range_around(struct memory_range whole, struct memory_range hole,
			 struct memory_range part[2])
{
	part[0] = (struct memory_range){whole.base, MIN(whole.end, hole.base)};
	part[1] = (struct memory_range){MAX(whole.base, hole.end), whole.end};
}

uint64_t memory_map_alloc_page(struct memory_map *map, uint64_t limit)
{
	for (uint32_t i = 0; i < map->count; i++) {
		struct memory_range *r = &map->range[i];
		uint64_t page = r->base;

		if (limit < PAGE_SIZE || page > limit - PAGE_SIZE)
			return 0;
		r->base += PAGE_SIZE;
		if (r->base == r->end)
			close_gap(map, i, 1);
		return page;
	}
	return 0;
}
