/*
 * SPDX-License-Identifier: MIT
 *
 * Interrupts and the halt, as the CPU has them; machine/idle.c decides when.
 *
 * The interrupt flag is off except in irq_window() and irq_halt(): what a device signals meanwhile
 * waits in the local APIC, so nothing needs a lock, no code but the halt is ever interrupted, and
 * under load many messages cost one interrupt.  A wake-up cannot be lost: `sti` takes effect only
 * after the instruction behind it, so an interrupt that waits is delivered in the `hlt` and ends it.
 */
#include "kernel/irq.h"

#include "kernel/arch/x86_64/io.h"
#include "kernel/arch/x86_64/lapic.h"
#include "kernel/arch/x86_64/layout.h"
#include "kernel/irq_halt.h"
#include "log/log.h"

#define LINES (VECTOR_LINE_END - VECTOR_LINE_FIRST)
#define MSI_ADDRESS UINT64_C(0xfee00000)

static struct irq_line *lines[LINES];
static unsigned n_lines;
static volatile uint64_t line_interrupts; /* of all lines */
static volatile uint64_t strays;          /* interrupts with a vector that nobody has */

void irq_handle(uint64_t vector);

/* Called by traps.S. */
void irq_handle(uint64_t vector)
{
	/* SDM 11.9: a spurious interrupt is not acknowledged. */
	if (vector == VECTOR_SPURIOUS)
		return;
	if (vector >= VECTOR_LINE_FIRST && vector - VECTOR_LINE_FIRST < n_lines) {
		struct irq_line *line = lines[vector - VECTOR_LINE_FIRST];

		__atomic_store_n(&line->fired, 1, __ATOMIC_RELEASE);
		line->count++;
		line_interrupts++;
	} else if (vector != VECTOR_TIMER) {
		strays++;
	}
	lapic_eoi();
}

int irq_line_open(struct irq_line *line, struct irq_source *source)
{
	if (n_lines == LINES)
		return ERR_NOSPC;
	irq_watch(source);
	line->fired = 0;
	line->count = 0;
	line->vector = (uint8_t)(VECTOR_LINE_FIRST + n_lines);
	lines[n_lines++] = line;
	return ERR_OK;
}

/* SDM 11.11: fixed delivery, physical destination, edge. */
struct irq_message irq_line_message(const struct irq_line *line)
{
	return (struct irq_message){
		.address = MSI_ADDRESS | (lapic_id() & 0xff) << 12,
		.data = line->vector,
	};
}

/* Once: who sends one may send many. */
static void report_strays(void)
{
	static bool done;

	if (LIKELY(strays == 0) || done)
		return;
	done = true;
	event_emit(log_sink(), EVENT_DROP, 0, 0, EV_STR("counter", "interrupts of nobody's"),
		   EV_U64("count", strays));
}

uint64_t irq_window(void)
{
	__asm__ volatile("sti\n\tnop\n\tcli" : : : "memory");
	report_strays();
	return line_interrupts;
}

void irq_halt(void)
{
	__asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
