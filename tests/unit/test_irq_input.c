/* SPDX-License-Identifier: MIT */
/*
 * Level-triggered inputs under the real halt (machine/idle.c): an input that stays asserted until its
 * devices are acknowledged, shared by two of them, neither storms nor loses anything.
 */
#include "kernel/console/console.h"
#include "kernel/irq/irq_halt.h"
#include "kernel/irq/irq_input.h"
#include "kernel/time/clock_timer.h"
#include "machine/idle.h"
#include "tests/lib/fake_machine.h"
#include "tests/runner/unit.h"

struct device {
	struct irq_source source; /* its driver */
	struct irq_sharer sharer;
	struct irq_line line;
	bool asserts;
	unsigned to_come;      /* more that it signals, each as soon as the last is acknowledged */
	unsigned wakes;        /* times that its driver found the line fired */
	unsigned acknowledged; /* times that it was asked */
	bool mute;             /* it asserts and nothing ends it, as with one that has no driver */
};

static struct device one, two;
static struct irq_input input;
static bool masked;
static uint64_t interrupts, timer_ns;
static unsigned fired, halts, timer_halts;
static void (*at_halt)(void); /* what happens while the machine is halted */

/* --- the controller and the CPU ------------------------------------------------------------------- */

static void mask(struct irq_input *in)
{
	assert_ptr_equal(in, &input);
	masked = true;
}

static void unmask(struct irq_input *in)
{
	assert_ptr_equal(in, &input);
	masked = false;
}

static const struct irq_input_ops controller = {.mask = mask, .unmask = unmask};

static bool is_pending(void)
{
	return !masked && (one.asserts || two.asserts);
}

/* As long as the input is asserted and not masked, the handler is entered again. */
static void let_in(void)
{
	unsigned n = 0;

	while (is_pending()) {
		irq_input_fired(&input);
		fired++;
		interrupts++;
		assert_true(++n < 10); /* else a storm */
	}
}

uint64_t irq_window(void)
{
	let_in();
	return interrupts;
}

void irq_halt(void)
{
	assert_true(++halts < 5000);
	if (!is_pending() && at_halt != NULL)
		at_halt();
	if (!is_pending()) {
		assert_true(timer_ns != TIME_NEVER); /* else it never wakes */
		fake_machine.now_ns = MAX(fake_machine.now_ns, timer_ns);
		timer_halts++;
	}
	let_in();
}

void clock_timer_set(uint64_t at_ns, uint64_t now_ns)
{
	(void)now_ns;
	timer_ns = at_ns;
}

enum console_progress console_drain_burst(void)
{
	return CONSOLE_EMPTY;
}

/* --- the devices and their drivers ---------------------------------------------------------------- */

static bool acknowledge(struct irq_sharer *sharer)
{
	struct device *d = CONTAINER_OF(sharer, struct device, sharer);

	d->acknowledged++;
	if (!d->asserts || d->mute)
		return false;
	d->asserts = d->to_come > 0;
	if (d->to_come > 0)
		d->to_come--;
	irq_line_fire(&d->line);
	return true;
}

static bool driver_poll(struct irq_source *source, uint64_t now_ns)
{
	struct device *d = CONTAINER_OF(source, struct device, source);
	bool something = irq_take(&d->line);

	(void)now_ns;
	d->wakes += something;
	return something;
}

static uint64_t driver_arm(struct irq_source *source, uint64_t now_ns)
{
	struct device *d = CONTAINER_OF(source, struct device, source);

	return d->line.fired != 0 ? now_ns : TIME_NEVER;
}

static void open_device(struct device *d)
{
	*d = (struct device){.source = {.poll = driver_poll, .arm = driver_arm},
			     .sharer = {.acknowledge = acknowledge}};
	irq_input_join(&input, &d->sharer);
	irq_line_share(&d->line, &d->source);
}

static void setup(void)
{
	fake_machine_reset();
	irq_unwatch(&input.source);
	irq_unwatch(&one.source);
	irq_unwatch(&two.source);
	masked = false;
	interrupts = fired = halts = timer_halts = 0;
	at_halt = NULL;
	irq_input_init(&input, &controller);
	assert_true(masked);
	open_device(&one);
	open_device(&two);
}

