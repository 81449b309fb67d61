# SPDX-License-Identifier: MIT
# What the build must know about the CPU; included by the top Makefile.

ARCH_CFLAGS    := -mgeneral-regs-only -mno-red-zone -fcf-protection=none
# The one kind of relocation that kernel/relocate.c applies, and how all of them begin.
ARCH_RELATIVE  := R_X86_64_RELATIVE
ARCH_ANY_RELOC := R_X86_64_
# How to enter the kernel: sources beside the architecture's own.
ARCH_BOOT_SRCS := $(wildcard boot/pvh/*.c)
ARCH_BOOT_ASMS := $(wildcard boot/pvh/*.S)
