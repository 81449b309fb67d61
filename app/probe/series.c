/*
 * SPDX-License-Identifier: MIT
 *
 * The built-in application: carries the checks out (check.h), count= rounds of them, and says how
 * that went.  The habits are httping's: rounds begin interval= seconds apart, or as soon as the one
 * before is done where that took longer; a check that failed does not end the series; at the end
 * there are losses and times for each of them.  In between the machine is up and answers.
 *
 * A round begins with new connections, unless keepalive=yes; within a round one is kept for the next
 * URL of the same host, unless keepalive=never.
 *
 * The verdict is that of the first check that did not pass, else of the last.  timeout= bounds all
 * of it: a series that it cuts short has timed out.
 *
 * With mode=server the machine answers requests all the while (app/server/), about its checks among
 * other things, and stays until hold= or requests= end that; the series ends with it, in order.
 */
#include "app/probe/check.h"
#include "app/probe/settings.h"
#include "app/probe/tally.h"
#include "app/probe/results.h"
#include "app/server/server.h"
#include "app/server/settings.h"
#include "base/strbuf.h"
#include "base/string.h"

struct series {
	struct client client;
	struct transfer verdict;
	struct tally tally[CHECKS_MAX];
	uint64_t begun_ns;
	uint32_t rounds; /* done */
	uint32_t done;   /* checks of all rounds */
};

static uint64_t now(const struct series *s)
{
	return s->client.env->machine.now_ns(s->client.env->machine.ctx);
}

static bool is_out_of_time(const struct series *s)
{
	return now(s) >= s->client.env->deadline_ns;
}

static bool failed(const struct transfer *t)
{
	return t->report.exitcode != STATUS_OK;
}

static bool is_endless(void)
{
	return http_settings.count == HTTP_COUNT_ENDLESS;
}

/* "with 2 of 9 GETs done"; where there are several checks, they are counted. */
static void put_done(struct strbuf *sb, const struct series *s)
{
	bool is_url = check_count() == 1 && check_is_url(0);

	strbuf_u64(sb, s->done);
	if (!is_endless()) {
		strbuf_str(sb, " of ");
		strbuf_u64(sb, http_settings.count * check_count());
	}
	strbuf_char(sb, ' ');
	strbuf_str(sb, is_url ? http_method_name(http_settings_method()) : "check");
	strbuf_str(sb, "s done");
}

/* All checks so far passed, and there is no time for the rest. */
static void time_ran_out(struct series *s)
{
	struct transfer *t = &s->verdict;
	uint64_t ms = (now(s) - s->begun_ns + NS_PER_MS / 2) / NS_PER_MS;
	struct strbuf sb;

	if (failed(t))
		return;
	sb = transfer_fail(t, STATUS_TIMED_OUT, "timed out after ");
	strbuf_u64(&sb, ms / 1000);
	strbuf_char(&sb, '.');
	strbuf_u64_width(&sb, ms % 1000, 3, '0');
	strbuf_str(&sb, " s, with ");
	put_done(&sb, s);
}

static void say_summary(const struct series *s, unsigned check)
{
	static char name[CONFIG_TEXT_MAX];
	const struct tally *tally = &s->tally[check];
	bool any = tally->ok > 0, several = check_count() > 1;

	event_emit(s->client.env->events, EVENT_HTTP_SUMMARY, 0, 0,
		   EV_IF(several, EV_STR("url", check_name(check, name, sizeof(name)))),
		   EV_U64("count", is_endless() ? tally->sent : http_settings.count),
		   EV_U64("sent", tally->sent), EV_U64("ok", tally->ok),
		   EV_U64("loss_percent", tally_loss_percent(tally)),
		   EV_HUNDREDTHS("loss", tally_loss_hundredths(tally)),
		   EV_SECONDS("time_total", now(s) - s->begun_ns),
		   EV_IF(any, EV_SECONDS("time_min", tally->min_us * NS_PER_US)),
		   EV_IF(any, EV_SECONDS("time_avg", any ? tally_mean_ns(tally) : 0)),
		   EV_IF(any, EV_SECONDS("time_max", tally->max_us * NS_PER_US)),
		   EV_IF(any, EV_SECONDS("time_mdev", any ? tally_deviation_ns(tally) : 0)));
}

/* The next URL that may go over the same connection; CHECKS_MAX: none. */
static unsigned next_url(const struct series *s, unsigned check)
{
	unsigned next = check + 1;

	if (http_settings.keepalive == HTTP_KEEP_NEVER)
		return CHECKS_MAX;
	if (next == check_count()) {
		if (http_settings.keepalive != HTTP_KEEP_ALWAYS || s->rounds + 1 == http_settings.count)
			return CHECKS_MAX;
		next = 0;
	}
	while (next < check_count() && !check_is_url(next))
		next++;
	return next < check_count() ? next : CHECKS_MAX;
}

