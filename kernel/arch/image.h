/*
 * SPDX-License-Identifier: MIT
 *
 * The kernel's own image in memory: what the architecture's kernel.ld and entry code name.  All
 * addresses are those where the image really lies.  Code finds them relative to itself (hidden), so that
 * relocate() can use them.
 */
#ifndef KERNEL_ARCH_IMAGE_H
#define KERNEL_ARCH_IMAGE_H

#include "base/compiler.h"

#pragma GCC visibility push(hidden)

/* The ELF header is the first byte of the image, and ld names it. */
extern char image_start[] __asm__("__ehdr_start");
extern char image_text_start[], image_text_end[];
/* The first page of each part that needs rights of its own; read-only data goes before them. */
extern char image_text_page[], image_data_page[], image_end[];
/* The linker's packed relocations (kernel/relocate.c). */
extern const uint64_t relr_start[], relr_end[];

/* Each stack occupies [bottom, top) above one guard page [guard, bottom). */
struct stack_area {
	const char *name; /* "main": the report says "the main stack" */
	char *guard, *bottom, *top;
};

/* All stacks, in the order of their addresses, all behind image_data_page. */
extern const struct stack_area stack_areas[];
extern const unsigned stack_area_count;

#pragma GCC visibility pop

#endif
