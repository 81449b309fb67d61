/* SPDX-License-Identifier: MIT */
/* kernel/time/calibrate and kernel/arch/x86_64/clock_rates on a machine of the test's own, whose host takes the CPU away now and
 * then: the rates must be right whatever the pauses are, by PM timer and by PIT, and a machine on
 * which nothing moves must say so. */
#include <stdlib.h>
#include <string.h>

#include "tests/runner/unit.h"

/* In place of the real ones, which a host's process cannot execute. */
#define ARCH_CPU_H
#define KERNEL_ARCH_X86_64_IO_H

#include "kernel/arch/x86_64/cpu.h"
#include "kernel/firmware/acpi.h"

/* --- the machine -------------------------------------------------------------------------------- */

#define PM_PORT 0x608
#define MS UINT64_C(1000000)

static struct {
	uint64_t now_ns;
	uint64_t stop_at_ns, run_ns, stop_ns; /* the CPU runs about so long, then not; 0: always runs */
	uint64_t tsc_hz, apic_hz;
	bool tsc_stands;
	uint64_t pit_start_ns, apic_start_ns;
	uint32_t apic_initial;
	uint8_t pit_out[3]; /* what is latched of it */
	unsigned pit_left;
	unsigned pit_bytes; /* of the count, still to be written */
	bool has_pit;
	uint16_t pit_count;
	struct acpi_info acpi;
	struct cpu_features cpu;
} m;

static uint64_t ticks_of(uint64_t ns, uint64_t hz)
{
	return (uint64_t)((unsigned __int128)ns * hz / 1000000000u);
}

/* An instruction that takes so long; pauses fall anywhere in it. */
static void pass(uint64_t ns)
{
	m.now_ns += ns;
	while (m.run_ns != 0 && m.now_ns >= m.stop_at_ns) {
		m.now_ns += m.stop_ns;
		m.stop_at_ns += m.stop_ns + m.run_ns / 2 + (uint64_t)rand() % m.run_ns;
	}
}

static uint64_t cpu_counter(void)
{
	pass(15);
	return ticks_of(m.tsc_stands ? 0 : m.now_ns, m.tsc_hz);
}

static uint32_t inl(uint16_t port)
{
	uint32_t v;

	pass(500);
	v = port == PM_PORT ? (uint32_t)ticks_of(m.now_ns, 3579545) & 0xffffff : UINT32_MAX;
	pass(500);
	return v;
}

/* The 8254: mode 0, the count of channel 2 latched alone (0x80) or behind the status (0xc8). */
static void outb(uint16_t port, uint8_t v)
{
	pass(1000);
	if (port == 0x43 && v == 0xb0) {
		m.pit_bytes = 2;
	} else if (port == 0x42 && m.pit_bytes > 0) {
		m.pit_count = (uint16_t)(m.pit_count >> 8 | v << 8);
		if (--m.pit_bytes == 0)
			m.pit_start_ns = m.now_ns;
	} else if (port == 0x43 && (v == 0x80 || v == 0xc8)) {
		uint64_t d = ticks_of(m.now_ns - m.pit_start_ns, 1193182);
		uint16_t count = (uint16_t)(m.pit_count - d);

		m.pit_out[2] = d >= m.pit_count ? 0xb0 : 0x30;
		m.pit_out[1] = (uint8_t)count;
		m.pit_out[0] = (uint8_t)(count >> 8);
		m.pit_left = v == 0xc8 ? 3 : 2;
	}
}

static uint8_t inb(uint16_t port)
{
	pass(1000);
	if (port == 0x42 && m.has_pit && m.pit_left > 0)
		return m.pit_out[--m.pit_left];
	return 0xff;
}

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	(void)leaf;
	(void)subleaf;
	return (struct cpuid){0};
}

#include "kernel/arch/x86_64/clock_rates.c"
#include "kernel/time/calibrate.c"

void lapic_timer_start(uint32_t ticks)
{
	pass(200);
	m.apic_initial = ticks;
	m.apic_start_ns = m.now_ns;
}

uint32_t lapic_timer_count(void)
{
	uint64_t d;

	pass(150);
	d = ticks_of(m.now_ns - m.apic_start_ns, m.apic_hz);
	pass(150);
	return d >= m.apic_initial ? 0 : m.apic_initial - (uint32_t)d;
}

/* The measurement does not use it. */
void lapic_timer_deadline_mode(void)
{
}

void lapic_timer_deadline(uint64_t tsc)
{
	(void)tsc;
}

const struct acpi_info *acpi_info(void)
{
	return &m.acpi;
}

const struct cpu_features *cpu_features(void)
{
	return &m.cpu;
}

static jmp_buf panicked;
static const char *panic_message;

NORETURN void panic(const char *what)
{
	panic_message = what;
	longjmp(panicked, 1);
}

/* --- the tests ---------------------------------------------------------------------------------- */

