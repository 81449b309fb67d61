/*
 * SPDX-License-Identifier: MIT
 *
 * Calibration against a counter of known speed: the ACPI PM timer, or else channel 2 of the PIT.
 * CPUs and hypervisors that state the TSC's frequency are believed where the number is possible.
 *
 * A host may take the CPU away at any moment.  So each sample brackets the reference between two
 * TSC readings and counts only as exact as its bracket is wide; of several the tightest is kept, and
 * the second sample is repeated until the brackets are small against the time between them.  When
 * that takes too long, or a counter may have wrapped, all begins anew and half as much is asked for.
 * Every loop is bounded: an absent port reads all ones for ever.
 */
#include "kernel/arch/x86_64/calibrate.h"

#include "kernel/firmware/acpi.h"
#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/panic.h"

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
#define TSC_HZ_MAX UINT64_C(20000000000)

/* QEMU's local APIC counts nanoseconds; lapic.c divides by 16. */
#define APIC_HZ_ASSUMED 62500000u

#define FIRST_TRIES 4
#define EXACTNESS 256u     /* brackets are at most 1/256 of the time between the samples */
#define SPAN_DIVISOR 1000  /* which is 1 ms at least */
#define GIVE_UP_DIVISOR 25 /* and 40 ms at most: what is not exact by then never will be */
#define TRIES_MAX 50000
/* Samples so far apart may have a wrap of the PM timer between them, which takes 4.7 s: no TSC above
 * 15 MHz counts fewer in that time. */
#define STALE_TSC (UINT64_C(1) << 26)

#define WRAPPED UINT32_MAX /* a reference that knows that it has */

struct reference {
	const char *name;
	uint32_t hz, mask;
	uint32_t (*read)(void); /* counts up, or WRAPPED */
};

struct sample {
	uint64_t tsc, width; /* the reference, and the bracket around it */
	uint32_t reference;
	uint64_t apic_tsc, apic_width;
	uint32_t apic; /* counts up: the complement of the APIC's count */
};

static const struct reference *reference; /* NULL: none works, or none is needed */
static struct clock_rates known; /* what need not be measured; 0: unknown */
static struct sample first;

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
	return status & PIT_STATUS_OUT ? WRAPPED : ~count & PIT_MASK;
}

static void pit_start(void)
{
	outb(PIT_GATE, (inb(PIT_GATE) & 0xfc) | 1); /* gate on, speaker off */
	outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0, binary */
	outb(PIT_CHANNEL_2, 0xff);
	outb(PIT_CHANNEL_2, 0xff);
}

static const struct reference pm_timer = {"ACPI PM timer", PM_TIMER_HZ, PM_TIMER_MASK, pm_timer_read};
static const struct reference pit = {"PIT", PIT_HZ, PIT_MASK, pit_read};

/* A counter that is there has moved after some microseconds. */
static bool moves(const struct reference *r)
{
	uint32_t start = r->read();

	for (unsigned i = 0; i < 100; i++) {
		if (r->read() != start)
			return true;
	}
	return false;
}

static bool pit_runs(void)
{
	pit_start();
	return moves(&pit);
}

static const struct reference *choose_reference(void)
{
	if (acpi_info()->pm_timer_port != 0 && moves(&pm_timer))
		return &pm_timer;
	return pit_runs() ? &pit : NULL;
}

/* --- what CPUID states ------------------------------------------------------------------------- */

static bool possible(uint64_t tsc_hz)
{
	return tsc_hz >= TSC_HZ_MIN && tsc_hz <= TSC_HZ_MAX;
}

static void ask_hypervisor(void)
{
	struct cpuid r;

	if (cpu_features()->max_hypervisor_leaf < LEAF_HYPERVISOR_TSC)
		return;
	r = cpuid(LEAF_HYPERVISOR_TSC, 0);
	if (!possible(r.eax * UINT64_C(1000)))
		return;
	known.tsc_hz = r.eax * UINT64_C(1000);
	known.apic_hz = r.ebx * UINT64_C(1000) / 16;
	known.source = "hypervisor";
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
	known.tsc_hz = r.ecx * (uint64_t)r.ebx / r.eax;
	known.source = "CPUID";
}

/* When nothing can be measured: the nominal frequency, or an APIC like QEMU's. */
static void guess(void)
{
	uint64_t mhz = 0;

	if (cpu_features()->max_leaf >= LEAF_FREQUENCY)
		mhz = cpuid(LEAF_FREQUENCY, 0).eax & 0xffff;
	if (possible(mhz * 1000000)) {
		known.tsc_hz = mhz * 1000000;
		known.source = "nominal CPU frequency";
	} else if (cpu_features()->hypervisor) {
		known.apic_hz = APIC_HZ_ASSUMED;
		known.source = "APIC timer taken for 1 GHz";
	} else {
		panic("no clock: neither CPUID, PM timer nor PIT tells the time");
	}
}

