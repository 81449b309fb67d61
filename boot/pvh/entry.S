/*
 * SPDX-License-Identifier: MIT
 *
 * The PVH entry point (Xen's HVM direct boot ABI, which QEMU's -kernel speaks for an ELF with the note
 * XEN_ELFNOTE_PHYS32_ENTRY): 32-bit flat protected mode, paging off, ebx = hvm_start_info, no
 * stack.  Maps the first GiB onto itself with 2 MiB pages, goes to long mode and hands over to
 * pvh_enter() in enter.c, which has the structure judged.  These page tables serve for those few
 * thousand instructions only; the memory code builds the real ones and takes the pages back.
 */
#include "kernel/arch/x86_64/layout.h"

	.globl pvh_base_of_entry
	.set pvh_base_of_entry, KERNEL_PVH_BASE

/* A PIE may not hold 32-bit absolute addresses: symbols are offsets from label 1, kept in ebp. */
#define COM1 0x3f8
#define OFFSET(symbol) (symbol - 1b)
#define AT(symbol) (symbol - 1b)(%ebp)

#define PRESENT_WRITE 0x03
#define LARGE_PRESENT_WRITE 0x83

	.section .text.pvh, "ax", @progbits
	.code32
	.globl pvh_start32
	.type pvh_start32, @function
pvh_start32:
	cli
	cld
	/* Where are we?  The padding in the ELF header's e_ident, which is not read any more, is
	 * the one word of stack that this question takes. */
	movl	$(KERNEL_PVH_BASE + 16), %esp
	call	1f
1:	popl	%ebp
	rdtsc
	movl	%eax, AT(boot_entry_counter)
	movl	%edx, (OFFSET(boot_entry_counter) + 4)(%ebp)

	/* A loader puts the image down also where its end has no memory under it. */
	movl	$0x656e6f74, AT(image_end - 4)
	cmpl	$0x656e6f74, AT(image_end - 4)
	jne	no_memory

	/* The loader left zeros here, but firmware ran between it and us: on a machine of 2 MiB
	 * SeaBIOS moves itself to where this begins. */
	leal	AT(bss_start), %edi
	leal	AT(image_end), %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl

	/* 512 pages of 2 MiB, and two tables above them. */
	leal	AT(boot_pd), %edi
	movl	$LARGE_PRESENT_WRITE, %eax
	movl	$512, %ecx
2:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	decl	%ecx
	jnz	2b
	leal	(OFFSET(boot_pd) + PRESENT_WRITE)(%ebp), %eax
	movl	%eax, AT(boot_pdpt)
	leal	(OFFSET(boot_pdpt) + PRESENT_WRITE)(%ebp), %eax
	movl	%eax, AT(boot_pml4)

	movl	$0x20, %eax			/* CR4.PAE */
	movl	%eax, %cr4
	leal	AT(boot_pml4), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	movl	$0x100, %eax			/* EFER.LME */
	xorl	%edx, %edx
	wrmsr
	movl	$0x80010011, %eax		/* CR0: PG, WP, ET, PE */
	movl	%eax, %cr0

	leal	AT(boot_gdt), %eax
	movl	%eax, AT(boot_gdtr_base)
	lgdt	AT(boot_gdtr)
	leal	AT(stack_main_top), %esp
	leal	AT(pvh_start64), %eax
	pushl	$SELECTOR_CODE
	pushl	%eax
	lretl
	.size pvh_start32, . - pvh_start32

/* Nothing can run here, so this says it by itself: on the first serial port, polled, as firmware left
 * it.  Then the machine is reset. */
no_memory:
	leal	AT(no_memory_text), %esi
3:	lodsb
	testb	%al, %al
	jz	5f
	movb	%al, %ah
	movw	$(COM1 + 5), %dx
	movl	$100000, %ecx
4:	inb	%dx, %al
	testb	$0x20, %al			/* room for a byte */
	loopz	4b
	movb	%ah, %al
	movw	$COM1, %dx
	outb	%al, %dx
	jmp	3b
5:	movw	$0xcf9, %dx
	movb	$0x02, %al
	outb	%al, %dx
	movb	$0x06, %al
	outb	%al, %dx
	movb	$0xfe, %al
	outb	%al, $0x64
6:	hlt
	jmp	6b

no_memory_text:
	.ascii	"\r\ndialtone: the machine has too little memory for the kernel\r\n"
	.asciz	"EXIT: STATUS=27\r\n"

	.code64
	.type pvh_start64, @function
pvh_start64:
	movl	$SELECTOR_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%ebx, %edi
	leaq	pvh_enter(%rip), %rsi
	jmp	kernel_enter
	.size pvh_start64, . - pvh_start64

	.section .data.pvh, "aw", @progbits
	.balign 8
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff		/* SELECTOR_CODE: 64-bit code */
	.quad	0x00cf93000000ffff		/* SELECTOR_DATA */
boot_gdtr:
	.word	. - boot_gdt - 1
boot_gdtr_base:
	.quad	0

	.globl boot_entry_counter
boot_entry_counter:
	.quad	0

	.section .bss.boot_tables, "aw", @nobits
	.globl boot_tables
	.balign 4096
boot_tables:
boot_pml4:
	.skip	4096
boot_pdpt:
	.skip	4096
boot_pd:
	.skip	4096

	.section .note.GNU-stack, "", @progbits
