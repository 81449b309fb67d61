/*
 * SPDX-License-Identifier: MIT
 *
 * The first 64-bit instructions of the kernel, and its stacks.
 *
 * kernel_entry is the ELF entry point, for the EFI loader: struct boot_info * in rdi, long mode,
 * identity mapping, interrupts off, the image anywhere below 4 GiB.  kernel_enter is where the PVH
 * entry point comes in, with the C function to call in rsi.  From here on the image is position
 * independent code on its own stack with a canary, so everything after the call is plain C.
 */
#include "kernel/arch/x86_64/layout.h"

	.section .text.kernel_entry, "ax", @progbits
	.globl kernel_entry
	.type kernel_entry, @function
kernel_entry:
	leaq	kernel_start(%rip), %rsi
	.size kernel_entry, . - kernel_entry

	.globl kernel_enter
	.type kernel_enter, @function
kernel_enter:
	cli
	cld
	leaq	stack_main_top(%rip), %rsp
	xorl	%ebp, %ebp		/* the backtrace ends here */
	movq	%rdi, %rbx
	movq	%rsi, %r12

	/* C may use the stack protector from its first function on.  This canary is only the time;
	 * kernel_start() puts a better one in its place as soon as there is something random. */
	rdtsc
	shlq	$32, %rdx
	orq	%rdx, %rax
	movabsq	$0x9e3779b97f4a7c15, %rcx
	mulq	%rcx
	xorq	%rdx, %rax
	xorb	%al, %al
	leaq	cpu_local(%rip), %rdx
	movq	%rax, CPU_LOCAL_CANARY(%rdx)
	movl	$MSR_FS_BASE, %ecx
	movl	%edx, %eax
	shrq	$32, %rdx
	wrmsr

	call	relocate
	movq	%rbx, %rdi
	call	*%r12
	ud2
	.size kernel_enter, . - kernel_enter

/* The guard page lies below its stack and is left out of the page tables. */
	.macro STACK name, size
	.balign 4096
	.globl \name\()_guard, \name\()_bottom, \name\()_top
\name\()_guard:
	.skip 4096
\name\()_bottom:
	.skip \size
\name\()_top:
	.endm

	.section .bss.stacks, "aw", @nobits
	STACK stack_main, STACK_MAIN_SIZE
	STACK stack_interrupt, STACK_INTERRUPT_SIZE
	STACK stack_fault, STACK_FAULT_SIZE
	STACK stack_double_fault, STACK_FAULT_SIZE
	STACK stack_nmi, STACK_FAULT_SIZE
	STACK stack_machine_check, STACK_FAULT_SIZE

	.section .note.GNU-stack, "", @progbits
