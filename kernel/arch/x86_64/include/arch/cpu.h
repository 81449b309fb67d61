/* SPDX-License-Identifier: MIT */
/* The inline half of kernel/arch/cpu.h for x86-64. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

/* What FS base points to; gcc's stack protector reads the canary at %fs:0x28. */
struct cpu_local {
	uint8_t abi[40];
	uint64_t canary;
};

extern struct cpu_local cpu_local;

static inline void cpu_set_canary(uint64_t canary)
{
	cpu_local.canary = canary;
}

/* The TSC. */
static inline uint64_t cpu_counter(void)
{
	uint32_t lo, hi;
	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* An invalid opcode.  Asking for the frame makes gcc build one, so that the backtrace knows who called. */
static inline __attribute__((always_inline)) NORETURN void cpu_raise_panic(void)
{
	__asm__ volatile("ud2" : : "r"(__builtin_frame_address(0)));
	__builtin_unreachable();
}

#endif
