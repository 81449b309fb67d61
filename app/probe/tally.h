/*
 * SPDX-License-Identifier: MIT
 *
 * How a series of probes went: what ping and httping say at their end.  Times are kept in
 * microseconds, sums exactly; the division by the number of probes comes last.
 */
#ifndef APP_PROBE_TALLY_H
#define APP_PROBE_TALLY_H

#include "base/compiler.h"

struct tally {
	uint32_t sent, ok;
	uint64_t min_us, max_us, sum_us;      /* of those that were ok */
	uint64_t squares_low, squares_high;   /* sum of squares, in two words */
};

void tally_ok(struct tally *t, uint64_t time_ns);
void tally_failed(struct tally *t);

/* Of those sent, rounded up: 0 means that none was lost. */
unsigned tally_loss_percent(const struct tally *t);
/* The same in hundredths of a per cent, rounded to the nearest. */
unsigned tally_loss_hundredths(const struct tally *t);
/* Only where one was ok. */
uint64_t tally_mean_ns(const struct tally *t);
/* ping's mdev: the standard deviation, sqrt(mean of squares - square of mean). */
uint64_t tally_deviation_ns(const struct tally *t);

#endif
