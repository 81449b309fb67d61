/* SPDX-License-Identifier: MIT */
/* The halt and its sources, one rule at a time; all orders together are in test_halt.c. */
#include "kernel/time/clock_timer.h"
#include "kernel/console/console.h"
#include "machine/idle.h"
#include "kernel/irq/irq.h"
#include "kernel/irq/irq_halt.h"
#include "tests/lib/fake_machine.h"
#include "tests/runner/unit.h"

struct device {
	struct irq_source source;
	unsigned polls, arms;
	bool something;      /* what poll finds, each time */
	unsigned there;      /* arms that find something */
	uint64_t interval_ns; /* what arm asks for, from now on; 0: TIME_NEVER */
};

static struct device one, two;
static uint64_t interrupts, timer_ns;
static unsigned halts, arms_at_halt[2];
static unsigned interrupt_at_halt; /* the halt that an interrupt ends */
static enum console_progress console[8];
static unsigned console_at;

static bool device_poll(struct irq_source *source, uint64_t now_ns)
{
	struct device *d = CONTAINER_OF(source, struct device, source);

	(void)now_ns;
	d->polls++;
	return d->something;
}

static uint64_t device_arm(struct irq_source *source, uint64_t now_ns)
{
	struct device *d = CONTAINER_OF(source, struct device, source);

	d->arms++;
	if (d->there > 0) {
		d->there--;
		return now_ns;
	}
	return d->interval_ns == 0 ? TIME_NEVER : now_ns + d->interval_ns;
}

uint64_t irq_window(void)
{
	return interrupts;
}

void irq_halt(void)
{
	/* Right before each halt, both. */
	assert_int_equal(one.arms, ++arms_at_halt[0]);
	assert_int_equal(two.arms, ++arms_at_halt[1]);
	halts++;
	assert_true(halts < 100);
	if (halts == interrupt_at_halt)
		interrupts++;
	else
		fake_machine.now_ns = MAX(fake_machine.now_ns, timer_ns);
}

void clock_timer_set(uint64_t at_ns, uint64_t now_ns)
{
	(void)now_ns;
	timer_ns = at_ns;
}

enum console_progress console_drain_burst(void)
{
	return console_at < ARRAY_LEN(console) ? console[console_at++] : CONSOLE_EMPTY;
}

static void setup(void)
{
	static const struct device device = {.source = {.poll = device_poll, .arm = device_arm}};

	irq_unwatch(&one.source);
	irq_unwatch(&two.source);
	fake_machine_reset();
	one = two = device;
	irq_watch(&one.source);
	irq_watch(&two.source);
	irq_watch(&one.source); /* twice is once */
	interrupts = 7;
	halts = arms_at_halt[0] = arms_at_halt[1] = interrupt_at_halt = 0;
	console_at = 0;
	for (size_t i = 0; i < ARRAY_LEN(console); i++)
		console[i] = CONSOLE_EMPTY;
}

FIXTURE(setup, NULL);

TEST(every_source_is_polled_and_armed)
{
	assert_false(idle_poll());
	interrupt_at_halt = 1;
	idle_until(TIME_NEVER);
	assert_int_equal(halts, 1);
	assert_true(timer_ns == TIME_NEVER);
	assert_int_equal(one.polls, 1);
	assert_int_equal(two.polls, 1);
	/* Each that has something is something. */
	two.something = true;
	assert_true(idle_poll());
	two.something = false;
	one.something = true;
	assert_true(idle_poll());
}

TEST(what_any_source_has_forbids_the_halt)
{
	assert_false(idle_poll());
	one.there = 1;
	idle_until(TIME_NEVER);
	two.there = 1;
	idle_until(TIME_NEVER);
	assert_int_equal(halts, 0);
	assert_int_equal(one.arms, 2); /* also where an earlier one had something */
	assert_int_equal(two.arms, 2);
}

TEST(interrupt_since_the_poll_forbids_the_halt)
{
	assert_false(idle_poll());
	interrupts++;
	idle_until(TIME_NEVER);
	assert_int_equal(halts, 0);
}

/* Of the caller, or of a source; a source's is not put off by being asked again. */
TEST(the_nearest_deadline_ends_it)
{
	uint64_t start = fake_machine.now_ns;

	assert_false(idle_poll());
	idle_until(start + NS_PER_S);
	assert_int_equal(halts, 1);
	assert_in_range(fake_machine.now_ns - start, NS_PER_S, NS_PER_S + NS_PER_MS);
	start = fake_machine.now_ns;
	two.interval_ns = NS_PER_MS;
	idle_until(start + NS_PER_S);
	assert_int_equal(halts, 2);
	assert_in_range(fake_machine.now_ns - start, NS_PER_MS, 2 * NS_PER_MS);
	idle_until(start);
	assert_int_equal(halts, 2);
}

/* A serial port that takes nothing is looked at each millisecond, and nothing is forgotten over it. */
TEST(a_blocked_console_ends_no_wait)
{
	uint64_t start = fake_machine.now_ns;

	console[0] = console[1] = console[3] = CONSOLE_BLOCKED;
	console[2] = CONSOLE_SENT;
	two.interval_ns = 10 * NS_PER_MS;
	assert_false(idle_poll());
	idle_until(TIME_NEVER);
	assert_int_equal(halts, 4);
	assert_in_range(fake_machine.now_ns - start, 10 * NS_PER_MS, 11 * NS_PER_MS);
}

TEST(source_that_is_not_watched_is_left_alone)
{
	irq_unwatch(&one.source);
	one.something = true;
	one.there = 1;
	assert_false(idle_poll());
	assert_int_equal(one.polls, 0);
	two.there = 1;
	idle_until(TIME_NEVER);
	assert_int_equal(one.arms, 0);
	assert_int_equal(two.arms, 1);
}

