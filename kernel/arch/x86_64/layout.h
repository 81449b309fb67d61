/*
 * SPDX-License-Identifier: MIT
 *
 * Numbers that assembly, C and the linker script must agree on: where the PVH entry code finds the image,
 * selectors, vectors, interrupt stacks.  Only macros, so that .S files can include it.
 */
#ifndef KERNEL_ARCH_X86_64_LAYOUT_H
#define KERNEL_ARCH_X86_64_LAYOUT_H

/* Physical address of the image where a PVH loader obeys p_paddr; kernel.ld asserts it. */
#define KERNEL_PVH_BASE 0x100000

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS 0x18

/* Offset of the stack protector's canary from FS base, fixed by the ABI. */
#define CPU_LOCAL_CANARY 0x28

/* Vectors: 0-31 exceptions, then the timer, then message-signalled lines, then the spurious vector,
 * with the low four bits set as old local APICs demand.  All above are unused and share a stub. */
#define VECTOR_TIMER 32
#define VECTOR_LINE_FIRST 33
#define VECTOR_LINE_END 47
#define VECTOR_SPURIOUS 47
#define VECTOR_UNUSED 48
#define STUB_COUNT 49
#define VECTOR_COUNT 256

/* Indices of the TSS's interrupt stack table. */
#define IST_INTERRUPT 1
#define IST_FAULT 2
#define IST_DOUBLE_FAULT 3
#define IST_NMI 4
#define IST_MACHINE_CHECK 5

#define STACK_MAIN_SIZE 0x10000
#define STACK_INTERRUPT_SIZE 0x1000
#define STACK_FAULT_SIZE 0x4000

#define MSR_FS_BASE 0xc0000100
#define MSR_EFER 0xc0000080

#endif
