/*
 * SPDX-License-Identifier: MIT
 *
 * Exceptions, all fatal: says in words what happened and to what, gathers registers and return
 * addresses, and hands them to the panic report.
 */
#include "kernel/arch/x86_64/trap.h"

#include "base/strbuf.h"
#include "base/string.h"
#include "kernel/arch/x86_64/image.h"
#include "kernel/arch/x86_64/paging.h"
#include "kernel/exit.h"
#include "kernel/panic_report.h"

#define VECTOR_INVALID_OPCODE 6
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14

/* Page fault error code. */
#define FAULT_PRESENT (1u << 0)
#define FAULT_WRITE (1u << 1)
#define FAULT_RESERVED (1u << 3)
#define FAULT_FETCH (1u << 4)

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

/* "page fault: write to kernel text (not writable)" */
static void describe_page_fault(struct strbuf *sb, uint64_t address, uint64_t code)
{
	bool fetch = code & FAULT_FETCH, write = code & FAULT_WRITE;

	strbuf_str(sb, fetch ? ": execution of " : write ? ": write to " : ": read of ");
	paging_describe(sb, address);
	if (code & FAULT_RESERVED)
		strbuf_str(sb, " (corrupt page table)");
	else if (code & FAULT_PRESENT)
		strbuf_str(sb, fetch ? " (not executable)" : write ? " (not writable)" : "");
}

static const char *describe(const struct trap_frame *f, uint64_t cr2)
{
	static char text[120];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	if (f->vector == VECTOR_INVALID_OPCODE && panic_pending_message() != NULL)
		return panic_pending_message();
	strbuf_str(&sb, exception_name(f->vector));
	if (f->vector == VECTOR_PAGE_FAULT)
		describe_page_fault(&sb, cr2, f->error_code);
	return text;
}

static bool in_text(uint64_t address)
{
	return address >= (uint64_t)image_text_start && address < (uint64_t)image_text_end;
}

static bool on_a_stack(uint64_t rbp)
{
	for (unsigned i = 0; i < STACK_COUNT; i++) {
		if (rbp >= (uint64_t)stack_areas[i].bottom &&
		    rbp <= (uint64_t)stack_areas[i].top - 16)
			return rbp % 8 == 0;
	}
	return false;
}

/* Follows the frame pointers as long as they lie on a stack of ours and go upwards.  Where a call
 * went astray, the caller has no frame below it yet: its address lies on top of the stack. */
static unsigned backtrace(const struct trap_frame *f, uint64_t frames[PANIC_FRAMES_MAX])
{
	uint64_t rbp = f->rbp;
	unsigned n = 0;

	if (!in_text(f->rip) && on_a_stack(f->rsp))
		frames[n++] = *(const uint64_t *)f->rsp;

	while (n < PANIC_FRAMES_MAX && on_a_stack(rbp)) {
		const uint64_t *frame = (const uint64_t *)rbp;

		frames[n++] = frame[1];
		if (frame[0] <= rbp)
			break;
		rbp = frame[0];
	}
	return n;
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
		.rip = f->rip,
		.has_address = f->vector == VECTOR_PAGE_FAULT,
		.address = cr2,
		.has_error_code = f->error_code != 0 || f->vector == VECTOR_PAGE_FAULT,
		.error_code = f->error_code,
		.registers = registers,
		.n_registers = ARRAY_LEN(registers),
	};
	report.n_frames = backtrace(f, report.frames);
	panic_finish(&report);
}
