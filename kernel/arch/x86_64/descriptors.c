/*
 * SPDX-License-Identifier: MIT
 *
 * GDT, TSS and IDT (Intel SDM volume 3, chapters 3, 6 and 7).  Every gate names an interrupt stack:
 * interrupts share one (they do not nest), faults have theirs, and what can strike in the middle of
 * a fault (double fault, NMI, machine check) has one each.  Unused vectors have a gate too:
 * firmware may have left an interrupt pending with one of its own.
 */
#include "kernel/arch/cpu.h"
#include "kernel/arch/x86_64/layout.h"
#include "kernel/arch/x86_64/stacks.h"

#define DESCRIPTOR_CODE UINT64_C(0x00af9b000000ffff) /* 64-bit, present, accessed */
#define DESCRIPTOR_DATA UINT64_C(0x00cf93000000ffff)
#define DESCRIPTOR_TSS UINT64_C(0x0000890000000000) /* available 64-bit TSS, present */
#define GATE_INTERRUPT 0x8e00u /* present, interrupts off on entry */

#define STUB_SIZE 16

struct gate {
	uint16_t offset_low, selector, ist_type_low, offset_mid;
	uint32_t offset_high, reserved;
};

struct PACKED tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* IST 1 first */
	uint64_t reserved2;
	uint16_t reserved3, io_map_base;
};

struct PACKED table_register {
	uint16_t limit;
	uint64_t base;
};

extern char trap_stubs[]; /* traps.S: STUB_COUNT stubs of STUB_SIZE bytes */

static uint64_t gdt[5] = {0, DESCRIPTOR_CODE, DESCRIPTOR_DATA};
static struct tss tss = {.io_map_base = sizeof(struct tss)};
static struct gate idt[VECTOR_COUNT];

static unsigned stack_of(unsigned vector)
{
	switch (vector) {
	case 2: return IST_NMI;
	case 8: return IST_DOUBLE_FAULT;
	case 18: return IST_MACHINE_CHECK;
	default: return vector < 32 ? IST_FAULT : IST_INTERRUPT;
	}
}

static void fill_idt(void)
{
	for (unsigned v = 0; v < VECTOR_COUNT; v++) {
		uint64_t stub = (uint64_t)trap_stubs + MIN(v, VECTOR_UNUSED) * STUB_SIZE;

		idt[v] = (struct gate){
			.offset_low = (uint16_t)stub,
			.selector = SELECTOR_CODE,
			.ist_type_low = (uint16_t)(GATE_INTERRUPT | stack_of(v)),
			.offset_mid = (uint16_t)(stub >> 16),
			.offset_high = (uint32_t)(stub >> 32),
		};
	}
}

static void fill_tss(void)
{
	uint64_t base = (uint64_t)&tss;

	tss.ist[IST_INTERRUPT - 1] = (uint64_t)stack_areas[STACK_INTERRUPT].top;
	tss.ist[IST_FAULT - 1] = (uint64_t)stack_areas[STACK_FAULT].top;
	tss.ist[IST_DOUBLE_FAULT - 1] = (uint64_t)stack_areas[STACK_DOUBLE_FAULT].top;
	tss.ist[IST_NMI - 1] = (uint64_t)stack_areas[STACK_NMI].top;
	tss.ist[IST_MACHINE_CHECK - 1] = (uint64_t)stack_areas[STACK_MACHINE_CHECK].top;

	gdt[SELECTOR_TSS / 8] = DESCRIPTOR_TSS | (sizeof(tss) - 1) | (base & 0xffffff) << 16 |
				(base >> 24 & 0xff) << 56;
	gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
}

/* FS and GS are left alone: loading a selector would clear the base that the canary hangs on. */
static void load_gdt(void)
{
	const struct table_register gdtr = {sizeof(gdt) - 1, (uint64_t)gdt};

	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "movl %2, %%eax\n\t"
			 "movl %%eax, %%ds\n\t"
			 "movl %%eax, %%es\n\t"
			 "movl %%eax, %%ss\n\t"
			 "movl %3, %%eax\n\t"
			 "ltr %%ax"
			 :
			 : "m"(gdtr), "i"(SELECTOR_CODE), "i"(SELECTOR_DATA), "i"(SELECTOR_TSS)
			 : "rax", "memory");
}

void cpu_traps_init(void)
{
	const struct table_register idtr = {sizeof(idt) - 1, (uint64_t)idt};

	fill_idt();
	fill_tss();
	load_gdt();
	__asm__ volatile("lidt %0" : : "m"(idtr) : "memory");
}
