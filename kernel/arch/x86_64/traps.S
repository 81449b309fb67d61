/*
 * SPDX-License-Identifier: MIT
 *
 * The first instructions of every exception and interrupt.  Each vector up to 48 has a stub of 16 bytes
 * (descriptors.c relies on that).  Exceptions save all registers as struct trap_frame and never
 * return; interrupts save what C may clobber, call irq_handle(vector) and return.  Both run on
 * interrupt stacks, so the red zone and the alignment of what they interrupt do not matter.
 */
#include "kernel/arch/x86_64/layout.h"

	.section .text.traps, "ax", @progbits
	.globl trap_stubs
	.balign 16
trap_stubs:
	.altmacro
	.macro EXCEPTION_STUB vector
	.balign 16
	/* These push an error code of their own (SDM volume 3, table 6-1); the others get a 0. */
	.if \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
	.else
	pushq	$0
	.endif
	pushq	$\vector
	jmp	exception_common
	.endm

	.macro INTERRUPT_STUB vector
	.balign 16
	pushq	$\vector
	jmp	interrupt_common
	.endm

	.set vector, 0
	.rept 32
	EXCEPTION_STUB %vector
	.set vector, vector + 1
	.endr
	.rept STUB_COUNT - 32
	INTERRUPT_STUB %vector
	.set vector, vector + 1
	.endr
	.noaltmacro

	.globl exception_common
	.type exception_common, @function
exception_common:
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%r11
	pushq	%r10
	pushq	%r9
	pushq	%r8
	pushq	%rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rbx
	pushq	%rax
	cld
	movq	%rsp, %rdi
	andq	$-16, %rsp
	xorl	%ebp, %ebp
	call	trap_handle
	ud2
	.size exception_common, . - exception_common

	.globl interrupt_common
	.type interrupt_common, @function
interrupt_common:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	cld
	/* The CPU's five words, the vector and these nine leave rsp 8 off. */
	movq	72(%rsp), %rdi
	subq	$8, %rsp
	call	irq_handle
	addq	$8, %rsp
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$8, %rsp
	iretq
	.size interrupt_common, . - interrupt_common

	.section .note.GNU-stack, "", @progbits
