/*
 * SPDX-License-Identifier: MIT
 *
 * The serial ports that the console is on: bytes out, polled.  Buffers, timeouts and line ends are
 * kernel/console's.  A machine with fewer ports opens fewer.
 */
#ifndef KERNEL_ARCH_CONSOLE_PORT_H
#define KERNEL_ARCH_CONSOLE_PORT_H

#include "base/compiler.h"

#define CONSOLE_PORTS 2

/* Checks whether the machine has port 0 or 1 and sets it up for output, without interrupts, at the speed
 * that the firmware or the board's custom gives it.  Before any memory but the image's is there. */
bool console_port_open(unsigned port) MUST_CHECK;
/* Writes what the port accepts at once, and at least one byte where it accepts any; returns how many,
 * 0: it is busy.  len > 0, the port is open. */
size_t console_port_write(unsigned port, const char *bytes, size_t len) MUST_CHECK;

#endif
