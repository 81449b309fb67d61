/*
 * SPDX-License-Identifier: MIT
 *
 * Test application: does what a kernel must not survive, for real, and leaves the report to the
 * kernel.  fault=KIND says what; a fault that does nothing ends with status 112.  It strikes in
 * app_check(), so no network device is needed.
 */
#include "app/app.h"
#include "app/report.h"
#include "base/assert.h"
#include "base/string.h"

#define PAGE 4096u

static char kind[CONFIG_TEXT_MAX];
static const char constant[64] = "not to be written";
static uint8_t data[16] = {0xc3}; /* RET */
static volatile int zero;

/* Hidden from the optimizer, which may otherwise assume that none of this happens. */
static void *opaque(const void *ptr)
{
	void *p = (void *)(uintptr_t)ptr;

	__asm__ volatile("" : "+r"(p));
	return p;
}

static void write_byte(const void *at)
{
	*(volatile uint8_t *)opaque(at) = 0xcc;
}

static void fault_text_write(void)
{
	write_byte((const void *)(uintptr_t)write_byte);
}

static void fault_rodata_write(void)
{
	write_byte(constant);
}

static void fault_data_exec(void)
{
	void (*code)(void) = (void (*)(void))(uintptr_t)opaque(data);

	code();
}

static void fault_stack_exec(void)
{
	uint8_t local[16] = {0xc3};
	void (*code)(void) = (void (*)(void))(uintptr_t)opaque(local);

	code();
}

static void fault_null(void)
{
	zero = *(volatile int *)opaque(NULL);
}

static void fault_null_call(void)
{
	void (*code)(void) = (void (*)(void))(uintptr_t)opaque(NULL);

	code();
}

/* Down the stack, page by page: the first one that is not the stack's is its guard. */
static void fault_guard(void)
{
	volatile uint8_t here = 0;

	for (size_t pages = 1; pages < 1024; pages++)
		write_byte((const uint8_t *)opaque((const void *)(uintptr_t)&here) - pages * PAGE);
}

__attribute__((noinline)) static int recurse(int depth)
{
	volatile uint8_t frame[256];

	frame[0] = (uint8_t)depth;
	if (zero == 0)
		return recurse(depth + 1) + frame[0];
	return frame[0];
}

static void fault_stack_overflow(void)
{
	zero = recurse(0);
}

static void fault_assert(void)
{
	ASSERT(zero == 1);
}

static void fault_divide(void)
{
	/* Not a constant: 1 / x is a comparison to gcc. */
	volatile int number = 42;

	zero = number / zero;
}

static void fault_undefined(void)
{
	__asm__ volatile("ud2");
}

__attribute__((noinline)) static void fault_stack_smash(void)
{
	uint8_t buf[16];

	memset(opaque(buf), 0x41, sizeof(buf) + 16);
	zero = *(volatile uint8_t *)opaque(buf);
}

/* What the kernel knows of ACPI; here only where that is. */
const void *acpi_info(void);

/* A watch on what switching off must read, for which the CPU raises a debug exception every time. */
static void fault_power_off(void)
{
	const uint64_t local_0 = 1 << 1, read_or_write = 3 << 16, eight_bytes = 2 << 18;

	__asm__ volatile("movq %0, %%dr0" : : "r"(acpi_info()));
	__asm__ volatile("movq %0, %%dr7" : : "r"(local_0 | read_or_write | eight_bytes));
}

/* The CPU's interrupt to itself with a vector that nobody has, as firmware may leave one behind.  It
 * is no fault: it must come, be acknowledged, and be gone. */
static void not_a_fault_stray(void)
{
	const unsigned vector = 200, to_self = 1 << 18, word = vector / 32 * 16;
	volatile uint32_t *apic = opaque((const void *)UINT64_C(0xfee00000));

	apic[0x300 / 4] = to_self | vector;
	ASSERT((apic[(0x200 + word) / 4] >> vector % 32 & 1) == 1); /* requested */
	__asm__ volatile("sti\n\tnop\n\tcli" : : : "memory");
	ASSERT((apic[(0x200 + word) / 4] >> vector % 32 & 1) == 0);
	ASSERT((apic[(0x100 + word) / 4] >> vector % 32 & 1) == 0); /* in service */
}

static const struct {
	const char *name;
	void (*strike)(void);
} faults[] = {
	{"text-write", fault_text_write},
	{"rodata-write", fault_rodata_write},
	{"data-exec", fault_data_exec},
	{"stack-exec", fault_stack_exec},
	{"null", fault_null},
	{"null-call", fault_null_call},
	{"guard", fault_guard},
	{"stack-overflow", fault_stack_overflow},
	{"assert", fault_assert},
	{"divide", fault_divide},
	{"undefined", fault_undefined},
	{"stack-smash", fault_stack_smash},
	{"power-off", fault_power_off},
	{"stray", not_a_fault_stray},
};

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"fault", "the name of a fault", "", "what to do", config_set_text, kind, NULL, 0},
	};

	*count = ARRAY_LEN(keys);
	return keys;
}

unsigned app_config_check(struct event_sink *events)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (strcmp(kind, faults[i].name) == 0)
			return 0;
	}
	config_report_missing("fault", "missing or unknown",
			      "text-write, rodata-write, data-exec, stack-exec, null, null-call, guard, "
			      "stack-overflow, assert, divide, undefined, stack-smash, power-off, stray",
			      events);
	return 1;
}

enum status app_check(struct event_sink *events)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (strcmp(kind, faults[i].name) == 0)
			faults[i].strike();
	}
	if (strcmp(kind, "stray") == 0)
		return STATUS_OK;
	report_failure(events, STATUS_EXPECT_FAILED, "nothing happened");
	return STATUS_EXPECT_FAILED;
}

bool app_stays(const struct config_platform *platform)
{
	(void)platform;
	return false;
}

/* Gets here with a network device and fault=stray only: then the kernel has time to speak of it. */
enum status app_main(struct app_env *env)
{
	env->machine.turn(env->machine.ctx, env->machine.now_ns(env->machine.ctx));
	report_failure(env->events, STATUS_EXPECT_FAILED, "nothing happened");
	return STATUS_EXPECT_FAILED;
}
