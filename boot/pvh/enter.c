/*
 * SPDX-License-Identifier: MIT
 *
 * From the PVH entry point into the kernel: the static memory that start_info.c fills, and the hand-over.
 */
#include "boot/pvh/start_info.h"
#include "kernel/arch/image.h"
#include "kernel/start.h"

#define EARLY_MAPPED (UINT64_C(1) << 30) /* what entry.S maps */

extern const uint64_t boot_entry_counter; /* entry.S: the first instruction's time */

static struct boot_info boot_info;
static char cmdline[PVH_CMDLINE_MAX];

NORETURN void pvh_enter(const struct pvh_start_info *si);

NORETURN void pvh_enter(const struct pvh_start_info *si)
{
	const struct pvh_image image = {
		.base = (uint64_t)image_start,
		.len = (uint64_t)(image_end - image_start),
		.mapped = EARLY_MAPPED,
	};
	const char *problem = pvh_translate(si, &image, &boot_info);

	if (problem != NULL && pvh_is_overwritten(si, &image))
		kernel_refuse_config("command line", PVH_CMDLINE_TOO_LONG);
	if (problem != NULL)
		kernel_refuse(problem);
	problem = pvh_copy_cmdline(si, &image, cmdline, &boot_info);
	if (problem != NULL)
		kernel_note_bad_config("command line", problem);
	boot_info.entry_counter = boot_entry_counter;
	kernel_start(&boot_info);
}