FIXTURE(setup, NULL);

/* Iterations of the event loop for a while. */
static void run_for(uint64_t ns)
{
	uint64_t end_ns = fake_machine.now_ns + ns;

	while (fake_machine.now_ns < end_ns) {
		if (!idle_poll())
			idle_until(end_ns);
	}
}

TEST(asserted_input_fires_once)
{
	run_for(NS_PER_MS);
	assert_false(masked); /* from the first arming on */
	one.asserts = true;
	run_for(NS_PER_MS);
	assert_int_equal(fired, 1);
	assert_int_equal(one.wakes, 1);
	assert_int_equal(one.line.count, 1);
	assert_false(one.asserts);
	assert_false(masked);
}

TEST(only_the_driver_of_the_device_that_signalled_is_woken)
{
	run_for(NS_PER_MS);
	two.asserts = true;
	run_for(NS_PER_MS);
	assert_int_equal(one.wakes, 0);
	assert_int_equal(two.wakes, 1);
	assert_true(one.acknowledged > 0);
	one.asserts = two.asserts = true;
	run_for(NS_PER_MS);
	assert_int_equal(fired, 2); /* one for both */
	assert_int_equal(one.wakes, 1);
	assert_int_equal(two.wakes, 2);
}

static void both_signal(void)
{
	if (halts < 100)
		one.asserts = two.asserts = true;
}

TEST(what_is_signalled_in_the_halt_ends_it)
{
	at_halt = both_signal;
	run_for(NS_PER_S);
	assert_int_equal(one.wakes, 99);
	assert_int_equal(two.wakes, 99);
	assert_int_equal(timer_halts, halts - 99);
}

/* Between being acknowledged and unmasked the device signals again: nothing is lost, and there is one
 * interrupt for each, not one after the other without end. */
TEST(what_is_signalled_while_it_is_masked_is_not_lost)
{
	run_for(NS_PER_MS);
	one.to_come = 20;
	one.asserts = true;
	run_for(NS_PER_MS);
	assert_int_equal(one.line.count, 21);
	assert_int_equal(one.wakes, 21);
	assert_false(one.asserts);
	assert_in_range(fired, 1, 21);
}

TEST(not_acknowledged_yet_forbids_the_halt)
{
	run_for(NS_PER_MS);
	halts = 0;
	assert_false(idle_poll());
	one.asserts = true;
	let_in(); /* behind the back of idle_until(), which would return because of it */
	assert_true(input.source.arm(&input.source, 5) <= 5);
	assert_true(masked);
	assert_true(input.source.poll(&input.source, 5));
	assert_true(input.source.arm(&input.source, 5) == TIME_NEVER);
	assert_false(masked);
}

/* The interface is set aside, and its device goes on: its neighbours on the line are not disturbed. */
TEST(device_without_a_driver_that_listens_is_acknowledged)
{
	irq_unwatch(&two.source);
	at_halt = both_signal;
	run_for(NS_PER_S);
	assert_int_equal(one.wakes, 99);
	assert_int_equal(two.wakes, 0);
	assert_int_equal(two.line.count, 99);
	assert_int_equal(fired, 99);
}

/* Something on the line that has no driver at all: the machine still halts, and asks by the clock. */
TEST(spurious_input_does_not_keep_the_machine_awake)
{
	two.mute = true;
	two.asserts = true;
	run_for(NS_PER_S);
	assert_in_range(fired, 100, 1000);
	assert_true(masked);
	halts = 0;
	run_for(NS_PER_S);
	assert_in_range(halts, 900, 1100); /* each millisecond */
	one.asserts = true;
	fired = 0;
	run_for(10 * NS_PER_MS);
	assert_int_equal(one.wakes, 1);
	/* It has gone quiet: interrupts again. */
	two.asserts = false;
	one.asserts = true;
	run_for(10 * NS_PER_MS);
	assert_int_equal(one.wakes, 2);
	assert_false(masked);
}
