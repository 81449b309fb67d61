/*
 * SPDX-License-Identifier: MIT
 *
 * The kernel's own image in memory: what kernel.ld and entry.S name.  All addresses are those where
 * the image really lies.
 */
#ifndef KERNEL_ARCH_X86_64_IMAGE_H
#define KERNEL_ARCH_X86_64_IMAGE_H

#include "base/compiler.h"

/* The ELF header is the first byte of the image, and ld names it. */
extern char image_start[] __asm__("__ehdr_start");
extern char image_text_start[], image_text_end[];
/* The first page of each part that needs rights of its own; read-only data goes before them. */
extern char image_text_page[], image_data_page[], image_end[];
extern const uint64_t relr_start[], relr_end[];

/* Each stack occupies [bottom, top) above one guard page [guard, bottom). */
struct stack_area {
	const char *name;
	char *guard, *bottom, *top;
};

enum stack_id {
	STACK_MAIN,
	STACK_INTERRUPT,
	STACK_FAULT,
	STACK_DOUBLE_FAULT,
	STACK_NMI,
	STACK_MACHINE_CHECK,
	STACK_COUNT,
};

extern const struct stack_area stack_areas[STACK_COUNT];

/* What FS base points to; gcc's stack protector reads the canary at %fs:0x28. */
struct cpu_local {
	uint8_t abi[40];
	uint64_t canary;
};

extern struct cpu_local cpu_local;

void relocate(void);

#endif
