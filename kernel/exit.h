/*
 * The end of a run: the EXIT line on every port, then the machine goes off.
 */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

#include "base/compiler.h"
#include "base/status.h"

/* The isa-debug-exit port that the configuration named; 0: none. */
void exit_set_debug_port(uint16_t port);
/* Prints "EXIT: STATUS=n" last on every port, flushes, and ends the machine: isa-debug-exit
 * (success written as 16), ACPI S5, reset, triple fault. */
NORETURN void machine_exit(enum status status);
/* The same without a word: for a panic whose console is what is broken. */
NORETURN void machine_off(enum status status);

#endif
