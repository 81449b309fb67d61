/*
 * SPDX-License-Identifier: MIT
 *
 * A host may take the CPU away at any moment.  So each sample brackets the reference between two
 * readings of the counter and counts only as exact as its bracket is wide; of several the tightest is
 * kept, and the second sample is repeated until the brackets are small against the time between them.
 * When that takes too long, or a counter may have wrapped, all begins anew and half as much is asked for.
 * Every loop is bounded: an absent device reads all ones for ever.
 */
#include "kernel/time/calibrate.h"

#include "kernel/arch/cpu.h"

#define FIRST_TRIES 4
#define EXACTNESS 256u     /* brackets are at most 1/256 of the time between the samples */
#define SPAN_DIVISOR 1000  /* which is 1 ms at least */
#define GIVE_UP_DIVISOR 25 /* and 40 ms at most: what is not exact by then never will be */
#define TRIES_MAX 50000
/* Samples so far apart may have a wrap of the reference between them: of the ACPI PM timer, which takes
 * 4.7 s; no counter above 15 MHz counts fewer in that time. */
#define STALE_COUNT (UINT64_C(1) << 26)

/* A counter that is there has moved after some microseconds. */
bool calibration_reference_moves(const struct calibration_reference *r)
{
	uint32_t start = r->read();

	for (unsigned i = 0; i < 100; i++) {
		if (r->read() != start)
			return true;
	}
	return false;
}

/* Keeps the tighter of the bracket in `s` and a new one, for each of the two counters. */
static void sample_improve(const struct calibration *c, struct calibration_sample *s)
{
	uint64_t t0 = cpu_counter(), t1, t2;
	uint32_t ref = 0, timer;

	if (c->reference != NULL)
		ref = c->reference->read();
	t1 = cpu_counter();
	timer = c->timer_count();
	t2 = cpu_counter();
	if (t1 - t0 < s->width) {
		s->width = t1 - t0;
		s->counter = t0 + s->width / 2;
		s->reference = ref;
	}
	if (t2 - t1 < s->timer_width) {
		s->timer_width = t2 - t1;
		s->timer_counter = t1 + s->timer_width / 2;
		s->timer = timer;
	}
}

static struct calibration_sample sample_fresh(const struct calibration *c)
{
	struct calibration_sample s = {.width = UINT64_MAX, .timer_width = UINT64_MAX};

	sample_improve(c, &s);
	return s;
}

/* Time between the first sample and a later one, in ticks of `*hz` per second, by the best measure there
 * is. */
static uint64_t span(const struct calibration *c, const struct calibration_sample *b, uint64_t *hz)
{
	const struct calibration_sample *a = &c->first;

	if (c->reference != NULL) {
		*hz = c->reference->hz;
		return (b->reference - a->reference) & c->reference->mask;
	}
	if (c->known.counter_hz != 0) {
		*hz = c->known.counter_hz;
		return b->counter - a->counter;
	}
	*hz = c->known.timer_hz;
	return (uint32_t)(b->timer - a->timer);
}

static bool exact(const struct calibration_sample *a, const struct calibration_sample *b,
		  unsigned exactness)
{
	return a->reference != CALIBRATION_WRAPPED && b->reference != CALIBRATION_WRAPPED &&
	       (a->width + b->width) / 2 <= (b->counter - a->counter) / exactness &&
	       (a->timer_width + b->timer_width) / 2 <=
		       (b->timer_counter - a->timer_counter) / exactness;
}

static void first_sample(struct calibration *c)
{
	c->timer_restart();
	c->first = sample_fresh(c);
	for (unsigned i = 1; i < FIRST_TRIES; i++)
		sample_improve(c, &c->first);
}

static void begin_anew(struct calibration *c)
{
	if (c->reference != NULL && c->reference->restart != NULL) {
		c->reference->restart();
		(void)calibration_reference_moves(c->reference);
	}
	first_sample(c);
}

/* False: that cannot be. */
static bool rates_between(const struct calibration *c, const struct calibration_sample *b,
			  struct clock_rates *rates)
{
	const struct calibration_sample *a = &c->first;
	uint64_t hz, ticks = span(c, b, &hz), timer_counter = b->timer_counter - a->timer_counter;

	if (c->reference != NULL) {
		rates->counter_hz = (b->counter - a->counter) * hz / ticks;
		rates->source = c->reference->name;
	} else if (rates->counter_hz == 0) {
		rates->counter_hz = timer_counter * hz / ticks;
	}
	/* No lower bound as for what is stated: an emulator's counter may be its host's slow timer. */
	if (rates->counter_hz == 0 || rates->counter_hz > COUNTER_HZ_MAX)
		return false;
	if (rates->timer_hz == 0)
		rates->timer_hz =
			(uint32_t)(b->timer - a->timer) * rates->counter_hz / timer_counter;
	return rates->timer_hz != 0;
}

/* Takes second samples until one is far enough from the first and exact; false: none was. */
static bool measure(const struct calibration *c, struct clock_rates *rates, unsigned exactness)
{
	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		struct calibration_sample last = sample_fresh(c);
		uint64_t hz, ticks = span(c, &last, &hz);

		*rates = c->known;
		/* Asked only once, so that a host that hardly ever lets us run gets a clock too. */
		if (exactness == EXACTNESS && last.counter - c->first.counter > STALE_COUNT)
			return false;
		if (ticks >= hz / SPAN_DIVISOR * exactness / EXACTNESS &&
		    exact(&c->first, &last, exactness))
			return rates_between(c, &last, rates);
		if (ticks >= hz / GIVE_UP_DIVISOR || last.reference == CALIBRATION_WRAPPED)
			return false;
	}
	return false;
}

void calibration_begin(struct calibration *c)
{
	first_sample(c);
}

bool calibration_finish(struct calibration *c, struct clock_rates *rates)
{
	*rates = c->known;
	if (rates->counter_hz != 0 && rates->timer_hz != 0)
		return true;
	for (unsigned exactness = EXACTNESS; exactness > 0; exactness /= 2) {
		if (measure(c, rates, exactness))
			return true;
		begin_anew(c);
	}
	return false;
}
