/*
 * SPDX-License-Identifier: MIT
 *
 * Test application: an event `random` twice a second with bytes that were drawn then and the stack
 * protector's value, for seconds=N, so that machines can be compared.
 */
#include "app/app.h"
#include "app/report.h"

#define PAUSE_NS (NS_PER_S / 2)

static uint64_t duration_ns;

const struct config_key *app_config_keys(size_t *count)
{
	static const struct config_key keys[] = {
		{"seconds", "seconds above 0, decimals allowed", "1", "how long to draw",
		 config_set_seconds_above_0, &duration_ns, NULL, 0},
	};

	duration_ns = NS_PER_S;
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

/* Where gcc's stack protector reads it on x86-64. */
static uint64_t canary(void)
{
	uint64_t value;

	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(value));
	return value;
}

static void draw(struct app_env *env, uint64_t n)
{
	struct machine *m = &env->machine;
	uint64_t value = canary();
	uint8_t drawn[16];

	m->random(m->ctx, drawn, sizeof(drawn));
	event_emit(env->events, EVENT_RANDOM, 0, 0, EV_U64("n", n),
		   EV_HEX("drawn", drawn, sizeof(drawn)),
		   EV_HEX("canary", &value, sizeof(value)));
}

enum status app_main(struct app_env *env)
{
	struct machine *m = &env->machine;
	struct report report = {.method = "DRAW", .url = "random:"};
	uint64_t start = m->now_ns(m->ctx);

	for (uint64_t at = 0; at < duration_ns; at += PAUSE_NS) {
		blocking_sleep_until(m, start + at);
		draw(env, at / PAUSE_NS);
	}
	report.time_total_ns = m->now_ns(m->ctx) - start;
	report_result(env->events, &report);
	return report.exitcode;
}
