/*
 * SPDX-License-Identifier: MIT
 *
 * How fast do the CPU's counter and its timer count?  Measured against a counter of known speed, for an
 * architecture whose clock_rates_begin() (kernel/arch/clock.h) cannot simply read it.
 */
#ifndef KERNEL_TIME_CALIBRATE_H
#define KERNEL_TIME_CALIBRATE_H

#include "kernel/arch/clock.h"

#define COUNTER_HZ_MAX UINT64_C(20000000000)
#define CALIBRATION_WRAPPED UINT32_MAX /* from a reference that knows that it has */

struct calibration_reference {
	const char *name; /* for clock_rates.source */
	uint32_t hz;
	uint32_t mask;          /* of the bits that count */
	uint32_t (*read)(void); /* counts up, or CALIBRATION_WRAPPED */
	void (*restart)(void);  /* for one that runs out; NULL: it runs for ever */
};

struct calibration_sample {
	uint64_t counter, width; /* at the reading of the reference, and the bracket around it */
	uint32_t reference;
	uint64_t timer_counter, timer_width; /* the same for the reading of the timer */
	uint32_t timer;
};

/* The architecture fills everything but `first`. */
struct calibration {
	const struct calibration_reference *reference; /* NULL: none works, or none is needed */
	struct clock_rates known; /* what need not be measured; 0: unknown.  Without a reference one is not */
	uint32_t (*timer_count)(void); /* counts up, at the rate that becomes timer_hz */
	void (*timer_restart)(void);
	struct calibration_sample first;
};

/* True where it counts at all. */
bool calibration_reference_moves(const struct calibration_reference *r);
/* Takes the first sample. */
void calibration_begin(struct calibration *c);
/* A millisecond after it or later: takes others until they are far enough apart.  false: something has
 * stopped. */
bool calibration_finish(struct calibration *c, struct clock_rates *rates) MUST_CHECK;

#endif
