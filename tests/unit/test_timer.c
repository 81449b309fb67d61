/* SPDX-License-Identifier: MIT */
/* net/timer: order, moving, cancelling, timers that act on timers, and a random comparison. */
#include "net/timer.h"
#include "tests/runner/unit.h"

#define N 200

static struct timer_heap heap;
static struct timer timers[N];
static unsigned fired[N], n_fired, order[4 * N];

static void note(struct stack *stack, struct timer *t, uint64_t now_ns)
{
	unsigned i = (unsigned)(t - timers);

	(void)stack;
	(void)now_ns;
	assert_false(timer_is_set(t)); /* free to be set again */
	fired[i]++;
	order[n_fired++] = i;
}

static void setup(void)
{
	heap = (struct timer_heap){0};
	for (unsigned i = 0; i < N; i++) {
		timer_init(&timers[i], note);
		fired[i] = 0;
	}
	n_fired = 0;
}

FIXTURE(setup, NULL);

TEST(nothing_set_is_never)
{
	assert_true(timer_next_deadline(&heap) == TIME_NEVER);
	timer_run(&heap, NULL, TIME_NEVER - 1);
	timer_cancel(&heap, &timers[0]);
	timer_set(&heap, &timers[0], TIME_NEVER);
	assert_false(timer_is_set(&timers[0]));
	assert_null(heap.root);
}

TEST(fires_at_its_deadline_and_once)
{
	timer_set(&heap, &timers[0], 100);
	assert_true(timer_is_set(&timers[0]));
	assert_int_equal(timer_next_deadline(&heap), 100);
	timer_run(&heap, NULL, 99);
	assert_int_equal(n_fired, 0);
	timer_run(&heap, NULL, 100);
	timer_run(&heap, NULL, 200);
	assert_int_equal(fired[0], 1);
	assert_true(timer_next_deadline(&heap) == TIME_NEVER);
}

TEST(fires_in_order_of_deadlines)
{
	for (unsigned i = 0; i < N; i++)
		timer_set(&heap, &timers[i], (i * 7919) % N);
	timer_run(&heap, NULL, N);
	assert_int_equal(n_fired, N);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(order[i] * 7919 % N, i);
}

TEST(moving_earlier_and_later)
{
	timer_set(&heap, &timers[0], 100);
	timer_set(&heap, &timers[1], 200);
	timer_set(&heap, &timers[2], 300);
	timer_set(&heap, &timers[2], 50);
	timer_set(&heap, &timers[0], 400);
	assert_int_equal(timer_next_deadline(&heap), 50);
	timer_run(&heap, NULL, 300);
	assert_int_equal(n_fired, 2);
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 1);
	assert_int_equal(timer_next_deadline(&heap), 400);
}

/* --- timers that act on timers ------------------------------------------------------------------ */

static void set_myself_to_the_past(struct stack *stack, struct timer *t, uint64_t now_ns)
{
	note(stack, t, now_ns);
	timer_set(&heap, t, 1);
}

TEST(a_timer_fires_at_most_once_a_run)
{
	timer_init(&timers[0], set_myself_to_the_past);
	timer_set(&heap, &timers[0], 1);
	timer_run(&heap, NULL, 10);
	assert_int_equal(fired[0], 1);
	assert_int_equal(timer_next_deadline(&heap), 1);
	timer_run(&heap, NULL, 10);
	assert_int_equal(fired[0], 2);
}

static void cancel_one_move_two(struct stack *stack, struct timer *t, uint64_t now_ns)
{
	note(stack, t, now_ns);
	assert_int_equal(timer_next_deadline(&heap), 20); /* due, not fired yet */
	timer_cancel(&heap, &timers[1]);
	timer_set(&heap, &timers[2], 1000);
}

/* What one timer cancels does not fire, though both were due: its memory may be gone. */
TEST(firing_can_cancel_what_is_due_too)
{
	timer_init(&timers[0], cancel_one_move_two);
	timer_set(&heap, &timers[0], 10);
	timer_set(&heap, &timers[1], 20);
	timer_set(&heap, &timers[2], 30);
	timer_set(&heap, &timers[3], 40);
	timer_run(&heap, NULL, 50);
	assert_int_equal(fired[0], 1);
	assert_int_equal(fired[1], 0);
	assert_int_equal(fired[2], 0);
	assert_int_equal(fired[3], 1);
	assert_null(heap.due);
	assert_int_equal(timer_next_deadline(&heap), 1000);
	timer_run(&heap, NULL, 1000);
	assert_int_equal(fired[2], 1);
	assert_int_equal(fired[1], 0);
}

/* --- against a plain array ------------------------------------------------------------------------ */

static uint64_t seed = 1;

static unsigned random_below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

TEST(a_hundred_thousand_random_steps)
{
	uint64_t model[N];
	uint64_t now = 0;

	for (unsigned i = 0; i < N; i++)
		model[i] = TIME_NEVER;
	for (unsigned step = 0; step < 100000; step++) {
		unsigned i = random_below(N);
		uint64_t next = TIME_NEVER;

		switch (random_below(4)) {
		case 0:
		case 1:
			model[i] = now + random_below(1000);
			timer_set(&heap, &timers[i], model[i]);
			break;
		case 2:
			model[i] = TIME_NEVER;
			timer_cancel(&heap, &timers[i]);
			break;
		default:
			now += random_below(20);
			n_fired = 0;
			timer_run(&heap, NULL, now);
			for (unsigned j = 1; j < n_fired; j++)
				assert_true(model[order[j - 1]] <= model[order[j]]);
			for (unsigned j = 0; j < n_fired; j++) {
				assert_true(model[order[j]] <= now);
				model[order[j]] = TIME_NEVER;
			}
			break;
		}
		for (unsigned j = 0; j < N; j++)
			next = MIN(next, model[j]);
		assert_true(timer_next_deadline(&heap) == next);
	}
}
