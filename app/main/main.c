/*
 * SPDX-License-Identifier: MIT
 *
 * The built-in application: carries the checks out (app/probe/series.h), and says how that went.
 *
 * With mode=server the machine answers requests all the while (app/server/), about its checks among
 * other things, and stays until hold= or requests= end that; the series ends with it, in order.
 */
#include "app/main/application.h"

struct application application;

static uint64_t app_now(const struct app_env *env)
{
	return env->machine.now_ns(env->machine.ctx);
}

/* --- a client ------------------------------------------------------------------------------------- */

static enum status be_client(struct application *a, struct app_env *env)
{
	const struct report *verdict = &a->series.verdict.report;

	series_run(&a->series);
	app_hold(env);
	sock_end_run(env->machine.stack, app_now(env));
	report_result(env->events, verdict);
	return verdict->exitcode;
}

/* --- a server ------------------------------------------------------------------------------------- */

static bool is_over(const void *ctx, uint64_t at_ns)
{
	const struct application *a = ctx;

	return server_is_over(&a->server, at_ns);
}

/* "timed out after 60.000 s, with 3 of 10 requests answered"; without checks of its own a server's
 * verdict is about that. */
static enum status report_server(const struct application *a, struct app_env *env, bool in_time)
{
	enum status status = in_time ? STATUS_OK : STATUS_TIMED_OUT;
	char problem[96];
	struct strbuf sb = strbuf_on(problem, sizeof(problem));

	report_put_timed_out(&sb, app_now(env) - a->series.begun_ns);
	strbuf_str(&sb, "with ");
	strbuf_u64(&sb, server_requests(&a->server));
	if (a->listens.requests > 0) {
		strbuf_str(&sb, " of ");
		strbuf_u64(&sb, a->listens.requests);
	}
	strbuf_str(&sb, " requests answered");
	if (check_count(&a->checks) > 0 && (in_time || series_failed(&a->series))) {
		report_result(env->events, &a->series.verdict.report);
		return a->series.verdict.report.exitcode;
	}
	report_served(env->events, status, problem, server_requests(&a->server));
	return status;
}

static enum status be_server(struct application *a, struct app_env *env)
{
	struct monitor *monitor = probe_monitor_begin(&a->monitor, &a->checks, &a->series.results);
	const char *problem;
	enum status status;
	bool in_time;

	if (!env->platform->timeout_given)
		env->deadline_ns = TIME_NEVER;
	status = server_begin(&a->server, env, &a->listens, monitor, &problem);
	if (status != STATUS_OK) {
		sock_end_run(env->machine.stack, app_now(env));
		report_failure(env->events, status, problem);
		return status;
	}
	a->series.client.is_over = is_over;
	a->series.client.is_over_ctx = a;
	series_run(&a->series);
	in_time = server_serve(&a->server);
	server_end(&a->server);
	sock_end_run(env->machine.stack, app_now(env));
	return report_server(a, env, in_time);
}

/* A server, a machine that is held, a series of rounds, and what is tried again. */
bool app_stays(const struct config_platform *platform)
{
	return server_is_wanted(&application.listens) || platform->hold_ns != 0 ||
	       application.checks.count != 1 || application.checks.retry > 0;
}

enum status app_main(struct app_env *env)
{
	struct application *a = &application;

	series_begin(&a->series, env, &a->checks);
	return server_is_wanted(&a->listens) ? be_server(a, env) : be_client(a, env);
}
