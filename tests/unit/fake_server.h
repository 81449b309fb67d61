/*
 * SPDX-License-Identifier: MIT
 *
 * A server (app/server/server.h) that follows a script, for tests of what the client does beside it:
 * it is over at a certain time, and was asked so many requests by then.
 */
#ifndef TESTS_UNIT_FAKE_SERVER_H
#define TESTS_UNIT_FAKE_SERVER_H

#include "app/server/server.h"

static struct fake_server {
	/* the script */
	enum status begin_result;
	uint64_t over_at_ns, requests;

	/* what happened */
	struct app_env *env;
	unsigned is_known_to_be_over;
	bool begun, ended;
} fake_server;

static uint64_t fake_server_run(struct background *background, uint64_t now_ns)
{
	(void)background;
	if (now_ns < fake_server.over_at_ns)
		return fake_server.over_at_ns;
	/* Whoever waits is woken once, to look. */
	return fake_server.is_known_to_be_over++ == 0 ? now_ns : TIME_NEVER;
}

enum status server_begin(struct server *s, struct app_env *env, const struct server_settings *settings,
			 struct monitor *monitor, const char **problem)
{
	static struct background background = {.run = fake_server_run};

	(void)s;
	(void)settings;
	(void)monitor;
	fake_server.env = env;
	*problem = "there is no such place to listen";
	if (fake_server.begin_result != STATUS_OK)
		return fake_server.begin_result;
	fake_server.begun = true;
	env->machine.background = &background;
	return STATUS_OK;
}

bool server_is_over(const struct server *s, uint64_t at_ns)
{
	(void)s;
	return at_ns >= fake_server.over_at_ns;
}

bool server_serve(struct server *s)
{
	struct app_env *env = fake_server.env;

	while (!server_is_over(s, env->machine.now_ns(env->machine.ctx))) {
		if (env->machine.now_ns(env->machine.ctx) >= env->deadline_ns)
			return false;
		blocking_turn(&env->machine, env->deadline_ns);
	}
	return true;
}

void server_end(struct server *s)
{
	(void)s;
	fake_server.ended = true;
	fake_server.env->machine.background = NULL;
}

uint64_t server_requests(const struct server *s)
{
	(void)s;
	return fake_server.requests;
}

#endif
