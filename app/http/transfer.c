/* SPDX-License-Identifier: MIT */
/* The frame of a transfer; see app/http/transfer.h. */
#include "app/http/transfer.h"

#include "base/string.h"

uint64_t transfer_now(const struct transfer *t)
{
	return t->m->now_ns(t->m->ctx);
}

uint64_t transfer_elapsed(const struct transfer *t)
{
	return transfer_now(t) - t->start_ns;
}

static uint64_t idle(const struct transfer *t)
{
	return t->m->idle_ns != NULL ? t->m->idle_ns(t->m->ctx) : 0;
}

void transfer_begin(struct transfer *t, struct http_client *client, struct connection *connection,
		    uint64_t deadline_ns, const char *url, size_t len)
{
	struct strbuf sb = strbuf_on(t->url, sizeof(t->url));

	config_show(&sb, CONFIG_SECRET_URL, url, len);
	t->client = client;
	t->env = client->env;
	t->m = &t->env->machine;
	t->events = t->env->events;
	t->connection = connection;
	t->deadline_ns = deadline_ns;
	t->start_ns = transfer_now(t);
	t->start_idle_ns = idle(t);
	t->conn = 0;
	t->retry_after_s = 0;
	t->reused = t->refused = t->unresolved = false;
	t->report = (struct report){.url = t->url};
}

/* What a machine without an address ends with, whatever it tries. */
static bool is_the_networks(enum status status)
{
	switch (status) {
	case STATUS_NAME_NOT_RESOLVED:
	case STATUS_COULD_NOT_CONNECT:
	case STATUS_PARTIAL_BODY:
	case STATUS_TIMED_OUT:
	case STATUS_EMPTY_REPLY:
	case STATUS_SEND_FAILED:
	case STATUS_RECEIVE_FAILED: return true;
	default: return false;
	}
}

bool transfer_failed_by_network(const struct transfer *t)
{
	return t->report.exitcode == STATUS_NO_ADDRESS || is_the_networks(t->report.exitcode);
}

static void blame_lack_of_address(struct transfer *t)
{
	const char *why = NULL;

	if (t->env->no_address != NULL && is_the_networks(t->report.exitcode))
		why = t->env->no_address(t->m->ctx);
	if (why == NULL)
		return;
	(void)transfer_fail(t, STATUS_NO_ADDRESS, why);
	t->report.refused = (struct refused){0}; /* what the sentence says is the network's */
	if (t->env->refused != NULL)
		refused_merge(&t->report.refused, t->env->refused(t->m->ctx));
}

void transfer_end(struct transfer *t)
{
	blame_lack_of_address(t);
	t->report.time_total_ns = transfer_elapsed(t);
	t->report.has_idle = t->m->idle_ns != NULL;
	t->report.time_idle_ns = idle(t) - t->start_idle_ns;
	report_transfer(t->events, t->conn, &t->report);
}

void transfer_copy(struct transfer *dst, const struct transfer *src)
{
	*dst = *src;
	dst->report.url = dst->url;
	if (src->report.url_effective == src->url)
		dst->report.url_effective = dst->url;
	else if (src->report.url_effective != NULL)
		dst->report.url_effective = dst->url_effective;
	if (src->report.redirect_url != NULL)
		dst->report.redirect_url = dst->redirect_url;
	dst->report.content_type.ptr = dst->content_type;
	if (src->report.errormsg != NULL)
		dst->report.errormsg = dst->errormsg;
}

struct strbuf transfer_fail(struct transfer *t, enum status status, const char *sentence)
{
	struct strbuf sb = strbuf_on(t->errormsg, sizeof(t->errormsg));

	t->report.exitcode = status;
	t->report.errormsg = t->errormsg;
	strbuf_str(&sb, sentence);
	return sb;
}

struct strbuf transfer_fail_timed_out(struct transfer *t)
{
	struct strbuf sb = transfer_fail(t, STATUS_TIMED_OUT, "");

	report_put_timed_out(&sb, transfer_elapsed(t));
	return sb;
}

void transfer_begin_wait(const struct transfer *t,
			 void (*describe)(const void *ctx, struct progress_line *line),
			 const void *ctx, uint64_t deadline_ns)
{
	const struct progress_work work = {
		.describe = describe, .ctx = ctx, .deadline_ns = deadline_ns};

	progress_begin(t->m->progress, &work, transfer_now(t));
}

void transfer_end_wait(const struct transfer *t)
{
	progress_end(t->m->progress);
}

void transfer_clear_failure(struct transfer *t)
{
	t->refused = t->unresolved = false;
	t->report.refused = (struct refused){0};
	t->report.exitcode = STATUS_OK;
	t->report.errormsg = NULL;
	t->report.failed_step = 0;
}
