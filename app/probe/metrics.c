/*
 * SPDX-License-Identifier: MIT
 *
 * The checks that this machine makes, under the names that blackbox_exporter gave such things, so that
 * dashboards and alerts made for that one work; `target` tells several apart.  All are about the latest
 * time a check was made, and agree with the `transfer` in the log.  What blackbox_exporter has no name
 * for begins with dialtone_probe.
 */
#include "app/metrics_text.h"
#include "app/probe/monitor.h"
#include "base/string.h"

#define FNV_OFFSET UINT32_C(2166136261) /* draft-eastlake-fnv, 32 bits */
#define FNV_PRIME UINT32_C(16777619)

enum kind { KIND_HTTP = 1, KIND_TCP = 2, KIND_ICMP = 4, KIND_ANY = 7 };

static enum kind kind_of(const struct report *r)
{
	if (r->check == NULL)
		return KIND_HTTP;
	return strcmp(r->check, "ping") == 0 ? KIND_ICMP : KIND_TCP;
}

static uint64_t between(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static uint64_t duration(const struct report *r)
{
	return r->time_redirect_ns + r->time_total_ns;
}

/* --- one value each ----------------------------------------------------------------------------- */

static void append_success(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.exitcode == STATUS_OK);
}

static void append_duration(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_seconds(sb, duration(&p->report));
}

static void append_lookup(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_seconds(sb, p->report.time_namelookup_ns);
}

static void append_protocol(struct strbuf *sb, const struct probe_result *p)
{
	if (!p->report.has_remote)
		strbuf_char(sb, '0');
	else
		strbuf_char(sb, p->report.remote.addr.family == NET_FAMILY_IPV6 ? '6' : '4');
}

/* FNV-1a over the address in network order, as blackbox_exporter has it. */
static void append_address_hash(struct strbuf *sb, const struct probe_result *p)
{
	const struct net_addr *addr = &p->report.remote.addr;
	size_t len = addr->family == NET_FAMILY_IPV6 ? 16 : 4;
	uint32_t hash = FNV_OFFSET;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ addr->bytes[i]) * FNV_PRIME;
	strbuf_u64(sb, p->report.has_remote ? hash : 0);
}

static void append_code(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.http_code);
}

static void append_content_length(struct strbuf *sb, const struct probe_result *p)
{
	if (p->report.http_code == 0)
		strbuf_char(sb, '0');
	else if (p->report.has_content_length)
		strbuf_u64(sb, p->report.content_length);
	else
		strbuf_str(sb, "-1");
}

static void append_last_modified(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.last_modified_s);
}

static bool has_last_modified(const struct probe_result *p)
{
	return p->report.has_last_modified;
}

static void append_hop_limit(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.reply_ttl);
}

static bool has_hop_limit(const struct probe_result *p)
{
	return p->report.reply_ttl != 0;
}

static void append_body_length(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.size_download);
}

static void append_redirects(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.num_redirects);
}

static void append_version(struct strbuf *sb, const struct probe_result *p)
{
	if (p->report.http_code == 0) {
		strbuf_char(sb, '0');
		return;
	}
	strbuf_str(sb, "1.");
	strbuf_u64(sb, p->report.version_minor);
}

static void append_ssl(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.time_appconnect_ns != 0);
}

static void append_regex(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.exitcode == STATUS_EXPECT_FAILED);
}

static void append_exit_status(struct strbuf *sb, const struct probe_result *p)
{
	strbuf_u64(sb, p->report.exitcode);
}

