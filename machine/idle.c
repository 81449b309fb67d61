/*
 * SPDX-License-Identifier: MIT
 *
 * When the machine may halt; see idle.h.  This file holds the only halt of a running machine, and it
 * is right behind the arming of all sources.
 */
#include "machine/idle.h"

#include "kernel/time/clock.h"
#include "kernel/time/clock_timer.h"
#include "kernel/console/console.h"
#include "kernel/irq/irq_halt.h"
#include "kernel/irq/irq_source.h"

/* How soon to check again a serial port that takes no more bytes: it does not interrupt. */
#define CONSOLE_RETRY_NS (1 * NS_PER_MS)

static uint64_t seen; /* interrupts before the last poll */
static uint64_t halted_ns;

bool idle_poll(void)
{
	seen = irq_window();
	return irq_poll_sources(clock_now_ns());
}

static void halt(uint64_t wake_ns, uint64_t now_ns)
{
	clock_timer_set(wake_ns, now_ns);
	irq_halt();
	halted_ns += clock_now_ns() - now_ns;
}

void idle_until(uint64_t deadline_ns)
{
	for (;;) {
		enum console_progress console = console_drain_burst();
		uint64_t interrupts = irq_window();
		uint64_t now_ns = clock_now_ns();
		uint64_t wake_ns;

		if (interrupts != seen || now_ns >= deadline_ns)
			return;
		if (console == CONSOLE_SENT)
			continue;
		/* What a source asks for becomes the deadline: asked again after a halt it would
		 * move on. */
		wake_ns = irq_arm_sources(now_ns);
		deadline_ns = MIN(deadline_ns, wake_ns);
		if (now_ns >= deadline_ns)
			return;
		wake_ns = deadline_ns;
		if (console == CONSOLE_BLOCKED)
			wake_ns = MIN(wake_ns, now_ns + CONSOLE_RETRY_NS);
		halt(wake_ns, now_ns);
	}
}

uint64_t idle_total_ns(void)
{
	return halted_ns;
}
