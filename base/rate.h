/*
 * SPDX-License-Identifier: MIT
 *
 * A rate limit in one word (the virtual-scheduling form of a token bucket): `burst` takings at
 * once, then one each `interval_ns`.  A zeroed struct is a full bucket.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include "base/compiler.h"

struct rate_limit {
	uint64_t empty_until_ns; /* when every token will be back */
};

static inline bool rate_take(struct rate_limit *r, uint64_t interval_ns, uint32_t burst,
			     uint64_t now_ns)
{
	uint64_t from = MAX(r->empty_until_ns, now_ns);

	if (from - now_ns > (burst - 1) * interval_ns)
		return false;
	r->empty_until_ns = from + interval_ns;
	return true;
}

#endif
