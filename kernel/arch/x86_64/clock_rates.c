/*
 * SPDX-License-Identifier: MIT
 *
 * The rates of the TSC and of the local APIC's timer: CPUs and hypervisors that state the TSC's frequency
 * are believed where the number is possible, else both are measured (kernel/time/calibrate.c) against the
 * ACPI PM timer, or else channel 2 of the PIT.  And the timer: TSC deadline where the CPU has it, else the
 * APIC's count.
 */
#include "kernel/arch/clock.h"

#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/firmware/acpi.h"
#include "kernel/panic.h"
#include "kernel/time/calibrate.h"

#define PM_TIMER_HZ 3579545u /* ACPI 6.4, 4.8.3.3 */
#define PM_TIMER_MASK 0xffffffu
#define PIT_HZ 1193182u
#define PIT_MASK 0xffffu
#define PIT_LATCH 0xc8 /* read-back: status, then count, of channel 2 */
#define PIT_STATUS_OUT 0x80u
#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61

#define LEAF_TSC 0x15u
#define LEAF_FREQUENCY 0x16u
#define LEAF_HYPERVISOR_TSC 0x40000010u
#define TSC_HZ_MIN UINT64_C(100000000)

#define APIC_DIVISOR 16 /* lapic.c's, of the timer's input */
/* QEMU's local APIC counts nanoseconds. */
#define APIC_HZ_ASSUMED 62500000u

/* --- the timer ---------------------------------------------------------------------------------- */

static uint32_t timer_count(void)
{
	return ~lapic_timer_count();
}

static void timer_restart(void)
{
	lapic_timer_start(LAPIC_TIMER_MAX);
}

/* Its timer_hz is the count's. */
static struct calibration calibration = {.timer_count = timer_count, .timer_restart = timer_restart};
static struct clock_rates measured;

/* One tick more than the time takes, so that it has passed when the timer interrupts. */
static uint64_t timer_ticks(uint64_t ns, uint64_t hz)
{
	return ns * (hz / 1000) / NS_PER_MS + 1;
}

void timer_start(uint64_t delta_ns)
{
	if (cpu_features()->tsc_deadline)
		lapic_timer_deadline(cpu_counter() + timer_ticks(delta_ns, measured.counter_hz));
	else
		lapic_timer_start((uint32_t)MIN(timer_ticks(delta_ns, measured.timer_hz),
						(uint64_t)LAPIC_TIMER_MAX));
}

/* --- references -------------------------------------------------------------------------------- */

static uint32_t pm_timer_read(void)
{
	return inl(acpi_info()->pm_timer_port) & PM_TIMER_MASK;
}

/* It wraps after 55 ms, less than many a host's time slice; but its output goes high then, and
 * stays so until the next start. */
static uint32_t pit_read(void)
{
	uint32_t status, count;

	outb(PIT_COMMAND, PIT_LATCH);
	status = inb(PIT_CHANNEL_2);
	count = inb(PIT_CHANNEL_2);
	count |= (uint32_t)inb(PIT_CHANNEL_2) << 8;
	return status & PIT_STATUS_OUT ? CALIBRATION_WRAPPED : ~count & PIT_MASK;
}

static void pit_restart(void)
{
	outb(PIT_GATE, (inb(PIT_GATE) & 0xfc) | 1); /* gate on, speaker off */
	outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0, binary */
	outb(PIT_CHANNEL_2, 0xff);
	outb(PIT_CHANNEL_2, 0xff);
}

static const struct calibration_reference pm_timer = {
	"ACPI PM timer", PM_TIMER_HZ, PM_TIMER_MASK, pm_timer_read, NULL};
static const struct calibration_reference pit = {"PIT", PIT_HZ, PIT_MASK, pit_read, pit_restart};

static bool pit_runs(void)
{
	pit_restart();
	return calibration_reference_moves(&pit);
}

static const struct calibration_reference *choose_reference(void)
{
	if (acpi_info()->pm_timer_port != 0 && calibration_reference_moves(&pm_timer))
		return &pm_timer;
	return pit_runs() ? &pit : NULL;
}

/* --- what CPUID states ------------------------------------------------------------------------- */

static bool possible(uint64_t tsc_hz)
{
	return tsc_hz >= TSC_HZ_MIN && tsc_hz <= COUNTER_HZ_MAX;
}

static void ask_hypervisor(void)
{
	struct cpuid r;

	if (cpu_features()->max_hypervisor_leaf < LEAF_HYPERVISOR_TSC)
		return;
	r = cpuid(LEAF_HYPERVISOR_TSC, 0);
	if (!possible(r.eax * UINT64_C(1000)))
		return;
	calibration.known.counter_hz = r.eax * UINT64_C(1000);
	calibration.known.timer_hz = r.ebx * UINT64_C(1000) / APIC_DIVISOR;
	calibration.known.source = "hypervisor";
}

static void ask_cpu(void)
{
	struct cpuid r;

	if (cpu_features()->max_leaf < LEAF_TSC)
		return;
	/* SDM volume 2, CPUID 15H: TSC/crystal = ebx/eax, crystal in ecx. */
	r = cpuid(LEAF_TSC, 0);
	if (r.eax == 0 || !possible(r.ecx * (uint64_t)r.ebx / r.eax))
		return;
	calibration.known.counter_hz = r.ecx * (uint64_t)r.ebx / r.eax;
	calibration.known.source = "CPUID";
}

/* When nothing can be measured: the nominal frequency, or an APIC like QEMU's. */
static void guess(void)
{
	uint64_t mhz = 0;

	if (cpu_features()->max_leaf >= LEAF_FREQUENCY)
		mhz = cpuid(LEAF_FREQUENCY, 0).eax & 0xffff;
	if (possible(mhz * 1000000)) {
		calibration.known.counter_hz = mhz * 1000000;
		calibration.known.source = "nominal CPU frequency";
	} else if (cpu_features()->hypervisor) {
		calibration.known.timer_hz = APIC_HZ_ASSUMED;
		calibration.known.source = "APIC timer taken for 1 GHz";
	} else {
		panic("no clock: neither CPUID, PM timer nor PIT tells the time");
	}
}

/* --- both steps -------------------------------------------------------------------------------- */

void clock_rates_begin(void)
{
	ask_hypervisor();
	if (calibration.known.counter_hz == 0)
		ask_cpu();
	if (calibration.known.counter_hz == 0) {
		calibration.reference = choose_reference();
		if (calibration.reference == NULL)
			guess();
	}
	calibration_begin(&calibration);
}

void clock_rates_finish(struct clock_rates *rates)
{
	if (!calibration_finish(&calibration, &measured))
		panic("no clock: the timer that it was to be set by has stopped");
	*rates = measured;
	rates->timer_hz = measured.timer_hz * APIC_DIVISOR;
	if (cpu_features()->tsc_deadline)
		lapic_timer_deadline_mode();
	else
		lapic_timer_start(0);
}
