/* SPDX-License-Identifier: MIT */
/* Trying again; see app/probe/retry.h. */
#include "app/probe/retry.h"

#define WAIT_FIRST_NS NS_PER_S
#define WAIT_MAX_NS (600 * NS_PER_S)

static bool passes_by_itself(unsigned http_code)
{
	static const uint16_t codes[] = {408, 429, 500, 502, 503, 504};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (codes[i] == http_code)
			return true;
	}
	return false;
}

static bool is_transient(const struct transfer *t, bool retry_refused)
{
	switch (t->report.exitcode) {
	case STATUS_TIMED_OUT:
	case STATUS_NAME_NOT_RESOLVED: return true;
	case STATUS_NO_ADDRESS: return t->env->platform->ip.way == CONFIG_IP_DHCP;
	case STATUS_COULD_NOT_CONNECT:
		return t->unresolved || (t->refused && retry_refused);
	case STATUS_HTTP_STATUS: return passes_by_itself(t->report.http_code);
	default: return false;
	}
}

static uint64_t wait_ns(const struct transfer *t, unsigned tries)
{
	uint64_t ns = WAIT_FIRST_NS << MIN(tries, 20u);

	/* RFC 9110 10.2.3 */
	if (t->report.exitcode == STATUS_HTTP_STATUS && t->retry_after_s > 0)
		return t->retry_after_s * NS_PER_S;
	return MIN(ns, WAIT_MAX_NS);
}

bool retry_wait(struct client *client, unsigned tries)
{
	const struct probe_settings *s = client->settings;
	const struct transfer *t = &client->transfer;
	struct app_env *env = client->env;
	uint64_t now_ns = transfer_now(t), ns;

	if (tries >= s->retry || !is_transient(t, s->retry_refused))
		return false;
	ns = wait_ns(t, tries);
	if (now_ns >= env->deadline_ns || ns >= env->deadline_ns - now_ns || client_is_over(client, now_ns + ns))
		return false;
	event_emit(env->events, EVENT_HTTP_RETRY, t->conn, 0, EV_U64("num_retries", tries + 1),
		   EV_U64("retry", s->retry), EV_SECONDS("seconds", ns),
		   EV_STR("problem", t->report.errormsg));
	progress_begin_wait(env->machine.progress, "waiting to try again", now_ns + ns, now_ns);
	while (transfer_now(t) < now_ns + ns && !client_is_over(client, transfer_now(t)))
		blocking_turn(&env->machine, now_ns + ns);
	progress_end(env->machine.progress);
	return !client_is_over(client, transfer_now(t));
}
