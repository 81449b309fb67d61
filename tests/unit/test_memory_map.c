/* SPDX-License-Identifier: MIT */
/* kernel/mm/memory_map: overlapping, unsorted and nonsensical maps; a comparison page by page with
 * a plain model; and the taking of single pages. */
#include <stdlib.h>
#include <string.h>

#include "kernel/mm/memory.h"
#include "kernel/mm/memory_map.h"
#include "tests/runner/unit.h"

#define U BOOT_MEMORY_USABLE
#define R BOOT_MEMORY_RESERVED
#define A BOOT_MEMORY_ACPI
#define K BOOT_MEMORY_KERNEL

static struct memory_map map;

static void build(const struct boot_memory *entries, uint32_t count)
{
	memset(&map, 0xee, sizeof(map));
	memory_map_build(&map, entries, count);
}

static void check(uint32_t i, uint64_t base, uint64_t end)
{
	assert_true(i < map.count);
	assert_int_equal(map.range[i].base, base);
	assert_int_equal(map.range[i].end, end);
}

TEST(as_a_pc_gives_it)
{
	static const struct boot_memory pc[] = {
		{0x0, 0x9fc00, U, 0},      {0x9fc00, 0x400, R, 0}, {0xf0000, 0x10000, R, 0},
		{0x100000, 0x6e0000, U, 0}, {0x7e0000, 0x20000, R, 0}, {0x100000, 0x54000, K, 0},
	};

	build(pc, 6);
	assert_int_equal(map.count, 2);
	assert_int_equal(map.lost, 0);
	check(0, 0x1000, 0x9f000); /* page 0 is kept back, the odd end is cut */
	check(1, 0x154000, 0x7e0000);
}

TEST(neighbours_merge_in_any_order)
{
	static const struct boot_memory m[] = {
		{0x30000, 0x10000, U, 0}, {0x10000, 0x10000, U, 0}, {0x20000, 0x10000, U, 0},
		{0x18000, 0x4000, U, 0},
	};

	build(m, 4);
	assert_int_equal(map.count, 1);
	check(0, 0x10000, 0x40000);
}

TEST(what_is_not_usable_wins)
{
	static const struct boot_memory m[] = {
		{0x12800, 0x100, A, 0}, {0x10000, 0x10000, U, 0}, {0x1f000, 0x2000, R, 0},
		{0x15fff, 2, K, 0},
	};

	build(m, 4);
	assert_int_equal(map.count, 3);
	check(0, 0x10000, 0x12000);
	check(1, 0x13000, 0x15000);
	check(2, 0x17000, 0x1f000);
}

TEST(nonsense_is_harmless)
{
	static const struct boot_memory m[] = {
		{0x10000, 0, U, 0},             /* empty */
		{0x10800, 0x1000, U, 0},        /* no whole page */
		{UINT64_MAX, UINT64_MAX, U, 0}, /* wraps */
		{0x20000, UINT64_MAX, U, 0},    /* wraps: cut at the end of the address space */
		{UINT64_MAX - 0xfff, 0x2000, R, 0},
		{0x40000, 0, R, 0},
	};

	build(m, 6);
	assert_int_equal(map.count, 1);
	check(0, 0x20000, UINT64_C(1) << 47);
}

/* One bit a page over a small space, against random maps. */
#define SPACE 256

TEST(like_the_model)
{
	srand(1);
	for (int round = 0; round < 3000; round++) {
		struct boot_memory m[24];
		unsigned char usable[SPACE] = {0}, taken[SPACE] = {0}, got[SPACE] = {0};
		uint32_t n = 1 + (uint32_t)rand() % 24;

		for (uint32_t i = 0; i < n; i++) {
			uint64_t base = (uint64_t)rand() % (200 * 4), len = (uint64_t)rand() % 160;

			m[i] = (struct boot_memory){base * 1024, len * 1024,
						    1 + (uint32_t)rand() % 4, 0};
			for (uint64_t p = 0; p < SPACE; p++) {
				bool inside = p * 4 >= base && p * 4 + 4 <= base + len;
				bool touches = p * 4 < base + len && p * 4 + 4 > base && len > 0;

				usable[p] |= m[i].type == U && inside;
				taken[p] |= m[i].type != U && touches;
			}
		}
		build(m, n);
		assert_int_equal(map.lost, 0);
		for (uint32_t i = 0; i < map.count; i++) {
			assert_true(map.range[i].base < map.range[i].end);
			assert_true(i == 0 || map.range[i - 1].end < map.range[i].base);
			for (uint64_t p = map.range[i].base / 4096; p < map.range[i].end / 4096; p++)
				got[p] = 1;
		}
		for (unsigned p = 0; p < SPACE; p++)
			assert_int_equal(got[p], p > 0 && usable[p] && !taken[p]);
	}
}