static void run_check(struct series *s, unsigned check)
{
	const struct transfer *t = &s->client.transfer;
	unsigned probe = http_settings.count > 1 ? s->rounds + 1 : 0;

	check_run(&s->client, check, probe, next_url(s, check));
	probes_note(check, t);
	if (failed(t))
		tally_failed(&s->tally[check]);
	else
		tally_ok(&s->tally[check], check_time_ns(check, &t->report));
	if (!failed(&s->verdict))
		transfer_copy(&s->verdict, t);
	s->done++;
}

/* No more rounds: the machine is not staying any longer. */
static bool is_over(const struct series *s)
{
	return server_is_over(now(s));
}

/* False: time was up before its end. */
static bool run_round(struct series *s)
{
	for (unsigned check = 0; check < check_count(); check++) {
		if (check > 0 && is_out_of_time(s))
			return false;
		run_check(s, check);
	}
	s->rounds++;
	return true;
}

static void wait_for_round(struct series *s, uint64_t start_ns)
{
	struct machine *m = &s->client.env->machine;
	uint64_t until_ns = MIN(start_ns, s->client.env->deadline_ns);

	/* Who stays does so for hours, and its rounds are its signs of life. */
	if (!server_is_wanted())
		progress_begin_wait(m->progress, "waiting for the next round", start_ns, now(s));
	while (now(s) < until_ns && !is_over(s))
		blocking_turn(m, until_ns);
	progress_end(m->progress);
}

static void run_series(struct series *s)
{
	uint64_t start_ns = s->begun_ns;

	while (run_round(s)) {
		if (s->rounds == http_settings.count || is_over(s))
			return;
		start_ns = MAX(start_ns + http_settings.interval_ns, now(s));
		wait_for_round(s, start_ns);
		if (is_over(s))
			return;
		if (is_out_of_time(s))
			break;
	}
	time_ran_out(s);
}

static void run_checks(struct series *s)
{
	if (check_count() == 0)
		return;
	run_series(s);
	check_end(&s->client);
	for (unsigned check = 0; check < check_count() && http_settings.count > 1; check++)
		say_summary(s, check);
}

/* --- a client ------------------------------------------------------------------------------------- */

static enum status be_client(struct series *s)
{
	struct app_env *env = s->client.env;

	run_checks(s);
	app_hold(env);
	sock_end_run(env->machine.stack, now(s));
	report_result(env->events, &s->verdict.report);
	return s->verdict.report.exitcode;
}

/* --- a server ------------------------------------------------------------------------------------- */

/* "timed out after 60.000 s, with 3 of 10 requests answered"; without checks of its own a server's
 * verdict is about that. */
static enum status report_server(struct series *s, bool in_time)
{
	uint64_t ms = (now(s) - s->begun_ns + NS_PER_MS / 2) / NS_PER_MS;
	enum status status = in_time ? STATUS_OK : STATUS_TIMED_OUT;
	char problem[96];
	struct strbuf sb = strbuf_on(problem, sizeof(problem));

	strbuf_str(&sb, "timed out after ");
	strbuf_u64(&sb, ms / 1000);
	strbuf_char(&sb, '.');
	strbuf_u64_width(&sb, ms % 1000, 3, '0');
	strbuf_str(&sb, " s, with ");
	strbuf_u64(&sb, server_requests());
	if (server_settings.requests > 0) {
		strbuf_str(&sb, " of ");
		strbuf_u64(&sb, server_settings.requests);
	}
	strbuf_str(&sb, " requests answered");
	if (check_count() > 0 && (in_time || failed(&s->verdict))) {
		report_result(s->client.env->events, &s->verdict.report);
		return s->verdict.report.exitcode;
	}
	report_served(s->client.env->events, status, problem, server_requests());
	return status;
}

static enum status be_server(struct series *s)
{
	struct app_env *env = s->client.env;
	const char *problem;
	enum status status;
	bool in_time;

	if (!env->platform->timeout_given)
		env->deadline_ns = TIME_NEVER;
	probes_reset();
	status = server_begin(env, &problem);
	if (status != STATUS_OK) {
		sock_end_run(env->machine.stack, now(s));
		report_failure(env->events, status, problem);
		return status;
	}
	run_checks(s);
	in_time = server_serve();
	server_end();
	sock_end_run(env->machine.stack, now(s));
	return report_server(s, in_time);
}

/* A server, a machine that is held, a series of rounds, and what is tried again. */
bool app_stays(const struct config_platform *platform)
{
	return server_is_wanted() || platform->hold_ns != 0 || http_settings.count != 1 ||
	       http_settings.retry > 0;
}

enum status app_main(struct app_env *env)
{
	static struct series series;
	struct series *s = &series;

	memset(s, 0, sizeof(*s));
	s->client.env = env;
	s->begun_ns = now(s);
	show_begin(&s->client.show, env->events);
	return server_is_wanted() ? be_server(s) : be_client(s);
}
