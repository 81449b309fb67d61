/* SPDX-License-Identifier: MIT */
/* boot/pvh/start_info: a good structure becomes a boot_info that passes its check; every way in
 * which a loader's structure can be wrong is said. */
#include <stdlib.h>
#include <string.h>

#include "boot/pvh/start_info.h"
#include "tests/runner/unit.h"

static struct pvh_memmap_entry map[BOOT_MEMORY_MAX + 20];
static struct pvh_start_info si;
static struct pvh_image image;
static struct boot_info bi;
static char cmdline[PVH_CMDLINE_MAX];
static char loaders_cmdline[PVH_CMDLINE_MAX + 16];

static void setup(void)
{
	memset(&bi, 0, sizeof(bi));
	memset(loaders_cmdline, 0, sizeof(loaders_cmdline));
	strcpy(loaders_cmdline, "url=http://10.0.2.2/ log=json");
	map[0] = (struct pvh_memmap_entry){0, 0x9fc00, 1, 0};
	map[1] = (struct pvh_memmap_entry){0x9fc00, 0x400, 2, 0};
	map[2] = (struct pvh_memmap_entry){0x100000, 0x700000, 1, 0};
	map[3] = (struct pvh_memmap_entry){0x800000, 0x1000, 3, 0};
	map[4] = (struct pvh_memmap_entry){0x801000, 0x1000, 4, 0};
	map[5] = (struct pvh_memmap_entry){0x802000, 0x1000, 77, 0};
	si = (struct pvh_start_info){
		.magic = PVH_START_MAGIC,
		.version = 1,
		.cmdline_paddr = (uintptr_t)loaders_cmdline,
		.rsdp_paddr = 0xf5a10,
		.memmap_paddr = (uintptr_t)map,
		.memmap_entries = 6,
	};
	image = (struct pvh_image){.base = 0x100000, .len = 0x54000, .mapped = UINT64_MAX};
}

FIXTURE(setup, NULL);

static const char *translate(void)
{
	memset(&bi, 0, sizeof(bi));
	const char *problem = pvh_translate(&si, &image, &bi);

	return problem != NULL ? problem : pvh_copy_cmdline(&si, &image, cmdline, &bi);
}

static void check_range(uint32_t i, uint64_t base, uint64_t len, uint32_t type)
{
	assert_true(i < bi.memory_count);
	assert_int_equal(bi.memory[i].base, base);
	assert_int_equal(bi.memory[i].len, len);
	assert_int_equal(bi.memory[i].type, type);
}

TEST(a_good_one)
{
	assert_null(translate());
	assert_null(boot_info_problem(&bi));
	assert_int_equal(bi.protocol, BOOT_PROTOCOL_PVH);
	assert_int_equal(bi.rsdp, 0xf5a10);
	assert_int_equal(bi.kernel_base, 0x100000);
	assert_int_equal(bi.kernel_len, 0x54000);
	assert_int_equal(bi.memory_count, 6);
	check_range(0, 0, 0x9fc00, BOOT_MEMORY_USABLE);
	check_range(1, 0x9fc00, 0x400, BOOT_MEMORY_RESERVED);
	check_range(2, 0x100000, 0x700000, BOOT_MEMORY_USABLE);
	check_range(3, 0x800000, 0x2000, BOOT_MEMORY_ACPI); /* tables and NVS: one range */
	check_range(4, 0x802000, 0x1000, BOOT_MEMORY_RESERVED);
	check_range(5, 0x100000, 0x54000, BOOT_MEMORY_KERNEL);
}

TEST(the_command_line_is_copied)
{
	assert_null(translate());
	assert_int_equal(bi.cmdline.addr, (uintptr_t)cmdline);
	assert_int_equal(bi.cmdline.len, strlen(loaders_cmdline));
	assert_memory_equal(cmdline, loaders_cmdline, bi.cmdline.len);

	si.cmdline_paddr = 0;
	assert_null(translate());
	assert_int_equal(bi.cmdline.addr, 0);
	assert_int_equal(bi.cmdline.len, 0);
}

TEST(the_longest_command_line)
{
	memset(loaders_cmdline, 'x', PVH_CMDLINE_MAX - 1);
	assert_null(translate());
	assert_int_equal(bi.cmdline.len, PVH_CMDLINE_MAX - 1);
	memset(loaders_cmdline, 'x', sizeof(loaders_cmdline));
	assert_non_null(strstr(translate(), "longer than 4095"));
	/* The rest is fit to boot with all the same. */
	assert_null(boot_info_problem(&bi));
	assert_int_equal(bi.cmdline.addr, 0);
}

TEST(more_ranges_than_fit)
{
	for (uint32_t i = 0; i < BOOT_MEMORY_MAX + 20; i++)
		map[i] = (struct pvh_memmap_entry){i * UINT64_C(0x2000), 0x1000, 1, 0};
	si.memmap_entries = BOOT_MEMORY_MAX + 20;
	assert_null(translate());
	assert_int_equal(bi.memory_count, BOOT_MEMORY_MAX);
	assert_int_equal(bi.memory_dropped, 21); /* the image's own among them */
}

static void says(const char *word)
{
	const char *problem = translate();

	assert_non_null(problem);
	assert_non_null(strstr(problem, word));
}

/* Four bytes of text are no magic number, and no other accident looks like them. */
TEST(a_command_line_that_ran_over_it)
{
	assert_false(pvh_is_overwritten(&si, &image));
	memcpy(&si.magic, "x=1 ", 4);
	assert_true(pvh_is_overwritten(&si, &image));
	memcpy(&si.magic, "x=1\xff", 4);
	assert_false(pvh_is_overwritten(&si, &image));
	memcpy(&si.magic, "\0=11", 4);
	assert_false(pvh_is_overwritten(&si, &image));
	memcpy(&si.magic, "x=1 ", 4);
	image.mapped = (uintptr_t)&si; /* not to be read */
	assert_false(pvh_is_overwritten(&si, &image));
}

TEST(what_is_wrong_is_said)
{
	si.magic++;
	says("magic");
	setup();
	si.version = 0;
	says("version 0");
	setup();
	si.memmap_entries = 0;
	says("memory map");
	setup();
	si.memmap_paddr = 0;
	says("memory map");
	setup();
	/* Beyond what the early page tables map. */
	image.mapped = (uintptr_t)&si + sizeof(si) - 1;
	says("start info lies outside");
	image.mapped = (uintptr_t)&si;
	says("start info lies outside");
	image.mapped = (uintptr_t)&si - 4096;
	says("start info lies outside");
	setup();
	image.mapped = UINT64_MAX / 2;
	si.memmap_paddr = UINT64_MAX / 2 - 24;
	si.memmap_entries = 2;
	says("memory map");
	setup();
	image.mapped = UINT64_MAX / 2;
	si.cmdline_paddr = UINT64_MAX / 2 - 10;
	says("lies outside the first GiB of memory");
}
