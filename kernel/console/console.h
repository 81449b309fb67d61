/*
 * SPDX-License-Identifier: MIT
 *
 * The console: one or two serial ports behind a memory buffer.  Writing a line costs a copy;
 * the bytes leave when the machine idles (console_drain), when the buffer is full, and before the
 * machine ends (console_flush): the port is slow and never stands in the packet's way.
 */
#ifndef KERNEL_CONSOLE_CONSOLE_H
#define KERNEL_CONSOLE_CONSOLE_H

#include "base/compiler.h"

enum console_port { CONSOLE_FIRST = 0, CONSOLE_SECOND = 1 };

/* Finds the ports and sends the empty first line. */
void console_init(void);
bool console_has(enum console_port port);
#define CONSOLE_LINE_MAX (16u * 1024)

/* Writes one whole line, of CONSOLE_LINE_MAX bytes at most: the rest is truncated.  CRLF is added. */
void console_line(enum console_port port, const char *line, size_t len);
/* No wait for a port goes beyond that time, which may change meanwhile: what is not out by then is
 * dropped.  NULL: each port is given the time it needs, as long as it takes something. */
void console_set_deadline(const uint64_t *deadline_ns);
/* Sends everything, or drops at the deadline what is left. */
void console_flush_in_time(void);
/* Lines dropped because the port took nothing for long, or not enough by the deadline, since this was last
 * asked; 0 as long as it takes nothing, or the deadline is over. */
uint32_t console_read_lost(enum console_port port);
/* Sends what the ports take without waiting; true when all is out. */
bool console_drain(void);

enum console_progress { CONSOLE_EMPTY, CONSOLE_SENT, CONSOLE_BLOCKED };

/* One step of that, a few bytes per port, so that the caller can look after devices between steps.
 * BLOCKED: bytes are left and no port takes any now. */
enum console_progress console_drain_burst(void);
/* Sends everything, waiting for the port, bounded in time. */
void console_flush(void);

#endif
