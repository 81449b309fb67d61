/*
 * SPDX-License-Identifier: MIT
 *
 * The monotonic clock on the CPU's counter, and the wall clock as an offset to it.
 */
#include "kernel/time/clock.h"

#include "kernel/arch/clock.h"
#include "kernel/arch/cpu.h"
#include "kernel/time/clock_timer.h"
#include "kernel/time/steady.h"

/* Longer waits are split: the halt's loop sets the timer again. */
#define TIMER_NS_MAX (30 * NS_PER_S)
#define FIRMWARE_S_MAX 600 /* a counter that counted longer did not start with this machine */
#define RTC_WAIT_NS (10 * NS_PER_MS)

static struct clock_rates rates;
static uint64_t ns_per_tick; /* 32.32 fixed point; 0, and so time stands still, until calibrated */
static uint64_t entry_counter;
static bool can_finish; /* clock_begin() has been here, clock_finish() has not */
static struct steady steady;

/* The wall clock was wall_s when the monotonic one was wall_ns (before the entry: negative). */
static uint64_t wall_s;
static int64_t wall_ns;
static const char *wall_source; /* NULL: not known, or not asked yet */
static uint64_t wall_counter;
static bool was_asked; /* the RTC, for the time of day */

void clock_begin(const struct boot_info *bi)
{
	uint64_t now = cpu_counter();

	/* Entry code that could not read the counter leaves 0: then the kernel's entry is now. */
	entry_counter = bi->entry_counter != 0 && bi->entry_counter <= now ? bi->entry_counter : now;
	wall_s = bi->wall_clock_s;
	wall_counter = bi->wall_clock_counter;
	clock_rates_begin();
	can_finish = true;
}

void clock_finish(void)
{
	if (!can_finish)
		return;
	/* Cleared first: a panic in there is reported too, and its report asks for the time. */
	can_finish = false;
	clock_rates_finish(&rates);
	ns_per_tick = (NS_PER_S << 32) / rates.counter_hz;
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
	ticks = (int64_t)(cpu_counter() - entry_counter);
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
	timer_start(at_ns > now_ns ? MIN(at_ns - now_ns, TIMER_NS_MAX) : 0);
}

/* --- the wall clock ---------------------------------------------------------------------------- */

static void wall_from_firmware(void)
{
	uint64_t now = cpu_counter();

	if (wall_s == 0 || wall_source != NULL)
		return;
	if (wall_counter == 0 || wall_counter > now)
		wall_counter = entry_counter;
	wall_ns = (int64_t)clock_now_ns() - (int64_t)ticks_to_ns(now - wall_counter);
	wall_source = "firmware";
}

/* Once: what has been silent for longer than an update takes is not there, and a caller that asks for the time
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

/* What the RTC read when the monotonic clock was `ns`; 0 seconds: not read yet. */
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
	if (rates.counter_hz == 0 || entry_counter / rates.counter_hz >= FIRMWARE_S_MAX)
		return false;
	*us = ticks_to_ns(entry_counter) / NS_PER_US;
	return true;
}

void clock_report(struct event_sink *events)
{
	clock_finish();
	/* The RTC is left alone until the time is asked for: it may have to be waited for. */
	wall_from_firmware();
	event_emit(events, EVENT_CLOCK, 0, 0, EV_U64("tsc_khz", rates.counter_hz / 1000),
		   EV_U64("apic_khz", rates.timer_hz / 1000), EV_STR("source", rates.source),
		   EV_IF(wall_source != NULL, EV_U64("unix", clock_unix_s())),
		   EV_IF(wall_source != NULL, EV_STR("wall_source", wall_source)));
}
