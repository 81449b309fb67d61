/*
 * SPDX-License-Identifier: MIT
 *
 * What this CPU can do, asked once, and the control registers as the kernel wants them.
 */
#ifndef KERNEL_ARCH_X86_64_CPU_H
#define KERNEL_ARCH_X86_64_CPU_H

#include "base/compiler.h"
#include "log/event.h"

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

/* Asks CPUID, then sets CR0, CR4, EFER and the FPU's defaults. */
void cpu_init(void);
void cpu_report(struct event_sink *events);

#endif
