/*
 * SPDX-License-Identifier: MIT
 *
 * The local APIC (Intel SDM volume 3, chapter 11), by memory or, where firmware has switched it to
 * x2APIC mode, by its registers.
 */
#include "kernel/arch/x86_64/lapic.h"

#include "kernel/arch/irq.h"
#include "kernel/arch/mmio.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/layout.h"
#include "kernel/mm/memory.h"
#include "kernel/panic.h"

#define MSR_APIC_BASE 0x1b
#define MSR_X2APIC_FIRST 0x800
#define MSR_TSC_DEADLINE 0x6e0

#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2APIC (1u << 10)
#define APIC_BASE_ADDRESS UINT64_C(0x000ffffffffff000)

enum lapic_register {
	LAPIC_ID = 0x020,
	LAPIC_TPR = 0x080,
	LAPIC_EOI = 0x0b0,
	LAPIC_SPURIOUS = 0x0f0,
	LAPIC_LVT_TIMER = 0x320,
	LAPIC_LVT_LINT0 = 0x350,
	LAPIC_LVT_LINT1 = 0x360,
	LAPIC_LVT_ERROR = 0x370,
	LAPIC_TIMER_INITIAL = 0x380,
	LAPIC_TIMER_CURRENT = 0x390,
	LAPIC_TIMER_DIVIDE = 0x3e0,
};

#define SPURIOUS_ENABLE (1u << 8)
#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define LVT_TIMER_DEADLINE (2u << 17)
#define DIVIDE_BY_16 3u

#define PIC_FIRST_MASK 0x21
#define PIC_SECOND_MASK 0xa1

static volatile char *registers; /* NULL: x2APIC mode */

static uint32_t lapic_read(enum lapic_register reg)
{
	if (registers == NULL)
		return (uint32_t)rdmsr(MSR_X2APIC_FIRST + reg / 16);
	return mmio_read32(registers + reg);
}

static void lapic_write(enum lapic_register reg, uint32_t v)
{
	if (registers == NULL)
		wrmsr(MSR_X2APIC_FIRST + reg / 16, v);
	else
		mmio_write32(registers + reg, v);
}

void irq_init(void)
{
	uint64_t base;

	if ((cpuid(1, 0).edx >> 9 & 1) == 0)
		panic("this machine has no local APIC");
	base = rdmsr(MSR_APIC_BASE);
	if ((base & APIC_BASE_ENABLE) == 0)
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
	if ((base & APIC_BASE_X2APIC) == 0) {
		registers = mmio_map(base & APIC_BASE_ADDRESS, PAGE_SIZE);
		if (registers == NULL)
			panic("the local APIC cannot be mapped");
	}
	/* The old interrupt controller stays silent: nothing here uses interrupt lines. */
	outb(PIC_FIRST_MASK, 0xff);
	outb(PIC_SECOND_MASK, 0xff);

	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
	lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
	lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
	lapic_eoi(); /* of what firmware may have left half done */
}

void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

uint32_t lapic_id(void)
{
	uint32_t id = lapic_read(LAPIC_ID);

	return registers == NULL ? id : id >> 24;
}

void lapic_timer_start(uint32_t ticks)
{
	lapic_write(LAPIC_TIMER_INITIAL, ticks);
}

uint32_t lapic_timer_count(void)
{
	return lapic_read(LAPIC_TIMER_CURRENT);
}

void lapic_timer_deadline_mode(void)
{
	lapic_write(LAPIC_TIMER_INITIAL, 0);
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER | LVT_TIMER_DEADLINE);
	/* SDM 11.5.4.1: the mode must be in place before the register is written. */
	__asm__ volatile("mfence" : : : "memory");
}

void lapic_timer_deadline(uint64_t tsc)
{
	wrmsr(MSR_TSC_DEADLINE, tsc);
}
