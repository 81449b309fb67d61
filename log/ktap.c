/* SPDX-License-Identifier: MIT */
/* The run as a KTAP report; see log/ktap.h. */
#include "log/ktap.h"

#include "base/status.h"
#include "base/strbuf.h"
#include "base/string.h"
#include "log/format.h"

static const char *const phase_names[KTAP_PHASES] = {
	[KTAP_ARP] = "arp", [KTAP_DNS] = "dns", [KTAP_CONNECT] = "connect",
	[KTAP_TLS] = "tls", [KTAP_HTTP] = "http", [KTAP_EXPECT] = "expect",
};

/* The last step before a server's answer is waited for: the SYN is sent. */
#define STEP_SYN_SENT 8

/* --- what the events tell ------------------------------------------------------------------------- */

static uint64_t number_of(const struct event *ev, const char *key)
{
	const struct event_field *f = log_find_field(ev, key, strlen(key));

	return f != NULL ? f->u : 0;
}

/* NULL: the event has no such text. */
static const char *text_of(const struct event *ev, const char *key)
{
	const struct event_field *f = log_find_field(ev, key, strlen(key));

	return f != NULL && event_field_type(f) == EVENT_FIELD_STR ? f->str : NULL;
}

/* A description ends at #, and a line must not. */
static void keep_text(char *dst, size_t cap, const char *text)
{
	struct strbuf sb = strbuf_on(dst, cap);

	for (; text != NULL && *text != '\0'; text++) {
		if (*text == '#')
			strbuf_str(&sb, "%23");
		else
			strbuf_escaped_text(&sb, text, 1);
	}
}

static bool is_ping(const char *check)
{
	return check != NULL && strcmp(check, "ping") == 0;
}

static bool is_https(const char *url)
{
	return url != NULL && strncmp(url, "https:", strlen("https:")) == 0;
}

/* A ping has none of the steps; the reply is its point called connect. */
static enum ktap_phase failed_ping_phase(const struct ktap_check *c, const struct event *transfer)
{
	if (c->traces.asked_arp && !c->traces.answered_arp)
		return KTAP_ARP;
	return c->traces.asked_dns && number_of(transfer, "time_namelookup") == 0 ? KTAP_DNS
										   : KTAP_CONNECT;
}

/* Before the connection stood: the steps say so.  Behind it: the status does. */
static enum ktap_phase failed_phase(const struct ktap_check *c, const struct event *transfer)
{
	uint64_t step = number_of(transfer, "failed_step");
	bool no_arp = c->traces.asked_arp && !c->traces.answered_arp;

	if (c->is_ping)
		return failed_ping_phase(c, transfer);
	if (no_arp && (step == STEP_SYN_SENT || c->status == STATUS_NAME_NOT_RESOLVED))
		return KTAP_ARP;
	if (c->status == STATUS_NAME_NOT_RESOLVED)
		return KTAP_DNS;
	if (step == 1) /* no socket yet: time was up while the name was looked up */
		return c->traces.asked_dns ? KTAP_DNS : KTAP_CONNECT;
	if (step != 0 || !c->is_url)
		return KTAP_CONNECT;
	if (c->status == STATUS_TLS_HANDSHAKE || c->status == STATUS_TLS_CERTIFICATE ||
	    (c->is_tls && number_of(transfer, "time_appconnect") == 0))
		return KTAP_TLS;
	if (c->status == STATUS_HTTP_STATUS || c->status == STATUS_EXPECT_FAILED)
		return KTAP_EXPECT;
	return KTAP_HTTP;
}

/* What came about once, before a redirect, a retry or in an earlier round, came about. */
static void add_up(struct ktap_check *c, const struct ktap_check *before)
{
	c->traces.asked_arp |= before->traces.asked_arp;
	c->traces.answered_arp |= before->traces.answered_arp;
	c->traces.asked_dns |= before->traces.asked_dns;
	c->kept &= before->kept;
}

/* The last transfer of a check counts: redirects and retries are over then.  In a series the first
 * round that did not pass does. */