static const struct family {
	const char *name, *help;
	void (*put)(struct strbuf *sb, const struct probe_result *p); /* NULL: max-time= */
	unsigned kinds;
	bool (*applies)(const struct probe_result *p); /* NULL: always */
} families[] = {
	{"probe_success", "Whether the probe was a success.", append_success, KIND_ANY, NULL},
	{"probe_duration_seconds", "How long the probe took, redirects included.", append_duration,
	 KIND_ANY, NULL},
	{"probe_timeout_seconds", "How long the probe may take.", NULL, KIND_ANY, NULL},
	{"probe_dns_lookup_time_seconds", "Time taken to look up the name.", append_lookup, KIND_ANY, NULL},
	{"probe_ip_protocol", "Whether it went over IPv4 or IPv6; 0: there was no address.",
	 append_protocol, KIND_ANY, NULL},
	{"probe_ip_addr_hash", "Hash of the address, which shows that it changes; 0: there was none.",
	 append_address_hash, KIND_ANY, NULL},
	{"probe_http_status_code", "Status code of the answer; 0: there was none.", append_code,
	 KIND_HTTP, NULL},
	{"probe_http_content_length", "Content-Length of the answer; -1: not said; 0: no answer.",
	 append_content_length, KIND_HTTP, NULL},
	{"probe_http_uncompressed_body_length", "Bytes of body that came.", append_body_length,
	 KIND_HTTP, NULL},
	{"probe_http_last_modified_timestamp_seconds", "Last-Modified of the answer, where it has one.",
	 append_last_modified, KIND_HTTP, has_last_modified},
	{"probe_http_redirects", "Redirects followed.", append_redirects, KIND_HTTP, NULL},
	{"probe_http_version", "HTTP version of the answer; 0: there was none.", append_version,
	 KIND_HTTP, NULL},
	{"probe_http_ssl", "Whether TLS was used.", append_ssl, KIND_HTTP, NULL},
	{"probe_failed_due_to_regex", "Whether the body was not as expected.", append_regex,
	 KIND_HTTP | KIND_TCP, NULL},
	{"probe_icmp_reply_hop_limit", "TTL of the echo reply, where one came.", append_hop_limit, KIND_ICMP,
	 has_hop_limit},
	{"dialtone_probe_exit_status", "The probe's status, with curl's numbers.", append_exit_status,
	 KIND_ANY, NULL},
};

/* Which of the checks of this target it is, from 1: a target may be given twice, or be distinguished from
 * another only by its password. */
static unsigned ordinal(struct probe_monitor *m, unsigned check, const char *target)
{
	unsigned n = 1;

	for (unsigned i = 0; i < check; i++)
		n += strcmp(check_name(m->settings, i, m->other, sizeof(m->other)), target) == 0;
	return n;
}

/* No target holds a space, so that the name is unique. */
static void append_target(struct probe_monitor *m, struct strbuf *sb, unsigned check)
{
	const char *target = check_name(m->settings, check, m->name, sizeof(m->name));
	unsigned n = ordinal(m, check, target);

	metrics_label(sb, target);
	if (n == 1)
		return;
	strbuf_str(sb, " #");
	strbuf_u64(sb, n);
}

/* name{target="..." , with a phase where there is one */
static void append_name(struct probe_monitor *m, struct strbuf *sb, const char *name, unsigned check,
			const char *phase)
{
	strbuf_str(sb, name);
	strbuf_str(sb, "{target=\"");
	append_target(m, sb, check);
	if (phase != NULL) {
		strbuf_str(sb, "\",phase=\"");
		strbuf_str(sb, phase);
	}
	strbuf_str(sb, "\"} ");
}

/* The next check, from `check` on, of one of these kinds that has been made. */
static const struct probe_result *next_of(const struct probe_monitor *m, unsigned *check, unsigned kinds)
{
	for (; *check < check_count(m->settings); (*check)++) {
		const struct probe_result *p = probes_result(m->results, *check);

		if (p != NULL && (kind_of(&p->report) & kinds) != 0)
			return p;
	}
	return NULL;
}

/* The next check that has a value of this family. */
static const struct probe_result *next_in(const struct probe_monitor *m, unsigned *check,
					  const struct family *f)
{
	const struct probe_result *p;

	for (; (p = next_of(m, check, f->kinds)) != NULL; (*check)++) {
		if (f->applies == NULL || f->applies(p))
			return p;
	}
	return NULL;
}

/* A family without values is left out. */
static void write_family(struct probe_monitor *m, struct strbuf *sb, const struct family *f)
{
	const struct probe_result *p;
	unsigned check = 0;

	if (next_in(m, &check, f) == NULL)
		return;
	metrics_family(sb, f->name, "gauge", f->help);
	for (; (p = next_in(m, &check, f)) != NULL; check++) {
		append_name(m, sb, f->name, check, NULL);
		if (f->put != NULL)
			f->put(sb, p);
		else
			strbuf_seconds(sb, m->settings->max_time_ns);
		strbuf_char(sb, '\n');
	}
}

/* --- phases ------------------------------------------------------------------------------------- */

