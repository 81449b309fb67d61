/*
 * SPDX-License-Identifier: MIT
 *
 * The first look at a struct boot_info: is it ours, whole, and possible?  Used by the kernel on
 * what its boot loader gave it and by the EFI loader on what it is about to give; no other dependencies.
 */
#include "boot/boot_info.h"

#include <stddef.h>

/* The structure describes physical memory; no x86-64 or AArch64 CPU has more than 52 address bits. */
#define PHYS_LIMIT (UINT64_C(1) << 52)

static int range_ok(uint64_t base, uint64_t len)
{
	return len <= PHYS_LIMIT && base <= PHYS_LIMIT - len;
}

static int text_ok(const struct boot_text *text)
{
	if (text->addr == 0)
		return text->len == 0;
	return range_ok(text->addr, text->len);
}

static const char *memory_problem(const struct boot_info *bi)
{
	int usable = 0;

	if (bi->memory_count == 0 || bi->memory_count > BOOT_MEMORY_MAX)
		return "boot_info: the number of memory ranges is impossible";
	for (uint32_t i = 0; i < bi->memory_count; i++) {
		const struct boot_memory *m = &bi->memory[i];
		if (m->type < BOOT_MEMORY_USABLE || m->type > BOOT_MEMORY_KERNEL)
			return "boot_info: a memory range has an unknown type";
		/* What others reserve may be nonsense; what we are to touch may not. */
		if (m->type != BOOT_MEMORY_RESERVED && !range_ok(m->base, m->len))
			return "boot_info: a memory range ends past the address space";
		usable |= m->type == BOOT_MEMORY_USABLE && m->len > 0;
	}
	return usable ? NULL : "boot_info: no memory range is usable";
}

const char *boot_info_problem(const struct boot_info *bi)
{
	if (bi == NULL)
		return "boot_info: there is none";
	if (bi->magic != BOOT_INFO_MAGIC)
		return "boot_info: wrong magic number";
	if (bi->version != BOOT_INFO_VERSION)
		return "boot_info: loader and kernel speak different versions";
	if (bi->size != sizeof(*bi))
		return "boot_info: loader and kernel disagree about its size";
	if (bi->protocol != BOOT_PROTOCOL_PVH && bi->protocol != BOOT_PROTOCOL_EFI)
		return "boot_info: unknown boot protocol";
	if (bi->seed_len > BOOT_SEED_MAX)
		return "boot_info: the seed is longer than its room";
	if (bi->kernel_base == 0 || bi->kernel_base % 4096 != 0 || bi->kernel_len == 0 ||
	    !range_ok(bi->kernel_base, bi->kernel_len))
		return "boot_info: the kernel's place is impossible";
	if (!text_ok(&bi->cmdline) || !text_ok(&bi->config_file) || !text_ok(&bi->load_options))
		return "boot_info: a text lies outside the address space";
	return memory_problem(bi);
}
