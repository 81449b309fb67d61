/* SPDX-License-Identifier: MIT */
/* `transfer` and `result`; see app/report.h. */
#include "app/report.h"

static const char *outcome(const struct report *r)
{
	return r->exitcode == STATUS_OK ? "ok" : "failed";
}

/* A second's worth; curl gives the mean of the whole transfer, too. */
static uint64_t speed(uint64_t size, uint64_t ns)
{
	uint64_t us = MAX(ns / NS_PER_US, (uint64_t)1);

	return size / us * 1000000 + size % us * 1000000 / us;
}

/* Both events carry the same fields in the same order. */
static void send_report(struct event_sink *events, enum event_id id, uint32_t conn,
			const struct report *r)
{
	bool has_code = r->http_code != 0;
	bool refused = r->exitcode != STATUS_OK && r->refused.count > 0;
	char why[REFUSED_TEXT_MAX];
	const char version[] = {'1', '.', (char)('0' + r->version_minor)};
	const struct event_field fields[] = {
		EV_U64("exitcode", r->exitcode),
		EV_STR("outcome", outcome(r)),
		EV_IF(r->errormsg != NULL, EV_STR("errormsg", r->errormsg)),
		EV_IF(refused, EV_U64("refused", r->refused.count)),
		EV_IF(refused, EV_STR("refused_why", refused_why(why, &r->refused))),
		EV_IF(r->failed_step != 0, EV_U64("failed_step", r->failed_step)),
		EV_IF(r->probe != 0, EV_U64("probe", r->probe)),
		EV_IF(r->method != NULL, EV_STR("method", r->method)),
		EV_IF(r->check != NULL, EV_STR("check", r->check)),
		EV_STR("url", r->url),
		EV_IF(r->url_effective != NULL, EV_STR("url_effective", r->url_effective)),
		EV_U64("urlnum", r->urlnum),
		EV_IF(r->scheme != NULL, EV_STR("scheme", r->scheme)),
		EV_U64("http_code", r->http_code),
		EV_IF(has_code, EV_U64("response_code", r->http_code)),
		EV_IF(has_code, EV_TEXT("http_version", version, sizeof(version))),
		EV_IF(r->content_type.len > 0,
		      EV_TEXT("content_type", r->content_type.ptr, r->content_type.len)),
		EV_U64("size_request", r->size_request),
		EV_U64("size_upload", r->size_upload),
		EV_U64("size_header", r->size_header),
		EV_U64("size_download", r->size_download),
		EV_U64("speed_upload", speed(r->size_upload, r->time_total_ns)),
		EV_U64("speed_download", speed(r->size_download, r->time_total_ns)),
		EV_IF(r->has_remote, EV_ADDR("remote_ip", r->remote.addr)),
		EV_IF(r->has_remote && r->remote.port != 0, EV_U64("remote_port", r->remote.port)),
		EV_IF(r->has_local, EV_ADDR("local_ip", r->local.addr)),
		EV_IF(r->has_local && r->local.port != 0, EV_U64("local_port", r->local.port)),
		EV_SECONDS("time_namelookup", r->time_namelookup_ns),
		EV_SECONDS("time_connect", r->time_connect_ns),
		EV_SECONDS("time_appconnect", r->time_appconnect_ns),
		EV_SECONDS("time_pretransfer", r->time_pretransfer_ns),
		EV_SECONDS("time_starttransfer", r->time_starttransfer_ns),
		EV_SECONDS("time_redirect", r->time_redirect_ns),
		EV_SECONDS("time_total", r->time_total_ns),
		EV_U64("num_connects", r->num_connects),
		EV_U64("num_headers", r->num_headers),
		EV_U64("num_redirects", r->num_redirects),
		EV_U64("num_retries", r->num_retries),
		EV_IF(r->has_idle, EV_SECONDS("time_idle", r->time_idle_ns)),
		EV_IF(r->redirect_url != NULL, EV_STR("redirect_url", r->redirect_url)),
	};
	const struct event ev = {
		.id = id, .conn = conn, .n_fields = ARRAY_LEN(fields), .fields = fields};

	event_send(events, &ev);
}

void report_transfer(struct event_sink *events, uint32_t conn, const struct report *r)
{
	send_report(events, EVENT_TRANSFER, conn, r);
}

void report_result(struct event_sink *events, const struct report *r)
{
	send_report(events, EVENT_RESULT, 0, r);
}

void report_failure(struct event_sink *events, enum status status, const char *message)
{
	report_failed_wait(events, status, message, NULL);
}

void report_failed_wait(struct event_sink *events, enum status status, const char *message,
			const struct refused *refused)
{
	bool any = refused != NULL && refused->count > 0;
	char why[REFUSED_TEXT_MAX];

	event_emit(events, EVENT_RESULT, 0, 0, EV_U64("exitcode", status), EV_STR("outcome", "failed"),
		   EV_STR("errormsg", message), EV_IF(any, EV_U64("refused", refused->count)),
		   EV_IF(any, EV_STR("refused_why", refused_why(why, refused))));
}

void report_served(struct event_sink *events, enum status status, const char *problem,
		   uint64_t requests)
{
	bool good = status == STATUS_OK;

	event_emit(events, EVENT_RESULT, 0, 0, EV_U64("exitcode", status),
		   EV_STR("outcome", good ? "ok" : "failed"), EV_U64("requests", requests),
		   EV_IF(!good, EV_STR("errormsg", good ? "" : problem)));
}

void report_put_timed_out(struct strbuf *sb, uint64_t ns)
{
	uint64_t ms = (ns + NS_PER_MS / 2) / NS_PER_MS;

	strbuf_str(sb, "timed out after ");
	strbuf_u64(sb, ms / 1000);
	strbuf_char(sb, '.');
	strbuf_u64_width(sb, ms % 1000, 3, '0');
	strbuf_str(sb, " s, ");
}

unsigned report_step_after(unsigned last)
{
	if (last >= 16)
		return 0;
	/* Between 8 and 12 the server is at work, which only the server can tell. */
	return last >= 8 && last < 12 ? 12 : last + 1;
}
