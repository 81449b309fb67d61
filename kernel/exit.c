/*
 * SPDX-License-Identifier: MIT
 *
 * The verdict's last line, then the power.
 */
#include "kernel/exit.h"

#include "base/strbuf.h"
#include "kernel/arch/power.h"
#include "kernel/console/console.h"

/* docs/log.md: success is written as 16, which is no status, because QEMU would end with 1 for a 0. */
#define DEBUG_EXIT_SUCCESS 16

static uint16_t debug_port;
static enum exit_way exit_way;

void exit_set_debug_port(uint16_t port)
{
	debug_port = port;
}

void exit_set_way(enum exit_way way)
{
	exit_way = way;
}

NORETURN void machine_exit(enum status status)
{
	char line[32];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	strbuf_str(&sb, "EXIT: STATUS=");
	strbuf_u64(&sb, status);
	console_line(CONSOLE_FIRST, line, sb.len);
	console_line(CONSOLE_SECOND, line, sb.len);
	console_flush();
	machine_off(status);
}

NORETURN void machine_off(enum status status)
{
	if (debug_port != 0)
		power_debug_exit(debug_port, status == STATUS_OK ? DEBUG_EXIT_SUCCESS : status);
	switch (exit_way) {
	case EXIT_HALT: power_halt();
	case EXIT_REBOOT: power_reboot();
	default: power_off();
	}
}
