/*
 * SPDX-License-Identifier: MIT
 *
 * boot/efi/page_tables: walks the tables as the processor does and finds every address at itself,
 * with both page sizes, across more than one top-level entry.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/efi/page_tables.h"
#include "tests/runner/unit.h"

#define GIB (UINT64_C(1) << 30)
#define NOT_MAPPED UINT64_MAX
#define ADDRESS_BITS UINT64_C(0x000ffffffffff000)

/* What the tables make of an address; every level must be present and writable, and lie inside
 * the block that was given. */
static uint64_t walk(const uint8_t *tables, size_t len, uint64_t address)
{
	uint64_t table = (uintptr_t)tables;

	for (unsigned shift = 39; shift >= 21; shift -= 9) {
		uint64_t entry;

		assert_true(table >= (uintptr_t)tables && table + 4096 <= (uintptr_t)tables + len);
		entry = ((const uint64_t *)(uintptr_t)table)[(address >> shift) & 511];
		if ((entry & 1) == 0)
			return NOT_MAPPED;
		assert_int_equal(entry & 2, 2);
		assert_int_equal(entry >> 63, 0); /* executable */
		if (entry & 0x80) {
			uint64_t page_mask = (UINT64_C(1) << shift) - 1;

			assert_true(shift <= 30);
			assert_int_equal(entry & ADDRESS_BITS & page_mask, 0);
			return (entry & ADDRESS_BITS) | (address & page_mask);
		}
		table = entry & ADDRESS_BITS;
	}
	fail_msg("no large page at the lowest level");
	return NOT_MAPPED;
}

static void check_map(uint64_t end, bool huge, size_t expected_tables)
{
	size_t len = page_tables_len(end, huge);
	uint64_t mapped = (end + GIB - 1) / GIB * GIB;
	uint8_t *tables = aligned_alloc(4096, len);

	assert_int_equal(len, expected_tables * 4096);
	memset(tables, 0xff, len);
	page_tables_build(tables, end, huge);
	for (uint64_t address = 0x123456; address < mapped; address += 0x7654321 * (mapped / GIB))
		assert_int_equal(walk(tables, len, address), address);
	assert_int_equal(walk(tables, len, 0), 0);
	assert_int_equal(walk(tables, len, mapped - 1), mapped - 1);
	assert_int_equal(walk(tables, len, mapped), NOT_MAPPED);
	assert_int_equal(walk(tables, len, UINT64_C(0x800000000000) - 1), NOT_MAPPED);
	free(tables);
}

TEST(pages_of_2_mib)
{
	check_map(4 * GIB, false, 1 + 1 + 4);
	check_map(5 * GIB + 1, false, 1 + 1 + 6);
	check_map(513 * GIB, false, 1 + 2 + 513);
}

TEST(pages_of_1_gib)
{
	check_map(4 * GIB, true, 1 + 1);
	check_map(512 * GIB, true, 1 + 1);
	check_map(512 * GIB + 1, true, 1 + 2);
	check_map(8192 * GIB, true, 1 + 16);
}