/* --- samples ----------------------------------------------------------------------------------- */

/* Keeps the tighter of the bracket in `s` and a new one, for each of the two counters. */
static void sample_improve(struct sample *s)
{
	uint64_t t0 = rdtsc(), t1, t2;
	uint32_t ref = 0, apic;

	if (reference != NULL)
		ref = reference->read();
	t1 = rdtsc();
	apic = ~lapic_timer_count();
	t2 = rdtsc();
	if (t1 - t0 < s->width) {
		s->width = t1 - t0;
		s->tsc = t0 + s->width / 2;
		s->reference = ref;
	}
	if (t2 - t1 < s->apic_width) {
		s->apic_width = t2 - t1;
		s->apic_tsc = t1 + s->apic_width / 2;
		s->apic = apic;
	}
}

static struct sample sample_fresh(void)
{
	struct sample s = {.width = UINT64_MAX, .apic_width = UINT64_MAX};

	sample_improve(&s);
	return s;
}

/* Time between two samples, in ticks of `*hz` per second, by the best measure there is. */
static uint64_t span(const struct sample *a, const struct sample *b, uint64_t *hz)
{
	if (reference != NULL) {
		*hz = reference->hz;
		return (b->reference - a->reference) & reference->mask;
	}
	if (known.tsc_hz != 0) {
		*hz = known.tsc_hz;
		return b->tsc - a->tsc;
	}
	*hz = known.apic_hz;
	return (uint32_t)(b->apic - a->apic);
}

static bool exact(const struct sample *a, const struct sample *b, unsigned exactness)
{
	return a->reference != WRAPPED && b->reference != WRAPPED &&
	       (a->width + b->width) / 2 <= (b->tsc - a->tsc) / exactness &&
	       (a->apic_width + b->apic_width) / 2 <= (b->apic_tsc - a->apic_tsc) / exactness;
}

static void take_first(void)
{
	lapic_timer_start(LAPIC_TIMER_MAX);
	first = sample_fresh();
	for (unsigned i = 1; i < FIRST_TRIES; i++)
		sample_improve(&first);
}

static void begin_anew(void)
{
	if (reference == &pit)
		(void)pit_runs();
	take_first();
}

/* False: that cannot be. */
static bool rates_between(const struct sample *a, const struct sample *b, struct clock_rates *rates)
{
	uint64_t hz, ticks = span(a, b, &hz), apic_tsc = b->apic_tsc - a->apic_tsc;

	if (reference != NULL) {
		rates->tsc_hz = (b->tsc - a->tsc) * hz / ticks;
		rates->source = reference->name;
	} else if (rates->tsc_hz == 0) {
		rates->tsc_hz = apic_tsc * hz / ticks;
	}
	/* No lower bound as for what is stated: an emulator's TSC may be its host's slow timer. */
	if (rates->tsc_hz == 0 || rates->tsc_hz > TSC_HZ_MAX)
		return false;
	if (rates->apic_hz == 0)
		rates->apic_hz = (uint32_t)(b->apic - a->apic) * rates->tsc_hz / apic_tsc;
	return rates->apic_hz != 0;
}

/* Takes second samples until one is far enough from the first and exact; false: none was. */
static bool measure(struct clock_rates *rates, unsigned exactness)
{
	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		struct sample last = sample_fresh();
		uint64_t hz, ticks = span(&first, &last, &hz);

		*rates = known;
		/* Asked only once, so that a host that hardly ever lets us run gets a clock too. */
		if (exactness == EXACTNESS && last.tsc - first.tsc > STALE_TSC)
			return false;
		if (ticks >= hz / SPAN_DIVISOR * exactness / EXACTNESS &&
		    exact(&first, &last, exactness))
			return rates_between(&first, &last, rates);
		if (ticks >= hz / GIVE_UP_DIVISOR || last.reference == WRAPPED)
			return false;
	}
	return false;
}

void calibrate_begin(void)
{
	ask_hypervisor();
	if (known.tsc_hz == 0)
		ask_cpu();
	if (known.tsc_hz == 0) {
		reference = choose_reference();
		if (reference == NULL)
			guess();
	}
	take_first();
}

void calibrate_finish(struct clock_rates *rates)
{
	*rates = known;
	if (rates->tsc_hz != 0 && rates->apic_hz != 0)
		return;
	for (unsigned exactness = EXACTNESS; exactness > 0; exactness /= 2) {
		if (measure(rates, exactness))
			return;
		begin_anew();
	}
	panic("no clock: the timer that it was to be set by has stopped");
}
