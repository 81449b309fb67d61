/*
 * SPDX-License-Identifier: MIT
 *
 * The lines that message-signalled interrupts come in on; see kernel/irq/irq.h, kernel/irq/irq_handler.h.
 *
 * Interrupts are off except in irq_window() and irq_halt(): what a device signals meanwhile waits in the
 * interrupt controller, so nothing needs a lock, no code but the halt is ever interrupted, and under load
 * many messages cost one interrupt.
 */
#include "kernel/arch/irq.h"
#include "kernel/irq/irq_halt.h"
#include "kernel/irq/irq_handler.h"
#include "log/log.h"

static struct irq_line *lines[IRQ_LINES];
static unsigned n_lines;
static volatile uint64_t line_interrupts; /* of all lines and inputs */
static volatile uint64_t spurious;

void irq_line_fired(unsigned number)
{
	if (number >= n_lines) {
		irq_spurious();
		return;
	}
	irq_line_fire(lines[number]);
	line_interrupts++;
}

void irq_input_counted(void)
{
	line_interrupts++;
}

void irq_spurious(void)
{
	spurious++;
}

int irq_line_open(struct irq_line *line, struct irq_source *source)
{
	if (n_lines == IRQ_LINES)
		return ERR_NOSPC;
	irq_watch(source);
	line->fired = 0;
	line->count = 0;
	line->number = (uint8_t)n_lines;
	lines[n_lines++] = line;
	return ERR_OK;
}

struct irq_message irq_line_message(const struct irq_line *line)
{
	return irq_message_of(line->number);
}

/* Once: a device that sends one may send many. */
static void report_spurious(void)
{
	static bool done;

	if (LIKELY(spurious == 0) || done)
		return;
	done = true;
	event_emit(log_sink(), EVENT_DROP, 0, 0, EV_STR("counter", "interrupts of nobody's"),
		   EV_U64("count", spurious));
}

uint64_t irq_window(void)
{
	irq_let_in();
	report_spurious();
	return line_interrupts;
}
