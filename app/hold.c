/* SPDX-License-Identifier: MIT */
/* hold=: the machine stays up after the work is done; see app/app.h.  The time does not count
 * against timeout=. */
#include "app/app.h"

void app_hold(struct app_env *env)
{
	struct machine *m = &env->machine;
	uint64_t hold_ns = env->platform->hold_ns;

	if (hold_ns == 0)
		return;
	event_emit(env->events, EVENT_HOLD, 0, 0, EV_SECONDS("seconds", hold_ns));
	blocking_sleep_until(m, m->now_ns(m->ctx) + hold_ns);
}