static void append_phase(struct probe_monitor *m, struct strbuf *sb, const char *name, unsigned check,
			 const char *phase, uint64_t ns)
{
	append_name(m, sb, name, check, phase);
	strbuf_seconds(sb, ns);
	strbuf_char(sb, '\n');
}

/* Of the last transfer; what the redirects before it took is a phase of its own, so that the phases
 * make up the duration. */
static void write_http_phases(struct probe_monitor *m, struct strbuf *sb)
{
	static const char name[] = "probe_http_duration_seconds";
	const struct probe_result *p;
	unsigned check = 0;

	if (next_of(m, &check, KIND_HTTP) == NULL)
		return;
	metrics_family(sb, name, "gauge", "How long each phase of the probe took.");
	for (; (p = next_of(m, &check, KIND_HTTP)) != NULL; check++) {
		const struct report *r = &p->report;
		bool answered = r->time_starttransfer_ns != 0;

		append_phase(m, sb, name, check, "resolve", r->time_namelookup_ns);
		append_phase(m, sb, name, check, "connect", between(r->time_namelookup_ns, r->time_connect_ns));
		append_phase(m, sb, name, check, "tls", between(r->time_connect_ns, r->time_appconnect_ns));
		append_phase(m, sb, name, check, "processing",
			     answered ? between(r->time_pretransfer_ns, r->time_starttransfer_ns) : 0);
		append_phase(m, sb, name, check, "transfer",
			     answered ? between(r->time_starttransfer_ns, r->time_total_ns) : 0);
		append_phase(m, sb, name, check, "redirect", r->time_redirect_ns);
	}
}

static void write_icmp_phases(struct probe_monitor *m, struct strbuf *sb)
{
	static const char name[] = "probe_icmp_duration_seconds";
	const struct probe_result *p;
	unsigned check = 0;

	if (next_of(m, &check, KIND_ICMP) == NULL)
		return;
	metrics_family(sb, name, "gauge", "How long each phase of the probe took.");
	for (; (p = next_of(m, &check, KIND_ICMP)) != NULL; check++) {
		const struct report *r = &p->report;

		append_phase(m, sb, name, check, "resolve", r->time_namelookup_ns);
		append_phase(m, sb, name, check, "setup",
			     between(r->time_namelookup_ns, r->time_pretransfer_ns));
		append_phase(m, sb, name, check, "rtt",
			     between(r->time_pretransfer_ns, r->time_starttransfer_ns));
	}
}

/* --- how often ---------------------------------------------------------------------------------- */

static void write_counts(struct probe_monitor *m, struct strbuf *sb, uint64_t now_ns)
{
	static const char runs[] = "dialtone_probes_total", failures[] = "dialtone_probe_failures_total",
			  age[] = "dialtone_probe_age_seconds";
	const struct probe_result *p;
	unsigned check;

	metrics_family(sb, runs, "counter", "How often the probe has been made.");
	for (check = 0; check < check_count(m->settings); check++) {
		p = probes_result(m->results, check);
		append_name(m, sb, runs, check, NULL);
		strbuf_u64(sb, p != NULL ? p->runs : 0);
		strbuf_char(sb, '\n');
	}
	metrics_family(sb, failures, "counter", "How often it was no success.");
	for (check = 0; check < check_count(m->settings); check++) {
		p = probes_result(m->results, check);
		append_name(m, sb, failures, check, NULL);
		strbuf_u64(sb, p != NULL ? p->failures : 0);
		strbuf_char(sb, '\n');
	}
	metrics_family(sb, age, "gauge", "Time since the latest probe ended.");
	for (check = 0; (p = next_of(m, &check, KIND_ANY)) != NULL; check++) {
		append_name(m, sb, age, check, NULL);
		strbuf_seconds(sb, between(p->at_ns, now_ns));
		strbuf_char(sb, '\n');
	}
}

void probe_metrics_write(struct monitor *monitor, struct strbuf *sb, uint64_t now_ns)
{
	struct probe_monitor *m = CONTAINER_OF(monitor, struct probe_monitor, monitor);

	if (check_count(m->settings) == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		write_family(m, sb, &families[i]);
	write_http_phases(m, sb);
	write_icmp_phases(m, sb);
	write_counts(m, sb, now_ns);
}
