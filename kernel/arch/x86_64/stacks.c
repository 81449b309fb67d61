/* SPDX-License-Identifier: MIT */
/* The table of stacks and the per-CPU block; see kernel/arch/image.h, kernel/arch/cpu.h. */
#include "kernel/arch/x86_64/stacks.h"

#include "kernel/arch/cpu.h"
#include "kernel/arch/x86_64/layout.h"

_Static_assert(offsetof(struct cpu_local, canary) == CPU_LOCAL_CANARY, "fixed by the ABI");

struct cpu_local cpu_local;

#define STACK(id)                                                                              \
	extern char id##_guard[], id##_bottom[], id##_top[]
#define AREA(id, words) {words, id##_guard, id##_bottom, id##_top}

STACK(stack_main);
STACK(stack_interrupt);
STACK(stack_fault);
STACK(stack_double_fault);
STACK(stack_nmi);
STACK(stack_machine_check);

const unsigned stack_area_count = STACK_COUNT;

const struct stack_area stack_areas[STACK_COUNT] = {
	[STACK_MAIN] = AREA(stack_main, "main"),
	[STACK_INTERRUPT] = AREA(stack_interrupt, "interrupt"),
	[STACK_FAULT] = AREA(stack_fault, "fault"),
	[STACK_DOUBLE_FAULT] = AREA(stack_double_fault, "double fault"),
	[STACK_NMI] = AREA(stack_nmi, "NMI"),
	[STACK_MACHINE_CHECK] = AREA(stack_machine_check, "machine check"),
};