static void machine(bool pm_timer_there, uint64_t tsc_hz)
{
	memset(&m, 0, sizeof(m));
	calibration.reference = NULL;
	memset(&calibration.known, 0, sizeof(calibration.known));
	memset(&calibration.first, 0, sizeof(calibration.first));
	m.now_ns = (uint64_t)rand() % (10000 * MS);
	m.tsc_hz = tsc_hz;
	m.apic_hz = 62500000;
	m.has_pit = true;
	m.acpi.pm_timer_port = pm_timer_there ? PM_PORT : 0;
	m.cpu.hypervisor = true;
}

static void host_stops(uint64_t run_ns, uint64_t stop_ns)
{
	m.run_ns = run_ns;
	m.stop_ns = stop_ns;
	m.stop_at_ns = m.now_ns + (uint64_t)rand() % run_ns;
}

static void expect_near(uint64_t got, uint64_t want, double error)
{
	double ratio = (double)got / (double)want;

	if (ratio < 1 - error || ratio > 1 + error)
		fail_msg("%llu instead of %llu", (unsigned long long)got, (unsigned long long)want);
}

/* Both steps, with some work between them. */
static struct clock_rates calibrate(uint64_t work_ns, double error)
{
	struct clock_rates rates;

	clock_rates_begin();
	pass(work_ns);
	clock_rates_finish(&rates);
	expect_near(rates.counter_hz, m.tsc_hz, error);
	expect_near(rates.timer_hz / 16, m.apic_hz, error);
	return rates;
}

TEST(right_and_quick_on_a_quiet_host)
{
	static const uint64_t hz[] = {24000000, 1000000000, 2600000000, 6000000000};

	for (unsigned i = 0; i < 2 * ARRAY_LEN(hz); i++) {
		uint64_t start_ns;
		struct clock_rates rates;

		machine(i % 2 == 0, hz[i / 2]);
		start_ns = m.now_ns;
		rates = calibrate(0, 0.005);
		assert_string_equal(rates.source, i % 2 == 0 ? "ACPI PM timer" : "PIT");
		assert_true(m.now_ns - start_ns < 3 * MS / 2);
		/* What has passed anyway is used. */
		machine(i % 2 == 0, hz[i / 2]);
		start_ns = m.now_ns;
		calibrate(2 * MS, 0.005);
		assert_true(m.now_ns - start_ns < 9 * MS / 4);
	}
}

TEST(right_on_a_host_that_stops)
{
	static const uint64_t run[] = {2 * MS, 5 * MS, 20 * MS}, stop[] = {10 * MS, 50 * MS, 60 * MS};

	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		machine(i % 2 == 0, i % 3 == 0 ? 1000000000 : 2600000000);
		host_stops(run[i % ARRAY_LEN(run)], stop[(unsigned)rand() % ARRAY_LEN(stop)]);
		calibrate((uint64_t)rand() % (2 * MS), 0.005);
	}
}

/* One pause only, wherever it falls, and longer than the counters count. */
TEST(right_after_one_long_stop)
{
	static const uint64_t stop[] = {40 * MS, 57 * MS, 4690 * MS, 5000 * MS, 7000 * MS};

	srand(2);
	for (unsigned i = 0; i < 20000; i++) {
		machine(i % 2 == 0, 2600000000);
		m.run_ns = 1000000 * MS;
		m.stop_ns = stop[(unsigned)rand() % ARRAY_LEN(stop)];
		m.stop_at_ns = m.now_ns + (uint64_t)rand() % (5 * MS / 2);
		calibrate(MS, 0.005);
	}
}

/* So starved that hardly a millisecond passes in one piece: as good as can be had, but it ends. */
TEST(it_ends_on_a_host_that_hardly_runs)
{
	srand(3);
	for (unsigned i = 0; i < 3000; i++) {
		machine(i % 2 == 0, 2600000000);
		host_stops(200000, 100 * MS);
		calibrate(2 * MS, 0.25);
	}
}

static void expect_panic(void)
{
	struct clock_rates rates;

	panic_message = NULL;
	if (setjmp(panicked) == 0) {
		clock_rates_begin();
		clock_rates_finish(&rates);
		fail();
	}
	assert_non_null(panic_message);
}

TEST(counters_that_stand_still)
{
	machine(true, 2600000000);
	m.apic_hz = 0;
	expect_panic();
	machine(true, 2600000000);
	m.tsc_stands = true;
	expect_panic();
	machine(true, UINT64_C(30000000000)); /* no such CPU: it is the timer that is slow */
	expect_panic();
	/* Neither PM timer nor PIT: the APIC is taken for one like QEMU's, or there is nothing. */
	machine(false, 2600000000);
	m.has_pit = false;
	assert_string_equal(calibrate(0, 0.005).source, "APIC timer taken for 1 GHz");
	machine(false, 2600000000);
	m.has_pit = false;
	m.cpu.hypervisor = false;
	expect_panic();
}
