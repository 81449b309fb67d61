/*
 * SPDX-License-Identifier: MIT
 *
 * Panics: what raises one from C, and the report.  panic() leaves its message and raises an
 * exception, so that a panic and a fault take the same way: registers saved by the trap stub, the
 * report written on the fault stack, status 119.
 *
 * The report uses the log and the console as they are at that moment.  When one of them is what is
 * broken, the second panic skips the report and prints the EXIT line, the third switches off, and
 * when even that faults, the fourth resets the machine.
 */
#include "kernel/panic.h"

#include "base/assert.h"
#include "base/strbuf.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/power.h"
#include "kernel/exit.h"
#include "log/log.h"
#include "kernel/fault/panic_report.h"

static const char *message;
static unsigned depth;

NORETURN void panic(const char *what)
{
	message = what;
	cpu_raise_panic();
}

NORETURN void assert_failed(const char *expr, const char *file, int line)
{
	static char text[160];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	strbuf_str(&sb, "assertion failed: ");
	strbuf_str(&sb, expr);
	strbuf_str(&sb, " (");
	strbuf_str(&sb, file);
	strbuf_char(&sb, ':');
	strbuf_i64(&sb, line);
	strbuf_char(&sb, ')');
	panic(text);
}

/* gcc calls it when a function finds its canary changed. */
NORETURN void __stack_chk_fail(void);

NORETURN void __stack_chk_fail(void)
{
	panic("stack smashed: a function's canary was overwritten");
}

const char *panic_pending_message(void)
{
	return message;
}

bool panic_enter(void)
{
	switch (depth++) {
	case 0: return false;
	case 1: return true;
	case 2: machine_off(STATUS_PANIC);
	default: power_reset();
	}
}

/* --- the report -------------------------------------------------------------------------------- */

static void report_head(const struct panic_report *r)
{
	char symbol[80];
	struct strbuf sb = strbuf_on(symbol, sizeof(symbol));

	symbol_name(&sb, r->pc);
	event_emit(log_sink(), EVENT_PANIC, 0, 0, EV_STR("what", r->what),
		   EV_POINTER("rip", r->pc), EV_STR("symbol", symbol),
		   EV_IF(r->has_address, EV_POINTER("address", r->address)),
		   EV_IF(r->has_error_code, EV_POINTER("error_code", r->error_code)));
}

static void report_frame(unsigned number, uint64_t address)
{
	char symbol[80];
	struct strbuf sb = strbuf_on(symbol, sizeof(symbol));

	/* Frame 0 is where it happened, the others are where a call returns to. */
	if (number == 0)
		symbol_name(&sb, address);
	else
		symbol_name_of_return(&sb, address);
	event_emit(log_sink(), EVENT_PANIC_FRAME, 0, 0, EV_U64("depth", number),
		   EV_POINTER("address", address), EV_STR("symbol", symbol));
}

NORETURN void panic_finish(const struct panic_report *r)
{
	const struct event registers = {
		.id = EVENT_PANIC_REGISTERS,
		.n_fields = r->n_registers,
		.fields = r->registers,
	};

	report_head(r);
	event_send(log_sink(), &registers);
	report_frame(0, r->pc);
	for (unsigned i = 0; i < r->n_frames; i++)
		report_frame(i + 1, r->frames[i]);
	event_emit(log_sink(), EVENT_RESULT, 0, 0, EV_STR("outcome", "failed"),
		   EV_U64("exitcode", STATUS_PANIC), EV_STR("errormsg", r->what));
	machine_exit(STATUS_PANIC);
}
