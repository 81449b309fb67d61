/* SPDX-License-Identifier: MIT */
/* The inline half of kernel/arch/cpu.h for AArch64. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

/* Where gcc's stack protector reads the canary. */
extern uint64_t __stack_chk_guard;

static inline void cpu_set_canary(uint64_t canary)
{
	__stack_chk_guard = canary;
}

/* The virtual count of the generic timer; the barrier keeps it from being read early (Arm ARM D11.2.2). */
static inline uint64_t cpu_counter(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory");
	return v;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("yield" : : : "memory");
}

/* A breakpoint.  Asking for the frame makes gcc build one, so that the backtrace knows who called. */
static inline __attribute__((always_inline)) NORETURN void cpu_raise_panic(void)
{
	__asm__ volatile("brk #1" : : "r"(__builtin_frame_address(0)));
	__builtin_unreachable();
}

#endif
