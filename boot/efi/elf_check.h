/*
 * SPDX-License-Identifier: MIT
 *
 * The kernel file's headers, checked against the file before a byte of it is trusted.  Pure: bytes
 * in, a plan of what to copy where out, or the fault.  System V ABI, chapters 4 and 5; AMD64
 * supplement.
 */
#ifndef BOOT_EFI_ELF_CHECK_H
#define BOOT_EFI_ELF_CHECK_H

#include "base/compiler.h"

#define ELF_SEGMENTS_MAX 16
#define ELF_SPAN_MAX (UINT64_C(256) << 20) /* bytes in memory */
#define ELF_ALIGN_MAX (UINT64_C(2) << 20)

struct elf_segment {
	uint64_t file_off;
	uint64_t file_len; /* bytes to copy */
	uint64_t mem_off;  /* from the image's first byte */
	uint64_t mem_len;  /* bytes in memory, >= file_len; the rest is zero */
	bool executable;
};

struct elf_image {
	uint64_t first_vaddr; /* page-aligned address the image was linked to start at */
	uint64_t span;        /* bytes in memory, a multiple of 4096 */
	uint64_t align;       /* power of two, >= 4096: base must equal first_vaddr modulo it */
	uint64_t entry_off;   /* from the image's first byte */
	unsigned n_segments;
	struct elf_segment segments[ELF_SEGMENTS_MAX];
};

/* NULL and a filled `image`, or what is wrong with the file, as the end of a sentence that starts
 * with its name. */
const char *elf_check(const void *file, size_t len, struct elf_image *image) MUST_CHECK;

#endif
