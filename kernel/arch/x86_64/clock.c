/*
 * SPDX-License-Identifier: MIT
 *
 * The monotonic clock (TSC), the one-shot timer (TSC deadline or local APIC count), and the wall
 * clock as an offset to the first.
 */
#include "kernel/time/clock.h"

#include "kernel/arch/x86_64/calibrate.h"
#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/rtc.h"
#include "kernel/time/clock_timer.h"
#include "kernel/time/steady.h"

/* Longer waits are cut into pieces: the halt's loop sets the timer again. */
#define TIMER_NS_MAX (30 * NS_PER_S)
#define FIRMWARE_S_MAX 600 /* a TSC that counted longer did not start with this machine */
#define RTC_WAIT_NS (10 * NS_PER_MS)

static struct clock_rates rates;
static uint64_t ns_per_tick; /* 32.32 fixed point; 0, and so time stands still, until calibrated */
static uint64_t entry_tsc;
static bool can_finish; /* clock_begin() has been here, clock_finish() has not */
static struct steady steady;

/* The wall clock was wall_s when the monotonic one was wall_ns (before the entry: negative). */
static uint64_t wall_s;
static int64_t wall_ns;
static const char *wall_source; /* NULL: not known, or not asked yet */
static uint64_t wall_tsc;
static bool was_asked; /* the RTC, for the time of day */

void clock_begin(const struct boot_info *bi)
{
	uint64_t now = rdtsc();

	/* A door that could not read the TSC leaves 0: then the kernel's entry is now. */
	entry_tsc = bi->entry_tsc != 0 && bi->entry_tsc <= now ? bi->entry_tsc : now;
	wall_s = bi->wall_clock_s;
	wall_tsc = bi->wall_clock_tsc;
	calibrate_begin();
	can_finish = true;
}

void clock_finish(void)
{
	if (!can_finish)
		return;
	/* Cleared first: a panic in there is reported too, and its report asks for the time. */
	can_finish = false;
	calibrate_finish(&rates);
	ns_per_tick = (NS_PER_S << 32) / rates.tsc_hz;
	if (cpu_features()->tsc_deadline)
		lapic_timer_deadline_mode();
	else
		lapic_timer_start(0);
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
	return (uint64_t)((unsigned __int128)ticks * ns_per_tick >> 32);
}

uint64_t clock_now_ns(void)
{
	int64_t ticks;

	if (UNLIKELY(can_finish))
		clock_finish();
	ticks = (int64_t)(rdtsc() - entry_tsc);
	return steady_now(&steady, LIKELY(ticks >= 0) ? (int64_t)ticks_to_ns((uint64_t)ticks)
						      : -(int64_t)ticks_to_ns((uint64_t)-ticks));
}

void clock_spin_us(uint32_t us)
{
	uint64_t end = clock_now_ns() + us * NS_PER_US;

	while (clock_now_ns() < end)
		cpu_pause();
}

void clock_timer_set(uint64_t at_ns, uint64_t now_ns)
{
	uint64_t delta_ns = at_ns > now_ns ? MIN(at_ns - now_ns, TIMER_NS_MAX) : 0;

	/* One tick more than the time takes, so that the deadline has passed when it wakes. */
	if (cpu_features()->tsc_deadline) {
		lapic_timer_deadline(rdtsc() + delta_ns * (rates.tsc_hz / 1000) / NS_PER_MS + 1);
	} else {
		uint64_t ticks = delta_ns * (rates.apic_hz / 1000) / NS_PER_MS + 1;
		lapic_timer_start((uint32_t)MIN(ticks, (uint64_t)LAPIC_TIMER_MAX));
	}
}

/* --- the wall clock ---------------------------------------------------------------------------- */

static void wall_from_firmware(void)
{
	uint64_t now = rdtsc();

	if (wall_s == 0 || wall_source != NULL)
		return;
	if (wall_tsc == 0 || wall_tsc > now)
		wall_tsc = entry_tsc;
	wall_ns = (int64_t)clock_now_ns() - (int64_t)ticks_to_ns(now - wall_tsc);
	wall_source = "firmware";
}

/* Once: what has been silent for longer than an update takes is not there, and whoever asks for the time
 * with every request is not to wait each time. */
static void wall_from_rtc(void)
{
	uint64_t end = clock_now_ns() + RTC_WAIT_NS;
	bool ok;

	if (wall_source != NULL || was_asked)
		return;
	was_asked = true;
	do
		ok = rtc_read(&wall_s);
	while (!ok && clock_now_ns() < end);
	if (ok) {
		wall_ns = (int64_t)clock_now_ns();
		wall_source = "RTC";
	}
}

uint64_t clock_unix_s(void)
{
	wall_from_firmware();
	wall_from_rtc();
	if (wall_source == NULL)
		return 0;
	return wall_s + (uint64_t)((int64_t)clock_now_ns() - wall_ns) / NS_PER_S;
}

/* --- jumps ------------------------------------------------------------------------------------- */

#define LOOK_NS NS_PER_S
#define APART_S 2

/* What the RTC read when the monotonic clock was `ns`; 0 seconds: not looked at yet. */
static struct {
	uint64_t rtc_s, ns;
} paired;

/* A machine whose RTC was silent is not asked again.  The first look only pairs the clocks. */
static bool rtc_parted(uint64_t now_ns)
{
	uint64_t rtc_s, expected_s = paired.rtc_s + (now_ns - paired.ns) / NS_PER_S;
	bool parted;

	if (now_ns - paired.ns < LOOK_NS || (was_asked && wall_source == NULL) || !rtc_read(&rtc_s))
		return false;
	parted = paired.rtc_s != 0 &&
		 (rtc_s > expected_s + APART_S || rtc_s + APART_S < expected_s);
	paired.rtc_s = rtc_s;
	paired.ns = now_ns;
	return parted;
}

bool clock_jumped(void)
{
	uint64_t now_ns = clock_now_ns();
	bool jumped = rtc_parted(now_ns) || steady.set_back;

	steady.set_back = false;
	return jumped;
}

/* --- events ------------------------------------------------------------------------------------ */

bool clock_firmware_us(uint64_t *us)
{
	clock_finish();
	if (rates.tsc_hz == 0 || entry_tsc / rates.tsc_hz >= FIRMWARE_S_MAX)
		return false;
	*us = ticks_to_ns(entry_tsc) / NS_PER_US;
	return true;
}

void clock_report(struct event_sink *events)
{
	clock_finish();
	/* The RTC is left alone until somebody asks for the time: it may have to be waited for. */
	wall_from_firmware();
	event_emit(events, EVENT_CLOCK, 0, 0, EV_U64("tsc_khz", rates.tsc_hz / 1000),
		   EV_U64("apic_khz", rates.apic_hz * 16 / 1000), EV_STR("source", rates.source),
		   EV_IF(wall_source != NULL, EV_U64("unix", clock_unix_s())),
		   EV_IF(wall_source != NULL, EV_STR("wall_source", wall_source)));
}
