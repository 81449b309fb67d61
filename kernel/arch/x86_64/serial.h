/*
 * SPDX-License-Identifier: MIT
 *
 * One 16550 serial port, polled.
 */
#ifndef KERNEL_ARCH_X86_64_SERIAL_H
#define KERNEL_ARCH_X86_64_SERIAL_H

#include "base/compiler.h"

#define SERIAL_FIFO 16 /* bytes that may be written when the port is ready */

/* Looks whether there is a port and sets it to 115200 8N1 with FIFO, no interrupts. */
bool serial_init(uint16_t port) MUST_CHECK;
/* The transmitter's FIFO is empty. */
bool serial_ready(uint16_t port);
/* Writes up to SERIAL_FIFO bytes to a port that is ready. */
void serial_write(uint16_t port, const char *bytes, size_t len);

#endif
