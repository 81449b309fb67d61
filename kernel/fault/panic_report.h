/*
 * SPDX-License-Identifier: MIT
 *
 * The report of a panic, as the architecture's trap code hands it over: registers as text fields, because
 * the events are text and another CPU has other registers.  Trap code calls, in this order: panic_enter(),
 * what it needs of the helpers, panic_finish().
 */
#ifndef KERNEL_FAULT_PANIC_REPORT_H
#define KERNEL_FAULT_PANIC_REPORT_H

#include "base/compiler.h"
#include "base/strbuf.h"
#include "log/event.h"

#define PANIC_FRAMES_MAX 24

struct panic_report {
	const char *what;
	uint64_t pc;
	bool has_address, has_error_code;
	uint64_t address, error_code;
	const struct event_field *registers; /* the fields of EVENT_PANIC_REGISTERS */
	uint8_t n_registers;
	uint64_t frames[PANIC_FRAMES_MAX]; /* return addresses, innermost first */
	unsigned n_frames;
};

/* True when a panic is being reported already: then machine_exit(STATUS_PANIC) is all that is left. */
bool panic_enter(void);
/* The message of the panic() that raised this trap, NULL if none did. */
const char *panic_pending_message(void);
/* Emits the events and the verdict, and ends the machine. */
NORETURN void panic_finish(const struct panic_report *report);

/* --- helpers (fault_report.c) ----------------------------------------------------------------- */

struct memory_fault {
	uint64_t address;
	enum { FAULT_READ, FAULT_WRITE, FAULT_EXECUTE } access;
	enum {
		FAULT_ABSENT,    /* nothing is mapped there */
		FAULT_FORBIDDEN, /* it is, and the access is not allowed */
		FAULT_CORRUPT,   /* the page tables make no sense */
	} reason;
};

/* Writes ": write to kernel text (not writable)". */
void describe_memory_fault(struct strbuf *sb, const struct memory_fault *fault);

/* The return addresses behind a trap; returns how many.  `fp` points to a pair of the caller's fp and the
 * return address, as x86-64 and AArch64 code with frame pointers leaves it; `sp` to what a call that went
 * astray, so that `pc` lies outside the text, may have left on top of the stack (0: nothing). */
unsigned backtrace(uint64_t pc, uint64_t sp, uint64_t fp, uint64_t frames[PANIC_FRAMES_MAX]);

#endif
