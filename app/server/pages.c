/*
 * SPDX-License-Identifier: MIT
 *
 * The pages: / for people, /metrics for Prometheus, /healthz for probes of liveness.
 * The first is one piece of HTML that fetches nothing else; what others have said (a target's URL) is
 * escaped.
 */
#include "app/server/internal.h"
#include "base/string.h"
#include "net/counters.h"

static const char page_begin[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>dialtone</title>\n"
	"<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\">\n"
	"<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:44em;"
	"margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
	"padding:.25em .5em;border-bottom:1px solid #8884}td+td{font-variant-numeric:tabular-nums;"
	"text-align:right}code{overflow-wrap:anywhere}.bad{color:#c22;font-weight:bold}</style></head>\n"
	"<body><h1>dialtone</h1>\n<p>A machine without an operating system, and its own TCP/IP stack "
	"answered this request. <a href=\"/metrics\">metrics</a>, <a href=\"/healthz\">healthz</a></p>\n"
	"<table>\n";

static void append_html(struct strbuf *sb, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<': strbuf_str(sb, "&lt;"); break;
		case '>': strbuf_str(sb, "&gt;"); break;
		case '&': strbuf_str(sb, "&amp;"); break;
		case '"': strbuf_str(sb, "&quot;"); break;
		default: strbuf_char(sb, *text); break;
		}
	}
}

static void begin_row(struct strbuf *sb, const char *name)
{
	strbuf_str(sb, "<tr><td>");
	append_html(sb, name);
	strbuf_str(sb, "</td><td>");
}

static void end_row(struct strbuf *sb)
{
	strbuf_str(sb, "</td></tr>\n");
}

static void row_u64(struct strbuf *sb, const char *name, uint64_t value, const char *unit)
{
	begin_row(sb, name);
	strbuf_u64(sb, value);
	strbuf_str(sb, unit);
	end_row(sb);
}

static void append_ms(struct strbuf *sb, uint64_t ns)
{
	strbuf_u64(sb, ns / NS_PER_MS);
	strbuf_char(sb, '.');
	strbuf_u64(sb, ns % NS_PER_MS / (NS_PER_MS / 10));
	strbuf_str(sb, " ms");
}

static void write_about(struct strbuf *sb, const struct view *v)
{
	const struct server *s = v->server;

	begin_row(sb, "version");
	append_html(sb, DIALTONE_VERSION);
	end_row(sb);
	begin_row(sb, "address");
	strbuf_endpoint(sb, &v->local);
	end_row(sb);
	begin_row(sb, "up for");
	strbuf_seconds(sb, v->now_ns);
	strbuf_str(sb, " s");
	end_row(sb);
	if (v->unix_s != 0) {
		begin_row(sb, "time");
		http_date_write(sb, v->unix_s);
		end_row(sb);
	}
	if (v->has_memory)
		row_u64(sb, "memory available", v->memory_available / 1024, " KiB");
	row_u64(sb, "connections", s->connections, "");
	row_u64(sb, "requests answered before this one", s->requests, "");
	row_u64(sb, "bytes sent", s->bytes_out, "");
}

static void write_check(struct strbuf *sb, const struct monitor_check *check)
{
	strbuf_str(sb, "<tr><td><code>");
	append_html(sb, check->name);
	strbuf_str(sb, "</code></td><td>");
	if (check->runs == 0) {
		strbuf_str(sb, "not yet");
	} else if (check->status == STATUS_OK) {
		strbuf_str(sb, "ok, ");
		append_ms(sb, check->time_ns);
	} else {
		strbuf_str(sb, "<span class=\"bad\">failed, status ");
		strbuf_u64(sb, check->status);
		strbuf_str(sb, "</span>");
	}
	strbuf_str(sb, "</td><td>");
	if (check->runs > 0) {
		strbuf_u64(sb, check->failures);
		strbuf_str(sb, " of ");
		strbuf_u64(sb, check->runs);
		strbuf_str(sb, " failed");
	}
	end_row(sb);
}

static void write_checks(struct strbuf *sb, struct monitor *m)
{
	struct monitor_check check;

	for (unsigned i = 0; m != NULL && m->check(m, i, &check); i++) {
		if (i == 0)
			strbuf_str(sb, "</table>\n<h2>Probes</h2>\n<table>\n");
		write_check(sb, &check);
	}
}

static void write_counters(struct strbuf *sb, const struct stack *stack)
{
	struct net_counter_walk walk = {0};
	const char *name;
	uint64_t value;

	strbuf_str(sb, "</table>\n<h2>The stack has counted</h2>\n<table>\n");
	while (net_counter_next(stack, &walk, &name, &value)) {
		if (value > 0)
			row_u64(sb, name, value, "");
	}
}

static void write_home(struct strbuf *sb, const struct view *view)
{
	strbuf_str(sb, page_begin);
	write_about(sb, view);
	write_checks(sb, view->server->monitor);
	write_counters(sb, view->server->m->stack);
	strbuf_str(sb, "</table></body></html>\n");
}

static void write_health(struct strbuf *sb, const struct view *view)
{
	(void)view;
	strbuf_str(sb, "ok\n");
}

static const struct page pages[] = {
	{"/", "text/html; charset=utf-8", write_home},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_write},
	{"/healthz", "text/plain; charset=utf-8", write_health},
};

const struct page *page_find(const char *path, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		if (strlen(pages[i].path) == len && memcmp(pages[i].path, path, len) == 0)
			return &pages[i];
	}
	return NULL;
}
