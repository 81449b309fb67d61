/* SPDX-License-Identifier: MIT */
/* The log's output on this machine: the console's ports, and its clock; see kernel/console/log_output.h. */
#include "kernel/console/log_output.h"

#include "kernel/console/console.h"
#include "kernel/time/clock.h"

_Static_assert((int)LOG_FIRST == (int)CONSOLE_FIRST && (int)LOG_SECOND == (int)CONSOLE_SECOND,
	       "ports of the log are ports of the console");

static bool has_port(enum log_port port)
{
	return console_has((enum console_port)port);
}

static void write_line(enum log_port port, const char *line, size_t len)
{
	console_line((enum console_port)port, line, len);
}

static uint32_t consume_lost(enum log_port port)
{
	return console_read_lost((enum console_port)port);
}

const struct log_output console_log_output = {
	.now_ns = clock_now_ns,
	.has_port = has_port,
	.write_line = write_line,
	.consume_lost = consume_lost,
};
