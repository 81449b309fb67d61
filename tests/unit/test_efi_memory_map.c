/*
 * SPDX-License-Identifier: MIT
 *
 * boot/efi/map_convert: what each kind of memory becomes, merging, order, overlaps, more ranges
 * than fit, and descriptors that make no sense.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/efi/map_convert.h"
#include "tests/runner/unit.h"

#define STRIDE 48 /* as OVMF says: larger than the 40 bytes of the structure */
#define WB UINT64_C(0xf)
#define RUNTIME (UINT64_C(1) << 63)
#define SPECIAL (UINT64_C(1) << 18)

enum {
	RESERVED, LOADER_CODE, LOADER_DATA, BOOT_CODE, BOOT_DATA, RUNTIME_CODE, RUNTIME_DATA,
	CONVENTIONAL, UNUSABLE, ACPI_RECLAIM, ACPI_NVS, MMIO, MMIO_PORT, PAL, PERSISTENT,
	UNACCEPTED,
};

/* A map under construction; the byte before each descriptor's end is junk on purpose. */
struct firmware_map {
	uint8_t bytes[STRIDE * 600];
	size_t len;
};

static void put(uint8_t *to, uint64_t v, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

static void add(struct firmware_map *m, uint32_t type, uint64_t base, uint64_t pages, uint64_t attr)
{
	uint8_t *d = m->bytes + m->len;

	assert_true(m->len + STRIDE <= sizeof(m->bytes));
	memset(d, 0xee, STRIDE);
	put(d, type, 4);
	put(d + 8, base, 8);
	put(d + 24, pages, 8);
	put(d + 32, attr, 8);
	m->len += STRIDE;
}

static void convert(const struct firmware_map *m, struct boot_info *bi)
{
	/* Exactly as long as it is, so that a sanitizer sees a read past its end. */
	uint8_t *copy = malloc(m->len > 0 ? m->len : 1);

	memcpy(copy, m->bytes, m->len);
	memset(bi, 0x55, sizeof(*bi));
	map_convert(&(struct map_bytes){copy, m->len, STRIDE}, bi);
	free(copy);
}

static void assert_range(const struct boot_info *bi, unsigned i, uint64_t base, uint64_t end,
			 enum boot_memory_type type)
{
	assert_true(i < bi->memory_count);
	assert_int_equal(bi->memory[i].base, base);
	assert_int_equal(bi->memory[i].base + bi->memory[i].len, end);
	assert_int_equal(bi->memory[i].type, type);
}

static void assert_sorted(const struct boot_info *bi)
{
	assert_true(bi->memory_count <= BOOT_MEMORY_MAX);
	for (unsigned i = 0; i < bi->memory_count; i++) {
		assert_true(bi->memory[i].len > 0);
		if (i > 0)
			assert_true(bi->memory[i].base >=
				    bi->memory[i - 1].base + bi->memory[i - 1].len);
	}
}

TEST(each_type_becomes_what_it_should)
{
	static const struct {
		uint32_t type;
		uint64_t attr;
		enum boot_memory_type becomes;
	} rows[] = {
		{RESERVED, WB, BOOT_MEMORY_RESERVED},
		{LOADER_CODE, WB, BOOT_MEMORY_KERNEL},
		{LOADER_DATA, WB, BOOT_MEMORY_KERNEL},
		{BOOT_CODE, WB, BOOT_MEMORY_USABLE},
		{BOOT_DATA, WB, BOOT_MEMORY_USABLE},
		{RUNTIME_CODE, WB | RUNTIME, BOOT_MEMORY_RESERVED},
		{RUNTIME_DATA, WB | RUNTIME, BOOT_MEMORY_RESERVED},
		{CONVENTIONAL, WB, BOOT_MEMORY_USABLE},
		{UNUSABLE, WB, BOOT_MEMORY_RESERVED},
		{ACPI_RECLAIM, WB, BOOT_MEMORY_ACPI},
		{ACPI_NVS, WB, BOOT_MEMORY_ACPI},
		{MMIO, RUNTIME | 1, BOOT_MEMORY_RESERVED},
		{MMIO_PORT, 1, BOOT_MEMORY_RESERVED},
		{PAL, WB, BOOT_MEMORY_RESERVED},
		{PERSISTENT, WB, BOOT_MEMORY_RESERVED},
		{UNACCEPTED, WB, BOOT_MEMORY_RESERVED},
		{UINT32_C(0x80000001), WB, BOOT_MEMORY_RESERVED},
		{CONVENTIONAL, 1, BOOT_MEMORY_RESERVED}, /* uncached only: not RAM as we know it */
		{CONVENTIONAL, WB | SPECIAL, BOOT_MEMORY_RESERVED},
		{BOOT_DATA, WB | RUNTIME, BOOT_MEMORY_RESERVED},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct firmware_map m = {.len = 0};
		struct boot_info bi;

		add(&m, rows[i].type, 0x5000, 3, rows[i].attr);
		convert(&m, &bi);
		assert_int_equal(bi.memory_count, 1);
		assert_int_equal(bi.memory_dropped, 0);
		assert_range(&bi, 0, 0x5000, 0x8000, rows[i].becomes);
	}
}

TEST(neighbours_of_one_kind_are_merged_in_any_order)
{
	static const uint64_t orders[][4] = {
		{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {0, 2, 1, 3},
	};

	for (size_t o = 0; o < ARRAY_LEN(orders); o++) {
		struct firmware_map m = {.len = 0};
		struct boot_info bi;

		for (size_t i = 0; i < 4; i++)
			add(&m, i % 2 ? BOOT_DATA : CONVENTIONAL, 0x1000 * orders[o][i], 1, WB);
		add(&m, LOADER_DATA, 0x4000, 1, WB);
		add(&m, CONVENTIONAL, 0x6000, 1, WB); /* a hole before it */
		convert(&m, &bi);
		assert_int_equal(bi.memory_count, 3);
		assert_range(&bi, 0, 0, 0x4000, BOOT_MEMORY_USABLE);
		assert_range(&bi, 1, 0x4000, 0x5000, BOOT_MEMORY_KERNEL);
		assert_range(&bi, 2, 0x6000, 0x7000, BOOT_MEMORY_USABLE);
	}
}

TEST(what_is_not_usable_wins_where_descriptors_overlap)
{
	static const bool usable_first[] = {true, false};

	for (size_t i = 0; i < ARRAY_LEN(usable_first); i++) {
		struct firmware_map m = {.len = 0};
		struct boot_info bi;

		if (usable_first[i])
			add(&m, CONVENTIONAL, 0x10000, 16, WB);
		add(&m, RESERVED, 0xf000, 2, WB);       /* over its start */
		add(&m, ACPI_NVS, 0x14000, 2, WB);      /* inside */
		add(&m, RUNTIME_DATA, 0x1f000, 4, WB);  /* over its end */
		if (!usable_first[i])
			add(&m, CONVENTIONAL, 0x10000, 16, WB);
		convert(&m, &bi);
		assert_sorted(&bi);
		assert_int_equal(bi.memory_count, 5);
		assert_range(&bi, 0, 0xf000, 0x11000, BOOT_MEMORY_RESERVED);
		assert_range(&bi, 1, 0x11000, 0x14000, BOOT_MEMORY_USABLE);
		assert_range(&bi, 2, 0x14000, 0x16000, BOOT_MEMORY_ACPI);
		assert_range(&bi, 3, 0x16000, 0x1f000, BOOT_MEMORY_USABLE);
		assert_range(&bi, 4, 0x1f000, 0x23000, BOOT_MEMORY_RESERVED);
	}
}

TEST(the_same_range_twice_is_one)
{
	struct firmware_map m = {.len = 0};
	struct boot_info bi;

	add(&m, CONVENTIONAL, 0x10000, 16, WB);
	add(&m, CONVENTIONAL, 0x10000, 16, WB);
	add(&m, CONVENTIONAL, 0x18000, 16, WB);
	convert(&m, &bi);
	assert_int_equal(bi.memory_count, 1);
	assert_range(&bi, 0, 0x10000, 0x28000, BOOT_MEMORY_USABLE);
}

TEST(ranges_that_do_not_fit_are_counted)
{
	struct firmware_map m = {.len = 0};
	struct boot_info bi;

	for (uint64_t i = 0; i < BOOT_MEMORY_MAX + 7; i++)
		add(&m, CONVENTIONAL, 0x2000 * i, 1, WB);
	convert(&m, &bi);
	assert_sorted(&bi);
	assert_int_equal(bi.memory_count, BOOT_MEMORY_MAX);
	assert_int_equal(bi.memory_dropped, 7);
	/* Full: a neighbour still merges, and fills a hole to join two. */
	add(&m, CONVENTIONAL, 0x1000, 1, WB);
	convert(&m, &bi);
	assert_range(&bi, 0, 0, 0x3000, BOOT_MEMORY_USABLE);
	assert_int_equal(bi.memory_count, BOOT_MEMORY_MAX - 1);
}

TEST(senseless_descriptors_are_counted)
{
	struct firmware_map m = {.len = 0};
	struct boot_info bi;

	add(&m, CONVENTIONAL, 0x1800, 1, WB);                          /* not on a page */
	add(&m, CONVENTIONAL, 0x1000, UINT64_MAX, WB);                 /* wraps */
	add(&m, RESERVED, UINT64_MAX - 0xfff, 2, WB);                  /* wraps by one page */
	add(&m, CONVENTIONAL, 0x2000, (UINT64_MAX >> 12) + 1, WB);     /* wraps */
	add(&m, CONVENTIONAL, 0x3000, 0, WB);                          /* nothing: no fault */
	add(&m, CONVENTIONAL, 0x4000, 1, WB);
	convert(&m, &bi);
	assert_int_equal(bi.memory_dropped, 4);
	assert_int_equal(bi.memory_count, 1);
	assert_range(&bi, 0, 0x4000, 0x5000, BOOT_MEMORY_USABLE);
}

TEST(a_short_tail_and_a_short_stride_are_not_read)
{
	struct firmware_map m = {.len = 0};
	struct boot_info bi;

	convert(&m, &bi);
	assert_int_equal(bi.memory_count, 0);
	add(&m, CONVENTIONAL, 0x1000, 1, WB);
	add(&m, CONVENTIONAL, 0x9000, 1, WB);
	m.len -= 1;
	convert(&m, &bi);
	assert_int_equal(bi.memory_count, 1);
	map_convert(&(struct map_bytes){m.bytes, m.len, 39}, &bi);
	assert_int_equal(bi.memory_count, 0);
	map_convert(&(struct map_bytes){m.bytes, m.len, 0}, &bi);
	assert_int_equal(bi.memory_count, 0);
}

TEST(ram_ends_where_its_last_byte_does)
{
	struct firmware_map m = {.len = 0};

	assert_int_equal(map_ram_end(&(struct map_bytes){m.bytes, 0, STRIDE}), 0);
	add(&m, CONVENTIONAL, UINT64_C(4) << 30, 256, WB);
	add(&m, ACPI_NVS, 0x7f000000, 16, WB);
	add(&m, MMIO, UINT64_C(1) << 40, 16, 1);
	add(&m, RESERVED, UINT64_C(1) << 41, 16, WB);
	add(&m, CONVENTIONAL, UINT64_C(1) << 42, 0, WB);
	assert_int_equal(map_ram_end(&(struct map_bytes){m.bytes, m.len, STRIDE}),
			 (UINT64_C(4) << 30) + 256 * 4096);
}

/* Any map: sorted, without overlaps, and no byte usable that a descriptor calls something else. */
TEST(any_map_gives_a_sound_one)
{
	uint64_t seed = 0x853c49e6748fea9b;

	for (unsigned round = 0; round < 400; round++) {
		struct firmware_map m = {.len = 0};
		uint8_t forbidden[64] = {0}, offered[64] = {0}, usable[64] = {0};
		struct boot_info bi;

		for (unsigned n = 0; n < 24; n++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			uint64_t base = (seed >> 20) % 60, pages = (seed >> 40) % 5;
			uint32_t type = (seed >> 50) % 4 != 0 ? CONVENTIONAL : (seed >> 54) % 11;
			bool free_ram = type == CONVENTIONAL || type == BOOT_CODE ||
					type == BOOT_DATA;

			add(&m, type, base * 4096, pages, WB);
			memset((free_ram ? offered : forbidden) + base, 1, pages);
		}
		convert(&m, &bi);
		assert_sorted(&bi);
		for (unsigned i = 0; i < bi.memory_count; i++)
			if (bi.memory[i].type == BOOT_MEMORY_USABLE)
				memset(usable + bi.memory[i].base / 4096, 1,
				       bi.memory[i].len / 4096);
		for (unsigned page = 0; page < 64; page++)
			assert_int_equal(usable[page], offered[page] && !forbidden[page]);
	}
}
