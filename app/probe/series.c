/* SPDX-License-Identifier: MIT */
/* Rounds of checks; see app/probe/series.h. */
#include "app/probe/series.h"

#include "base/strbuf.h"
#include "base/string.h"

static uint64_t series_now(const struct series *s)
{
	return s->client.env->machine.now_ns(s->client.env->machine.ctx);
}

static bool is_out_of_time(const struct series *s)
{
	return series_now(s) >= s->client.env->deadline_ns;
}

static bool failed(const struct transfer *t)
{
	return t->report.exitcode != STATUS_OK;
}

static unsigned n_checks(const struct series *s)
{
	return check_count(s->client.settings);
}

static bool is_endless(const struct series *s)
{
	return s->client.settings->count == HTTP_COUNT_ENDLESS;
}

/* "with 2 of 9 GETs done"; where there are several checks, they are counted. */
static void append_done(struct strbuf *sb, const struct series *s)
{
	bool is_url = n_checks(s) == 1 && check_is_url(s->client.settings, 0);

	strbuf_u64(sb, s->done);
	if (!is_endless(s)) {
		strbuf_str(sb, " of ");
		strbuf_u64(sb, s->client.settings->count * n_checks(s));
	}
	strbuf_char(sb, ' ');
	strbuf_str(sb, is_url ? http_method_name(probe_method(s->client.settings)) : "check");
	strbuf_str(sb, "s done");
}

/* All checks so far passed, and there is no time for the rest. */
static void time_ran_out(struct series *s)
{
	struct transfer *t = &s->verdict;
	struct strbuf sb;

	if (failed(t))
		return;
	sb = transfer_fail(t, STATUS_TIMED_OUT, "");
	report_put_timed_out(&sb, series_now(s) - s->begun_ns);
	strbuf_str(&sb, "with ");
	append_done(&sb, s);
}

static void log_summary(struct series *s, unsigned check)
{
	const struct tally *tally = &s->tally[check];
	bool any = tally->ok > 0, several = n_checks(s) > 1;

	event_emit(s->client.env->events, EVENT_HTTP_SUMMARY, 0, 0,
		   EV_IF(several, EV_STR("url", check_name(s->client.settings, check, s->name, sizeof(s->name)))),
		   EV_U64("count", is_endless(s) ? tally->sent : s->client.settings->count),
		   EV_U64("sent", tally->sent), EV_U64("ok", tally->ok),
		   EV_U64("loss_percent", tally_loss_percent(tally)),
		   EV_HUNDREDTHS("loss", tally_loss_hundredths(tally)),
		   EV_SECONDS("time_total", series_now(s) - s->begun_ns),
		   EV_IF(any, EV_SECONDS("time_min", tally->min_us * NS_PER_US)),
		   EV_IF(any, EV_SECONDS("time_avg", any ? tally_mean_ns(tally) : 0)),
		   EV_IF(any, EV_SECONDS("time_max", tally->max_us * NS_PER_US)),
		   EV_IF(any, EV_SECONDS("time_mdev", any ? tally_deviation_ns(tally) : 0)));
}

/* The next URL that may go over the same connection; CHECKS_MAX: none. */
static unsigned next_url(const struct series *s, unsigned check)
{
	unsigned next = check + 1;

	if (s->client.settings->keepalive == HTTP_KEEP_NEVER)
		return CHECKS_MAX;
	if (next == n_checks(s)) {
		if (s->client.settings->keepalive != HTTP_KEEP_ALWAYS || s->rounds + 1 == s->client.settings->count)
			return CHECKS_MAX;
		next = 0;
	}
	while (next < n_checks(s) && !check_is_url(s->client.settings, next))
		next++;
	return next < n_checks(s) ? next : CHECKS_MAX;
}

static void run_check(struct series *s, unsigned check)
{
	const struct transfer *t = &s->client.transfer;
	unsigned probe = s->client.settings->count > 1 ? s->rounds + 1 : 0;

	check_run(&s->client, check, probe, next_url(s, check));
	probes_note(&s->results, check, t);
	if (failed(t))
		tally_failed(&s->tally[check]);
	else
		tally_ok(&s->tally[check], check_time_ns(&s->client, check, &t->report));
	if (!failed(&s->verdict))
		transfer_copy(&s->verdict, t);
	s->done++;
}

/* No more rounds: the machine is not staying any longer. */
static bool is_over(const struct series *s)
{
	return client_is_over(&s->client, series_now(s));
}

/* False: time was up before its end. */
static bool run_round(struct series *s)
{
	for (unsigned check = 0; check < n_checks(s); check++) {
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

	/* A run that stays does so for hours, and its rounds are its signs of life. */
	if (s->client.is_over == NULL)
		progress_begin_wait(m->progress, "waiting for the next round", start_ns, series_now(s));
	while (series_now(s) < until_ns && !is_over(s))
		blocking_turn(m, until_ns);
	progress_end(m->progress);
}

static void run_rounds(struct series *s)
{
	uint64_t start_ns = s->begun_ns;

	while (run_round(s)) {
		if (s->rounds == s->client.settings->count || is_over(s))
			return;
		start_ns = MAX(start_ns + s->client.settings->interval_ns, series_now(s));
		wait_for_round(s, start_ns);
		if (is_over(s))
			return;
		if (is_out_of_time(s))
			break;
	}
	time_ran_out(s);
}

void series_run(struct series *s)
{
	if (n_checks(s) == 0)
		return;
	run_rounds(s);
	check_end(&s->client);
	for (unsigned check = 0; check < n_checks(s) && s->client.settings->count > 1; check++)
		log_summary(s, check);
}

void series_begin(struct series *s, struct app_env *env, const struct probe_settings *settings)
{
	memset(s, 0, offsetof(struct series, client.exchange));
	client_begin(&s->client, env, settings);
	s->begun_ns = series_now(s);
}

bool series_failed(const struct series *s)
{
	return failed(&s->verdict);
}
