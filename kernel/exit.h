/*
 * SPDX-License-Identifier: MIT
 *
 * The end of a run: the EXIT line on every port, then the machine goes off.
 */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

#include "base/compiler.h"
#include "base/status.h"

/* The isa-debug-exit port that the configuration named; 0: none. */
void exit_set_debug_port(uint16_t port);
/* What machine_off() does where no debug port ends the machine; EXIT_POWEROFF at first. */
void exit_set_way(enum exit_way way);
/* Prints "EXIT: STATUS=n" last on every port, flushes, and ends the machine: isa-debug-exit
 * (success written as 16), then what exit_set_way() said: power off, a reset, or a halt for ever; where
 * one does not work, the next (kernel/arch/power.h). */
NORETURN void machine_exit(enum status status);
/* The same without a word: for a panic whose console is what is broken. */
NORETURN void machine_off(enum status status);

#endif
