/*
 * SPDX-License-Identifier: MIT
 *
 * What a boot protocol's entry code hands to the kernel: memory, configuration, tables, seed, time.
 *
 * The EFI loader fills one before it enters the kernel; the PVH entry code fills one from QEMU's
 * hvm_start_info.  The kernel reads nothing else of the world before it and checks this first
 * (boot_info_problem).  All addresses are physical and identity-mapped; everything that is
 * pointed to lies outside BOOT_MEMORY_USABLE, or inside the kernel's image, so that the page
 * allocator cannot hand it out.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include <stdint.h>

#define BOOT_INFO_MAGIC UINT64_C(0x656e6f746c616964) /* "dialtone" */
#define BOOT_INFO_VERSION 1u
#define BOOT_MEMORY_MAX 256 /* ranges; entry code merges neighbours and counts what did not fit */
#define BOOT_SEED_MAX 64

enum boot_protocol {
	BOOT_PROTOCOL_PVH = 1,
	BOOT_PROTOCOL_EFI = 2,
};

enum boot_memory_type {
	BOOT_MEMORY_USABLE = 1,   /* free for the page allocator */
	BOOT_MEMORY_RESERVED = 2, /* not RAM, or not ours */
	BOOT_MEMORY_ACPI = 3,     /* ACPI tables and NVS: mapped read-only, never allocated */
	BOOT_MEMORY_KERNEL = 4,   /* the kernel's image, this structure, and what it points to */
};

struct boot_memory {
	uint64_t base; /* bytes */
	uint64_t len;  /* bytes */
	uint32_t type; /* enum boot_memory_type */
	uint32_t pad;
};

/* A text as its source gave it: not NUL-terminated, unchecked bytes.  addr 0: not there. */
struct boot_text {
	uint64_t addr;
	uint64_t len; /* bytes */
};

struct boot_info {
	uint64_t magic;
	uint32_t version;
	uint32_t size;  /* sizeof(struct boot_info) of the code that filled it */
	uint32_t protocol; /* enum boot_protocol */
	uint32_t memory_count;
	uint32_t memory_dropped; /* ranges that did not fit; reported, never silent */
	uint32_t seed_len;       /* bytes of firmware entropy in seed[], 0: none */
	uint64_t kernel_base;    /* where the image's first byte is */
	uint64_t kernel_len;     /* bytes in memory, bss included */
	uint64_t rsdp;           /* ACPI root pointer, 0: unknown */
	uint64_t smbios;         /* SMBIOS entry point, 0: unknown */
	uint64_t wall_clock_s;   /* seconds since 1970 UTC, 0: unknown */
	uint64_t wall_clock_counter; /* the CPU's counter (x86: the TSC) when wall_clock_s was read */
	uint64_t entry_counter; /* the counter at the first instruction that could read it */
	struct boot_text cmdline;     /* PVH: -append; bytes, ASCII expected */
	struct boot_text config_file; /* EFI: \dialtone.conf, bytes as in the file */
	struct boot_text load_options; /* EFI: LoadOptions, UCS-2 little endian, raw; len in bytes */
	uint8_t seed[BOOT_SEED_MAX];
	struct boot_memory memory[BOOT_MEMORY_MAX];
};

/* NULL when `bi` is fit to boot with, else a sentence saying what is wrong with it. */
const char *boot_info_problem(const struct boot_info *bi);

#endif
