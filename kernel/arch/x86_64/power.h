/* SPDX-License-Identifier: MIT */
/* How this machine ends. */
#ifndef KERNEL_ARCH_X86_64_POWER_H
#define KERNEL_ARCH_X86_64_POWER_H

#include "base/compiler.h"

/* Writes to QEMU's isa-debug-exit; returns when there is no such device. */
void power_debug_exit(uint16_t port, uint32_t value);
/* ACPI S5, then every kind of reset, then a triple fault, then nothing for ever. */
NORETURN void power_off(void);
/* The resets alone. */
NORETURN void power_reboot(void);
/* Stops this processor for ever, interrupts off. */
NORETURN void power_halt(void);
/* The last of these ways only, which read nothing of memory: for when the others fault. */
NORETURN void power_reset(void);

#endif