/* Every range against every hole of a small space: what is left is the range without the hole. */
TEST(around_a_hole)
{
	const uint64_t hole_base = 4, hole_end = 7, space = 10;

	for (uint64_t base = 0; base <= space; base++) {
		for (uint64_t end = base; end <= space; end++) {
			struct memory_range part[2];

			memory_range_around((struct memory_range){base, end},
					    (struct memory_range){hole_base, hole_end}, part);
			for (uint64_t at = 0; at <= space; at++) {
				bool left = (at >= part[0].base && at < part[0].end) ||
					    (at >= part[1].base && at < part[1].end);

				assert_int_equal(left, at >= base && at < end &&
						 (at < hole_base || at >= hole_end));
			}
		}
	}
}

/* Nothing of what a door can hand over is lost, and the image can still be taken out. */
TEST(the_fullest_map_fits)
{
	static struct boot_memory m[BOOT_MEMORY_MAX];

	m[0] = (struct boot_memory){0, 0x10000000, U, 0};
	for (uint32_t i = 1; i < BOOT_MEMORY_MAX; i++)
		m[i] = (struct boot_memory){2 * i * UINT64_C(0x1000), 0x1000, R, 0};
	build(m, BOOT_MEMORY_MAX);
	memory_map_remove(&map, 0x8000000, 0x8100000);
	assert_int_equal(map.count, BOOT_MEMORY_MAX + 1);
	assert_int_equal(map.lost, 0);
	for (uint32_t i = 0; i < BOOT_MEMORY_MAX; i++)
		m[i] = (struct boot_memory){(2 * i + 2) * UINT64_C(0x1000), 0x1000, U, 0};
	build(m, BOOT_MEMORY_MAX);
	assert_int_equal(map.count, BOOT_MEMORY_MAX);
	assert_int_equal(map.lost, 0);
}

TEST(too_many_pieces_are_counted)
{
	static struct boot_memory m[MEMORY_RANGES_MAX + 7];

	for (uint32_t i = 0; i < ARRAY_LEN(m); i++)
		m[i] = (struct boot_memory){(2 * i + 2) * UINT64_C(0x1000), 0x1000, U, 0};
	build(m, ARRAY_LEN(m));
	assert_int_equal(map.count, MEMORY_RANGES_MAX);
	assert_int_equal(map.lost, 7);

	/* A full map cannot be split: the upper half is lost, nothing else. */
	build(m, MEMORY_RANGES_MAX);
	map.range[MEMORY_RANGES_MAX - 1].end += 0x5000;
	memory_map_remove(&map, map.range[MEMORY_RANGES_MAX - 1].base + 0x2000,
			  map.range[MEMORY_RANGES_MAX - 1].base + 0x3000);
	assert_int_equal(map.count, MEMORY_RANGES_MAX);
	assert_int_equal(map.lost, 1);
}

TEST(pages_are_taken_from_the_front)
{
	static const struct boot_memory m[] = {{0x2000, 0x2000, U, 0}, {0x8000, 0x1000, U, 0}};

	build(m, 2);
	assert_int_equal(memory_map_alloc_page(&map, 0x2fff), 0);
	assert_int_equal(memory_map_alloc_page(&map, 0x3000), 0x2000);
	assert_int_equal(memory_map_alloc_page(&map, 0x100000), 0x3000);
	assert_int_equal(map.count, 1);
	assert_int_equal(memory_map_alloc_page(&map, 0x8000), 0);
	assert_int_equal(memory_map_alloc_page(&map, 0x100000), 0x8000);
	assert_int_equal(memory_map_alloc_page(&map, 0x100000), 0);
}
