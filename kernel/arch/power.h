/*
 * SPDX-License-Identifier: MIT
 *
 * How this machine ends.  Where one way does not work, the next is tried; the last is to stop for ever.
 */
#ifndef KERNEL_ARCH_POWER_H
#define KERNEL_ARCH_POWER_H

#include "base/compiler.h"

/* Hands `value` to the emulator's device for it at `port` (the configuration's debug_exit: QEMU's
 * isa-debug-exit); returns when there is no such device. */
void power_debug_exit(uint16_t port, uint32_t value);
/* Off; where that does not work, as power_reboot(). */
NORETURN void power_off(void);
NORETURN void power_reboot(void);
/* Stops this processor for ever, interrupts off. */
NORETURN void power_halt(void);
/* A reset by ways only that read nothing of memory: for when the others fault. */
NORETURN void power_reset(void);

#endif
