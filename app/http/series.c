/*
 * The built-in application: fetches one URL, count= times, each with a connection of its own, and
 * says how that went.  The habits are httping's: GETs begin interval= seconds apart, or as soon as
 * the one before is done where that took longer; one that failed does not end the series; at the
 * end there are losses and times.  In between the machine is up and answers.
 *
 * The verdict is that of the first GET that did not pass, else of the last.  timeout= bounds all of
 * it: a series that it cuts short has timed out.
 */
#include "app/http/http_client.h"
#include "app/http/settings.h"
#include "app/http/tally.h"
#include "base/strbuf.h"

static uint64_t now(struct app_env *env)
{
	return env->machine.now_ns(env->machine.ctx);
}

static void keep_verdict(struct http_outcome *verdict, const struct http_outcome *outcome)
{
	if (verdict->report.exitcode != STATUS_OK)
		return;
	*verdict = *outcome;
	if (outcome->report.errormsg != NULL)
		verdict->report.errormsg = verdict->errormsg;
}

/* All GETs so far passed, and there is no time for the rest. */
static void time_ran_out(struct http_outcome *verdict, uint64_t after_ns, uint32_t done)
{
	struct strbuf sb = strbuf_on(verdict->errormsg, sizeof(verdict->errormsg));
	uint64_t ms = (after_ns + NS_PER_MS / 2) / NS_PER_MS;

	verdict->report.exitcode = STATUS_TIMED_OUT;
	verdict->report.errormsg = verdict->errormsg;
	strbuf_str(&sb, "timed out after ");
	strbuf_u64(&sb, ms / 1000);
	strbuf_char(&sb, '.');
	strbuf_u64_width(&sb, ms % 1000, 3, '0');
	strbuf_str(&sb, " s, with ");
	strbuf_u64(&sb, done);
	strbuf_str(&sb, " of ");
	strbuf_u64(&sb, http_settings.count);
	strbuf_str(&sb, " GETs done");
}

static void say_summary(struct app_env *env, const struct tally *tally)
{
	bool any = tally->ok > 0;

	event_emit(env->events, EVENT_HTTP_SUMMARY, 0, 0, EV_U64("count", http_settings.count),
		   EV_U64("sent", tally->sent), EV_U64("ok", tally->ok),
		   EV_U64("loss_percent", tally_loss_percent(tally)),
		   EV_IF(any, EV_SECONDS("time_min", tally->min_us * NS_PER_US)),
		   EV_IF(any, EV_SECONDS("time_avg", any ? tally_mean_ns(tally) : 0)),
		   EV_IF(any, EV_SECONDS("time_max", tally->max_us * NS_PER_US)),
		   EV_IF(any, EV_SECONDS("time_mdev", any ? tally_deviation_ns(tally) : 0)));
}

static void probe(struct app_env *env, struct tally *tally, struct http_outcome *verdict)
{
	static struct http_outcome outcome;
	unsigned number = http_settings.count > 1 ? tally->sent + 1 : 0;

	http_get(env, number, &outcome);
	if (outcome.report.exitcode == STATUS_OK)
		tally_ok(tally, outcome.report.time_total_ns);
	else
		tally_failed(tally);
	keep_verdict(verdict, &outcome);
}

static void run_series(struct app_env *env, struct http_outcome *verdict)
{
	struct tally tally = {0};
	uint64_t begun_ns = now(env), start_ns = begun_ns;

	for (;;) {
		probe(env, &tally, verdict);
		if (tally.sent == http_settings.count)
			break;
		start_ns = MAX(start_ns + http_settings.interval_ns, now(env));
		blocking_sleep_until(&env->machine, MIN(start_ns, env->deadline_ns));
		if (now(env) >= env->deadline_ns) {
			if (verdict->report.exitcode == STATUS_OK)
				time_ran_out(verdict, now(env) - begun_ns, tally.sent);
			break;
		}
	}
	if (http_settings.count > 1)
		say_summary(env, &tally);
}

enum status app_main(struct app_env *env)
{
	static struct http_outcome verdict;

	verdict.report.exitcode = STATUS_OK;
	run_series(env, &verdict);
	app_hold(env);
	sock_end_run(env->machine.stack, now(env));
	report_result(env->events, &verdict.report);
	return verdict.report.exitcode;
}
