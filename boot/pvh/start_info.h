/*
 * SPDX-License-Identifier: MIT
 *
 * hvm_start_info, as Xen's public/arch-x86/hvm/start_info.h defines it, and its translation into
 * struct boot_info.  All addresses in it are physical.
 */
#ifndef BOOT_PVH_START_INFO_H
#define BOOT_PVH_START_INFO_H

#include "base/compiler.h"
#include "boot/boot_info.h"

#define PVH_START_MAGIC 0x336ec578u
#define PVH_CMDLINE_TOO_LONG "is longer than 4095 bytes"
#define PVH_CMDLINE_MAX 4096 /* bytes; QEMU's own buffer is as long */

struct pvh_start_info {
	uint32_t magic;
	uint32_t version; /* 1: the memory map is there */
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modlist_paddr;
	uint64_t cmdline_paddr; /* NUL-terminated, 0: none */
	uint64_t rsdp_paddr;    /* 0: none */
	uint64_t memmap_paddr;
	uint32_t memmap_entries;
	uint32_t reserved;
};

struct pvh_memmap_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type; /* as E820: 1 RAM, 2 reserved, 3 ACPI, 4 ACPI NVS, ... */
	uint32_t reserved;
};

/* The image's place and what the early page tables cover. */
struct pvh_image {
	uint64_t base, len; /* bytes */
	uint64_t mapped;    /* addresses below it can be read */
};

/* Fills `bi` but for the command line.  NULL, or what is wrong: then it is not fit to boot with. */
const char *pvh_translate(const struct pvh_start_info *si, const struct pvh_image *image,
			  struct boot_info *bi);
/* Is it text that stands where the structure was?  QEMU puts a command line of any length before it. */
bool pvh_is_overwritten(const struct pvh_start_info *si, const struct pvh_image *image);
/* Copies the command line into `cmdline`, which `bi` then points to.  NULL, or what is wrong: then
 * there is none. */
const char *pvh_copy_cmdline(const struct pvh_start_info *si, const struct pvh_image *image,
			     char cmdline[PVH_CMDLINE_MAX], struct boot_info *bi);

#endif
