/*
 * SPDX-License-Identifier: MIT
 *
 * What happens when the kernel itself is wrong: a report with registers and a backtrace with
 * symbol names, the verdict lines, status 119.  Nested panics print what they can and end.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "base/compiler.h"

NORETURN void panic(const char *what);

/* "tcp_input+0x12c" for a code address, "?" outside the kernel's text. */
struct strbuf;
void symbol_name(struct strbuf *sb, uint64_t address);
/* The same for a return address: names the function that made the call. */
void symbol_name_of_return(struct strbuf *sb, uint64_t address);

#endif