static void note_transfer(struct ktap *k, const struct event *ev)
{
	unsigned number = (unsigned)MIN(number_of(ev, "urlnum"), (uint64_t)KTAP_CHECKS - 1);
	struct ktap_check *c = &k->checks[number], before = *c;
	uint32_t probe = (uint32_t)number_of(ev, "probe");

	if (before.status != STATUS_OK && before.probe != probe)
		return;
	*c = (struct ktap_check){
		.status = (uint8_t)number_of(ev, "exitcode"),
		.is_url = text_of(ev, "check") == NULL,
		.is_tls = is_https(text_of(ev, "url_effective")),
		.is_ping = is_ping(text_of(ev, "check")),
		.kept = number_of(ev, "num_connects") == 0 && !is_ping(text_of(ev, "check")),
		.probe = probe,
		.traces = k->traces,
	};
	keep_text(c->name, sizeof(c->name), text_of(ev, "url"));
	keep_text(c->why, sizeof(c->why), text_of(ev, "errormsg"));
	if (c->status != STATUS_OK)
		c->failed_phase = (uint8_t)failed_phase(c, ev);
	if (number < k->n_checks)
		add_up(c, &before);
	k->n_checks = MAX(k->n_checks, number + 1);
}

static bool is_link_up(const struct event *ev)
{
	const char *link = text_of(ev, "link");

	return link == NULL || strcmp(link, "up") == 0;
}

void ktap_note(struct ktap *k, const struct event *ev)
{
	switch (ev->id) {
	case EVENT_NETDEV_UP:
	case EVENT_NETDEV_LINK: k->link_up |= is_link_up(ev); break;
	case EVENT_ADDR_SET:
		k->has_address = true;
		k->traces = (struct ktap_traces){0}; /* the search for the address is no check's */
		break;
	case EVENT_ARP_REQUEST: k->traces.asked_arp = true; break;
	case EVENT_ARP_REPLY: k->traces.answered_arp = true; break;
	case EVENT_DNS_QUERY: k->traces.asked_dns = true; break;
	case EVENT_TRANSFER:
		note_transfer(k, ev);
		k->traces = (struct ktap_traces){0};
		break;
	default: break;
	}
}

/* --- the report ----------------------------------------------------------------------------------- */

struct printer {
	void (*print)(const char *line, size_t len);
	const char *indent;
	unsigned number; /* of the last point */
};

#define LINE_MAX (KTAP_NAME_MAX + KTAP_WHY_MAX + 64u)

static void print_line(const struct printer *p, const char *text)
{
	char line[LINE_MAX];
	struct strbuf sb = strbuf_on(line, sizeof(line));

	strbuf_str(&sb, p->indent);
	strbuf_str(&sb, text);
	p->print(line, strbuf_stored(&sb));
}

static void print_plan(const struct printer *p, unsigned points)
{
	char text[16];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	strbuf_str(&sb, "1..");
	strbuf_u64(&sb, points);
	print_line(p, text);
}

/* "not ok 5 - connect # status 7: connection refused".  `skip`: why it is skipped, NULL: it is not. */
static void print_point(struct printer *p, const char *name, unsigned status, const char *why,
		      const char *skip)
{
	char text[LINE_MAX];
	struct strbuf sb = strbuf_on(text, sizeof(text));

	strbuf_str(&sb, status == STATUS_OK ? "ok " : "not ok ");
	strbuf_u64(&sb, ++p->number);
	strbuf_str(&sb, " - ");
	strbuf_str(&sb, name);
	if (status != STATUS_OK) {
		strbuf_str(&sb, status == STATUS_TIMED_OUT ? " # TIMEOUT status " : " # status ");
		strbuf_u64(&sb, status);
		strbuf_str(&sb, ": ");
		strbuf_str(&sb, why);
	} else if (skip != NULL) {
		strbuf_str(&sb, " # SKIP ");
		strbuf_str(&sb, skip);
	}
	print_line(p, text);
}

