/*
 * SPDX-License-Identifier: MIT
 *
 * The floor that boot times are compared with: an empty PVH guest.  Its first instructions write
 * the success value to isa-debug-exit, so what a run of it takes is what QEMU and the firmware take.
 */
	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 4, 18                  /* name and descriptor length, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long floor_entry

	.text
	.code32
	.globl floor_entry
floor_entry:
	movw $0xf4, %dx
	movb $16, %al
	outb %al, %dx
1:	hlt
	jmp 1b
