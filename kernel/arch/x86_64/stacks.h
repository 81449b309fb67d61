/* SPDX-License-Identifier: MIT */
/* Which of the stack_areas is which. */
#ifndef KERNEL_ARCH_X86_64_STACKS_H
#define KERNEL_ARCH_X86_64_STACKS_H

#include "kernel/arch/image.h"

enum stack_id {
	STACK_MAIN,
	STACK_INTERRUPT,
	STACK_FAULT,
	STACK_DOUBLE_FAULT,
	STACK_NMI,
	STACK_MACHINE_CHECK,
	STACK_COUNT,
};

#endif
