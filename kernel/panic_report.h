/*
 * SPDX-License-Identifier: MIT
 *
 * The report of a panic, as the architecture's trap code hands it over: everything as text fields,
 * because the events are text and another CPU has other registers.
 */
#ifndef KERNEL_PANIC_REPORT_H
#define KERNEL_PANIC_REPORT_H

#include "base/compiler.h"
#include "log/event.h"

#define PANIC_FRAMES_MAX 24

struct panic_report {
	const char *what;
	uint64_t rip;
	bool has_address, has_error_code;
	uint64_t address, error_code;
	const struct event_field *registers; /* the fields of EVENT_PANIC_REGISTERS */
	uint8_t n_registers;
	uint64_t frames[PANIC_FRAMES_MAX]; /* return addresses, innermost first */
	unsigned n_frames;
};

/* The message of the panic() that raised this trap, NULL if none did. */
const char *panic_pending_message(void);
/* To be called first: true when a panic is being reported already. */
bool panic_enter(void);
/* Emits the events and the verdict, and ends the machine. */
NORETURN void panic_finish(const struct panic_report *report);

#endif