/* Why a phase that is not the failed one is none of this check's; NULL: it came about. */
static const char *skipped(const struct ktap_check *c, enum ktap_phase phase)
{
	if (!c->is_url && phase > KTAP_CONNECT)
		return "this check ends before";
	if (c->status != STATUS_OK && phase > (enum ktap_phase)c->failed_phase)
		return "not reached";
	switch (phase) {
	case KTAP_ARP: return c->traces.asked_arp ? NULL : "the next hop was known";
	case KTAP_DNS: return c->traces.asked_dns ? NULL : "no name had to be looked up";
	case KTAP_CONNECT: return c->kept ? "over a connection that was there" : NULL;
	case KTAP_TLS: return c->is_tls ? NULL : "plain http";
	default: return NULL;
	}
}

static void print_phases(struct printer *p, const struct ktap_check *c)
{
	for (unsigned phase = 0; phase < KTAP_PHASES; phase++) {
		bool failed = c->status != STATUS_OK && phase == c->failed_phase;

		print_point(p, phase_names[phase], failed ? c->status : STATUS_OK, c->why,
			  failed ? NULL : skipped(c, (enum ktap_phase)phase));
	}
}

static void print_check(struct printer *p, const struct ktap_check *c)
{
	struct printer sub = {.print = p->print, .indent = "  "};

	print_line(&sub, KTAP_VERSION_LINE);
	print_plan(&sub, KTAP_PHASES);
	print_phases(&sub, c);
	print_point(p, c->name, c->status, c->why, NULL);
}

/* The verdict of a run that no check had. */
struct verdict {
	unsigned status;
	char why[KTAP_WHY_MAX];
};

static unsigned status_if(const struct verdict *v, bool condition)
{
	return condition ? v->status : STATUS_OK;
}

static bool is_the_links(const struct ktap *k, const struct verdict *v)
{
	return v->status == STATUS_NO_DEVICE ||
	       (!k->link_up && k->n_checks == 0 &&
		(v->status == STATUS_COULD_NOT_CONNECT || v->status == STATUS_TIMED_OUT));
}

static void print_machine(struct printer *p, const struct ktap *k, const struct verdict *v)
{
	print_point(p, "link", status_if(v, is_the_links(k, v)), v->why,
		  k->link_up ? NULL : "not reached");
	print_point(p, "address", status_if(v, v->status == STATUS_NO_ADDRESS), v->why,
		  k->has_address ? NULL : "not reached");
}

static bool is_any_checks(const struct ktap *k)
{
	for (unsigned i = 0; i < k->n_checks; i++)
		if (k->checks[i].status != STATUS_OK)
			return true;
	return false;
}

static const char *name_of_rest(unsigned status)
{
	switch (status) {
	case STATUS_BAD_CONFIG: return "configuration";
	case STATUS_PANIC: return "panic";
	default: return "run";
	}
}

void ktap_report(struct ktap *k, const struct event *result,
		 void (*print)(const char *line, size_t len))
{
	struct printer p = {.print = print, .indent = ""};
	struct verdict v = {.status = (unsigned)number_of(result, "exitcode")};
	bool is_rest = v.status != STATUS_OK && v.status != STATUS_NO_ADDRESS && !is_any_checks(k) &&
		       !is_the_links(k, &v);
	unsigned points = 2 + (k->n_checks > 1 ? k->n_checks : KTAP_PHASES);

	if (k->reported)
		return;
	k->reported = true;
	keep_text(v.why, sizeof(v.why), text_of(result, "errormsg"));
	print_plan(&p, points + (is_rest ? 1 : 0));
	print_machine(&p, k, &v);
	for (unsigned i = 0; k->n_checks > 1 && i < k->n_checks; i++)
		print_check(&p, &k->checks[i]);
	if (k->n_checks == 1)
		print_phases(&p, &k->checks[0]);
	for (unsigned phase = 0; k->n_checks == 0 && phase < KTAP_PHASES; phase++)
		print_point(&p, phase_names[phase], STATUS_OK, "",
			  v.status == STATUS_OK ? "nothing was checked" : "not reached");
	if (is_rest)
		print_point(&p, name_of_rest(v.status), v.status, v.why, NULL);
}
