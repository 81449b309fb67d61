/*
 * SPDX-License-Identifier: MIT
 *
 * What this CPU can do, asked once by cpu_init().
 */
#ifndef KERNEL_ARCH_X86_64_CPU_H
#define KERNEL_ARCH_X86_64_CPU_H

#include "kernel/arch/cpu.h"

struct cpu_features {
	uint32_t max_leaf, max_hypervisor_leaf; /* 0: no such leaves */
	uint8_t phys_bits;
	bool no_execute;
	bool gib_pages;
	bool rdrand, rdseed;
	bool tsc_deadline;
	bool hypervisor;
};

const struct cpu_features *cpu_features(void);

#endif
