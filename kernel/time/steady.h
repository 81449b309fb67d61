/*
 * SPDX-License-Identifier: MIT
 *
 * A monotonic clock on a counter that may be set back: a snapshot or a migration can do that.  Pure.
 */
#ifndef KERNEL_TIME_STEADY_H
#define KERNEL_TIME_STEADY_H

#include "base/compiler.h"

struct steady {
	uint64_t last_ns;   /* what was returned last */
	uint64_t offset_ns; /* between the counter and the clock: grows where the counter is set back */
	bool set_back;      /* it was, by more than a second; for the caller to clear */
};

/* The time, never less than last time, where the counter has `counter_ns` now.  A counter that is up to
 * a second behind is waited for; where it is further behind time goes on from the last one returned. */
uint64_t steady_now(struct steady *s, int64_t counter_ns);

#endif
