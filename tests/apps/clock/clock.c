/*
 * SPDX-License-Identifier: MIT
 *
 * Test application: an event `tick` every tenth of a second by the machine's own clock, for
 * seconds=N, so that whoever reads the console can hold them against the host's clock.
 */
#include "app/app.h"
#include "app/report.h"

#define TICK_NS (NS_PER_S / 10)

static uint64_t duration_ns;

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"seconds", "seconds above 0, decimals allowed", "2", "how long to tick",
		 config_set_seconds_above_0, &duration_ns, NULL, 0},
	};

	duration_ns = 2 * NS_PER_S;
	*count = ARRAY_LEN(keys);
	return keys;
}

unsigned app_config_check(struct event_sink *events)
{
	(void)events;
	return 0;
}

enum status app_check(struct event_sink *events)
{
	(void)events;
	return STATUS_OK;
}

bool app_stays(const struct config_platform *platform)
{
	(void)platform;
	return false;
}

enum status app_main(struct app_env *env)
{
	struct machine *m = &env->machine;
	struct report report = {.method = "TICK", .url = "clock:"};
	uint64_t start = m->now_ns(m->ctx);

	for (uint64_t at = 0; at <= duration_ns; at += TICK_NS) {
		blocking_sleep_until(m, start + at);
		event_emit(env->events, EVENT_TICK, 0, 0, EV_U64("n", at / TICK_NS),
			   EV_SECONDS("time_since_start", m->now_ns(m->ctx) - start));
		/* A turn without sleep lets the console send it now. */
		m->turn(m->ctx, m->now_ns(m->ctx));
	}
	report.time_total_ns = m->now_ns(m->ctx) - start;
	report_result(env->events, &report);
	return report.exitcode;
}
