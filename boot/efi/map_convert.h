/*
 * SPDX-License-Identifier: MIT
 *
 * The firmware's memory map as the kernel wants it: sorted, without overlaps, neighbours of one
 * kind merged.  Pure: descriptor bytes in, struct boot_memory out.  UEFI 2.10, 7.2 (GetMemoryMap).
 */
#ifndef BOOT_EFI_MAP_CONVERT_H
#define BOOT_EFI_MAP_CONVERT_H

#include "base/compiler.h"
#include "boot/boot_info.h"

/* The bytes that GetMemoryMap() gave: `stride` from one descriptor to the next, as it said (it may
 * be more than the 40 bytes that are known). */
struct map_bytes {
	const uint8_t *bytes;
	size_t len;
	size_t stride;
};

/* Fills memory[], memory_count and memory_dropped.  A descriptor that makes no sense (unaligned,
 * or past the end of the address space) counts as dropped; where descriptors contradict each other
 * the one that is not usable memory wins. */
void map_convert(const struct map_bytes *map, struct boot_info *bi);

/* One past the highest byte of RAM, used by whomever; 0 when there is none. */
uint64_t map_ram_end(const struct map_bytes *map);

#endif
