/* SPDX-License-Identifier: MIT */
/* Time goes on; see steady.h. */
#include "kernel/time/steady.h"

uint64_t steady_now(struct steady *s, int64_t counter_ns)
{
	uint64_t now_ns = (uint64_t)counter_ns + s->offset_ns;
	int64_t ahead_ns = (int64_t)(now_ns - s->last_ns);

	if (LIKELY(ahead_ns >= 0)) {
		s->last_ns = now_ns;
	} else if (ahead_ns < -(int64_t)NS_PER_S) {
		s->offset_ns += (uint64_t)-ahead_ns;
		s->set_back = true;
	}
	return s->last_ns;
}
