/* SPDX-License-Identifier: MIT */
/* boot/boot_info: a good one passes, each field out of bounds is named. */
#include <stdlib.h>
#include <string.h>

#include "boot/boot_info.h"
#include "tests/runner/unit.h"

static struct boot_info good(void)
{
	struct boot_info bi = {
		.magic = BOOT_INFO_MAGIC,
		.version = BOOT_INFO_VERSION,
		.size = sizeof(struct boot_info),
		.protocol = BOOT_PROTOCOL_EFI,
		.memory_count = 2,
		.kernel_base = 0x100000,
		.kernel_len = 0x50000,
		.cmdline = {0x5000, 10},
		.memory = {
			{.base = 0x1000, .len = 0x9e000, .type = BOOT_MEMORY_USABLE},
			{.base = UINT64_MAX - 5, .len = 6, .type = BOOT_MEMORY_RESERVED},
		},
	};
	return bi;
}

TEST(good_ones_pass)
{
	struct boot_info bi = good();

	assert_null(boot_info_problem(&bi));
	bi.protocol = BOOT_PROTOCOL_PVH;
	bi.seed_len = BOOT_SEED_MAX;
	bi.cmdline = (struct boot_text){0, 0};
	assert_null(boot_info_problem(&bi));
}

TEST(none_at_all)
{
	assert_non_null(boot_info_problem(NULL));
}

/* Each line breaks one thing in a good one, and the sentence has to hold that word. */
#define BROKEN(word, ...)                                                                       \
	do {                                                                                    \
		struct boot_info bi = good();                                                   \
		__VA_ARGS__;                                                                    \
		const char *problem = boot_info_problem(&bi);                                   \
		assert_non_null(problem);                                                       \
		assert_non_null(strstr(problem, word));                                         \
	} while (0)

TEST(broken_ones_are_named)
{
	BROKEN("magic", bi.magic++);
	BROKEN("version", bi.version++);
	BROKEN("size", bi.size--);
	BROKEN("boot protocol", bi.protocol = 0);
	BROKEN("boot protocol", bi.protocol = 3);
	BROKEN("seed", bi.seed_len = BOOT_SEED_MAX + 1);
	BROKEN("kernel", bi.kernel_base = 0);
	BROKEN("kernel", bi.kernel_base++);
	BROKEN("kernel", bi.kernel_len = 0);
	BROKEN("kernel", bi.kernel_len = UINT64_MAX);
	BROKEN("text", bi.cmdline.len = UINT64_MAX);
	BROKEN("text", bi.config_file = (struct boot_text){0, 1});
	BROKEN("text", bi.load_options = (struct boot_text){UINT64_MAX, 1});
	BROKEN("number of memory", bi.memory_count = 0);
	BROKEN("number of memory", bi.memory_count = BOOT_MEMORY_MAX + 1);
	BROKEN("type", bi.memory[0].type = 0);
	BROKEN("type", bi.memory[0].type = BOOT_MEMORY_KERNEL + 1);
	BROKEN("past", bi.memory[0].len = UINT64_MAX);
	BROKEN("past", bi.memory[1].type = BOOT_MEMORY_KERNEL);
	BROKEN("usable", bi.memory[0].type = BOOT_MEMORY_ACPI);
	BROKEN("usable", bi.memory[0].len = 0);
}
