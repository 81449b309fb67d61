/*
 * SPDX-License-Identifier: MIT
 *
 * Exceptions, all fatal: says what happened, gathers registers, and hands them to the panic report.
 */
#include "kernel/arch/x86_64/trap.h"

#include "base/strbuf.h"
#include "base/string.h"
#include "kernel/exit.h"
#include "kernel/fault/panic_report.h"

#define VECTOR_INVALID_OPCODE 6
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14

/* Page fault error code. */
#define CODE_PRESENT (1u << 0)
#define CODE_WRITE (1u << 1)
#define CODE_RESERVED (1u << 3)
#define CODE_FETCH (1u << 4)

/* Intel SDM volume 3, table 6-1, in the order of the vectors. */
static const char exception_names[] =
	"divide error\0debug\0NMI\0breakpoint\0overflow\0bound range\0invalid opcode\0no FPU\0"
	"double fault\0FPU overrun\0invalid TSS\0segment not present\0stack segment fault\0"
	"general protection\0page fault\0reserved\0FPU error\0alignment check\0machine check\0"
	"SIMD error\0virtualization\0control protection";

static const char *exception_name(uint64_t vector)
{
	const char *name = exception_names, *end = exception_names + sizeof(exception_names);

	while (vector-- > 0 && name < end)
		name += strlen(name) + 1;
	return name < end ? name : "reserved exception";
}

static uint64_t read_cr2(void)
{
	uint64_t v;
	__asm__ volatile("movq %%cr2, %0" : "=r"(v));
	return v;
}

static uint64_t read_cr3(void)
{
	uint64_t v;
	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	return v;
}

static struct memory_fault fault_of(uint64_t address, uint64_t code)
{
	return (struct memory_fault){
		.address = address,
		.access = code & CODE_FETCH ? FAULT_EXECUTE : code & CODE_WRITE ? FAULT_WRITE : FAULT_READ,
		.reason = code & CODE_RESERVED ? FAULT_CORRUPT
			  : code & CODE_PRESENT ? FAULT_FORBIDDEN
						: FAULT_ABSENT,
	};
}

static const char *describe(const struct trap_frame *f, uint64_t cr2)
{
	static char text[120];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	if (f->vector == VECTOR_INVALID_OPCODE && panic_pending_message() != NULL)
		return panic_pending_message();
	strbuf_str(&sb, exception_name(f->vector));
	if (f->vector == VECTOR_PAGE_FAULT) {
		struct memory_fault fault = fault_of(cr2, f->error_code);

		describe_memory_fault(&sb, &fault);
	}
	return text;
}

NORETURN void trap_handle(const struct trap_frame *f);

NORETURN void trap_handle(const struct trap_frame *f)
{
	uint64_t cr2 = read_cr2(), cr3 = read_cr3();

	if (panic_enter())
		machine_exit(STATUS_PANIC);

	/* The fields of EVENT_PANIC_REGISTERS. */
	const struct event_field registers[] = {
		EV_POINTER("rax", f->rax), EV_POINTER("rbx", f->rbx), EV_POINTER("rcx", f->rcx),
		EV_POINTER("rdx", f->rdx), EV_POINTER("rsi", f->rsi), EV_POINTER("rdi", f->rdi),
		EV_POINTER("rbp", f->rbp), EV_POINTER("rsp", f->rsp), EV_POINTER("r8", f->r8),
		EV_POINTER("r9", f->r9), EV_POINTER("r10", f->r10), EV_POINTER("r11", f->r11),
		EV_POINTER("r12", f->r12), EV_POINTER("r13", f->r13), EV_POINTER("r14", f->r14),
		EV_POINTER("r15", f->r15), EV_POINTER("rip", f->rip),
		EV_POINTER("rflags", f->rflags), EV_POINTER("cr2", cr2), EV_POINTER("cr3", cr3),
	};
	struct panic_report report = {
		.what = describe(f, cr2),
		.pc = f->rip,
		.has_address = f->vector == VECTOR_PAGE_FAULT,
		.address = cr2,
		.has_error_code = f->error_code != 0 || f->vector == VECTOR_PAGE_FAULT,
		.error_code = f->error_code,
		.registers = registers,
		.n_registers = ARRAY_LEN(registers),
	};
	report.n_frames = backtrace(f->rip, f->rsp, f->rbp, report.frames);
	panic_finish(&report);
}
