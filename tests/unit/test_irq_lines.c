/* SPDX-License-Identifier: MIT */
/* kernel/irq_lines over an interrupt controller of the test's own. */
#include <string.h>

#include "kernel/irq/irq_lines.c"
#include "tests/runner/unit.h"

static void (*pending)(void); /* what irq_let_in() lets in */
static unsigned reports;
static uint64_t reported;

void irq_let_in(void)
{
	if (pending != NULL)
		pending();
	pending = NULL;
}

struct irq_message irq_message_of(unsigned number)
{
	return (struct irq_message){.address = 0xfee00000, .data = 100 + number};
}

void irq_watch(struct irq_source *source)
{
	source->next = source;
}

static void record(struct event_sink *sink, const struct event *ev)
{
	(void)sink;
	assert_int_equal(ev->id, EVENT_DROP);
	reports++;
	reported = ev->fields[1].u;
}

struct event_sink *log_sink(void)
{
	static struct event_sink sink = {.emit = record};

	return &sink;
}

static void clear(void)
{
	n_lines = 0;
	line_interrupts = spurious = 0;
	reports = 0;
}

FIXTURE(clear, NULL);

static void second_fires(void)
{
	irq_line_fired(1);
}

TEST(a_line_fires_its_own_flag)
{
	struct irq_source source = {0};
	struct irq_line a, b;

	assert_int_equal(irq_line_open(&a, &source), ERR_OK);
	assert_int_equal(irq_line_open(&b, &source), ERR_OK);
	assert_ptr_equal(source.next, &source);
	assert_int_equal(irq_line_message(&b).data, 101);
	pending = second_fires;
	assert_int_equal(irq_window(), 1);
	assert_true(irq_take(&b) && !irq_take(&b) && !irq_take(&a));
	assert_int_equal(b.count, 1);
	irq_input_counted();
	assert_int_equal(irq_window(), 2);
}

TEST(there_are_so_many_lines_and_no_more)
{
	struct irq_line line[IRQ_LINES + 1];
	struct irq_source source = {0}, late = {0};

	for (unsigned i = 0; i < IRQ_LINES; i++)
		assert_int_equal(irq_line_open(&line[i], &source), ERR_OK);
	assert_int_equal(irq_line_open(&line[IRQ_LINES], &late), ERR_NOSPC);
	assert_null(late.next);
}

/* One that was never opened is as spurious as one that nothing asked for; it ends no halt, and it is
 * reported once. */
TEST(spurious_interrupts_are_counted_and_reported_once)
{
	struct irq_source source = {0};
	struct irq_line line;

	assert_int_equal(irq_line_open(&line, &source), ERR_OK);
	pending = second_fires;
	irq_spurious();
	assert_int_equal(irq_window(), 0);
	assert_int_equal(reported, 2);
	pending = second_fires;
	assert_int_equal(irq_window(), 0);
	assert_int_equal(reports, 1);
	assert_false(irq_take(&line));
}
