/* SPDX-License-Identifier: MIT */
/* Carrying out a check; see app/probe/check.h. */
#include "app/probe/check.h"

#include "app/http/closing.h"
#include "app/http/exchange.h"
#include "app/probe/ping.h"
#include "app/http/redirect.h"
#include "app/probe/retry.h"
#include "base/string.h"

/* A try of a check: what all of its transfers have in common. */
struct attempt {
	unsigned check, probe, next;
	unsigned number;      /* 0: the first */
	uint64_t start_ns, deadline_ns;
};

static uint64_t now(const struct client *client)
{
	return client->env->machine.now_ns(client->env->machine.ctx);
}

/* --- which ---------------------------------------------------------------------------------------- */

static unsigned n_ping(void)
{
	return (unsigned)http_settings.pings.list.count;
}

/* Where the URLs begin. */
static unsigned first_url(void)
{
	return n_ping() + (unsigned)http_settings.tcps.list.count;
}

unsigned check_count(void)
{
	return first_url() + (unsigned)http_settings.urls.list.count;
}

static bool is_ping(unsigned check)
{
	return check < n_ping();
}

bool check_is_url(unsigned check)
{
	return check >= first_url() && check < check_count();
}

const char *check_name(unsigned check, char *buf, size_t cap)
{
	struct strbuf sb = strbuf_on(buf, cap);
	const char *text;

	if (is_ping(check))
		return http_settings.pings.entry[check].text;
	if (!check_is_url(check))
		return http_settings.tcps.entry[check - n_ping()].text;
	text = http_settings.urls.text[check - first_url()];
	config_show(&sb, CONFIG_SECRET_URL, text, strlen(text));
	return buf;
}

/* --- ping= ---------------------------------------------------------------------------------------- */

/* One that stands alone is not failed by one packet that was lost; in a series each round sends one,
 * so that those that were lost are counted. */
static void try_ping(struct client *client, const struct attempt *a)
{
	const struct http_ping *ping = &http_settings.pings.entry[a->check];
	struct url_span host = {ping->text + strlen("ping://"), ping->host_len};
	struct transfer *t = &client->transfer;

	transfer_begin(t, client->env, &client->line, a->deadline_ns, ping->text, strlen(ping->text));
	t->report.check = "ping";
	t->report.scheme = "ping";
	t->report.url_effective = t->url;
	t->report.urlnum = a->check;
	t->report.probe = a->probe;
	t->report.num_retries = a->number;
	ping_host(t, host, a->probe != 0 ? 1 : PING_REQUESTS_MAX, (uint16_t)MAX(a->probe, 1u));
	transfer_end(t);
}

/* --- tcp= ----------------------------------------------------------------------------------------- */

/* Connects, and closes: on a line of its own, because the one that is kept would prove nothing. */
static void try_tcp(struct client *client, const struct attempt *a)
{
	static struct connection line;
	const struct http_tcp *tcp = &http_settings.tcps.entry[a->check - n_ping()];
	struct url_span host = {tcp->text + strlen("tcp://"), tcp->host_len};
	struct transfer *t = &client->transfer;

	transfer_begin(t, client->env, &line, a->deadline_ns, tcp->text, strlen(tcp->text));
	t->report.check = "connect";
	t->report.scheme = "tcp";
	t->report.url_effective = t->url;
	t->report.urlnum = a->check;
	t->report.probe = a->probe;
	t->report.num_retries = a->number;
	(void)connection_open(t, host, tcp->port); /* what it says is in the report */
	transfer_end(t);
	connection_close(t);
}

/* --- url= ----------------------------------------------------------------------------------------- */

/* One of the transfers of an attempt: the first, or where a redirect led. */
struct hop {
	unsigned number; /* 0: the first */
	const char *text;
	size_t len;
	struct url url;
	enum http_method method;
	bool with_body, at_home;
	bool never_left; /* no redirect before it led to another host */
};

static const struct url *url_of(unsigned check)
{
	return &http_settings.urls.url[check - first_url()];
}

static struct hop first_hop(const struct attempt *a)
{
	const struct http_urls *urls = &http_settings.urls;
	unsigned i = a->check - first_url();

	return (struct hop){
		.text = urls->normal[i],
		.len = urls->normal_len[i],
		.url = *url_of(a->check),
		.method = http_settings_method(),
		.with_body = http_settings.body.given,
		.at_home = true,
		.never_left = true,
	};
}

/* The check after this one goes to the same place. */
static bool next_goes_there(const struct attempt *a, const struct url *url)
{
	return a->next != CHECKS_MAX && redirect_stays(url_of(a->next), url);
}

/* Without a user's password, and with the slash that a URL may leave out. */
static void put_url_effective(struct strbuf *sb, const struct hop *hop)
{
	static char text[HTTP_URL_MAX + 1];
	size_t at = (size_t)(hop->url.target.at - hop->text);
	size_t slash = hop->url.slash_missing ? 1 : 0;

	memcpy(text, hop->text, at);
	text[at] = '/';
	memcpy(text + at + slash, hop->url.target.at, hop->len - at);
	config_show(sb, CONFIG_SECRET_URL, text, hop->len + slash);
}

static void begin_hop(struct client *client, const struct attempt *a, const struct hop *hop)
{
	const char *text = http_settings.urls.text[a->check - first_url()];
	struct transfer *t = &client->transfer;
	struct strbuf sb = strbuf_on(t->url_effective, sizeof(t->url_effective));

	transfer_begin(t, client->env, &client->line, a->deadline_ns, text, strlen(text));
	t->report.probe = a->probe;
	t->report.num_retries = a->number;
	t->report.method = http_method_name(hop->method);
	t->report.scheme = "http";
	t->report.urlnum = a->check;
	t->report.num_redirects = hop->number;
	put_url_effective(&sb, hop);
	t->report.url_effective = t->url_effective;
	if (hop->number > 0)
		t->report.time_redirect_ns = t->start_ns - a->start_ns;
}

static bool leads_elsewhere(const struct http_answer *answer)
{
	return http_settings.follow > 0 && redirect_is_one(answer->parser->code) &&
	       answer->parser->has_location;
}

static void go_to(struct hop *hop, const struct attempt *a, unsigned code, const char *text, size_t len,
		  const struct url *url)
{
	enum http_method method = redirect_method(code, hop->method);

	hop->number++;
	hop->text = text;
	hop->len = len;
	hop->url = *url;
	hop->with_body = hop->with_body && method == hop->method;
	hop->method = method;
	hop->at_home = redirect_stays(url, url_of(a->check));
	hop->never_left = hop->never_left && hop->at_home;
}

/* Where the answer sends us becomes the next hop; false fails the transfer, and says why. */
static bool next_hop(struct transfer *t, const struct http_answer *answer,
		     const struct attempt *a, struct hop *hop)
{
	static char texts[2][CONFIG_TEXT_MAX];
	const struct http_parser *p = answer->parser;
	char *text = texts[hop->number % 2];
	const char *problem = NULL;
	struct url url;
	enum status status;
	struct strbuf sb;
	size_t len;

	if (hop->number == http_settings.follow) {
		sb = transfer_fail(t, STATUS_TOO_MANY_REDIRECTS, "more redirects than follow= allows: ");
		strbuf_u64(&sb, http_settings.follow);
		return false;
	}
	if (p->location_overlong || !redirect_resolve(&hop->url, p->location, p->location_len, text,
						      CONFIG_TEXT_MAX, &len)) {
		transfer_fail(t, STATUS_URL_MALFORMED,
			      "the redirect's Location is longer than 2047 bytes, or holds control characters");
		return false;
	}
	status = url_parse(&url, text, len, &problem);
	if (status != STATUS_OK) {
		sb = transfer_fail(t, status, "the redirect's Location: ");
		strbuf_str(&sb, problem);
		return false;
	}
	go_to(hop, a, p->code, text, len, &url);
	return true;
}

/* A redirect that is not followed, be it that nobody asked for that, or that there were too many. */
static void tell_redirect(struct transfer *t, const struct http_answer *answer, const struct hop *hop)
{
	static char text[CONFIG_TEXT_MAX];
	const struct http_parser *p = answer->parser;
	struct strbuf sb = strbuf_on(t->redirect_url, sizeof(t->redirect_url));
	size_t len;

	if (!redirect_is_one(p->code) || !p->has_location || p->location_overlong ||
	    !redirect_resolve(&hop->url, p->location, p->location_len, text, sizeof(text), &len))
		return;
	config_show(&sb, CONFIG_SECRET_URL, text, len);
	t->report.redirect_url = t->redirect_url;
}

static void announce_redirect(struct client *client, const struct hop *hop, unsigned code)
{
	struct transfer *t = &client->transfer;
	char shown[CONFIG_TEXT_MAX];
	struct strbuf sb = strbuf_on(shown, sizeof(shown));

	config_show(&sb, CONFIG_SECRET_URL, hop->text, hop->len);
	event_emit(t->events, EVENT_HTTP_REDIRECT, t->conn, 0, EV_U64("num_redirects", hop->number),
		   EV_U64("http_code", code), EV_STR("method", http_method_name(hop->method)),
		   EV_TEXT("redirect_url", shown, strbuf_stored(&sb)));
}

/* Kept for whoever goes there next; closed in order, or at once where a side has not said all. */
static void leave_line(struct transfer *t, const struct http_answer *answer, bool wanted)
{
	if (wanted && answer->may_keep)
		return;
	if (answer->in_order)
		connection_close(t);
	else
		connection_abort(t);
}

/* Each transfer has a connection of its own. */
static bool never_kept(void)
{
	return http_settings.keepalive == HTTP_KEEP_NEVER;
}

/* The next transfer - of this check, or of the one behind it - goes where this one went. */
static bool is_line_wanted(const struct attempt *a, const struct hop *hop, const struct url *url,
			   bool goes_on)
{
	if (never_kept())
		return false;
	return goes_on ? redirect_stays(&hop->url, url) : next_goes_there(a, url);
}

/* A header is there.  A redirect that is followed, and a status that fails, have decided with it: their
 * bodies do not count - but for one that says itself that it is larger than allowed, and would have
 * to be read or cut off.  True when another transfer has to follow, which `hop` then is. */
static bool take_answer(struct transfer *t, struct http_answer *answer, const struct attempt *a,
			struct hop *hop)
{
	const struct url url = hop->url;
	bool goes_on = false;

	if (leads_elsewhere(answer)) {
		if (http_parser_is_length_refused(answer->parser)) {
			http_take_body(answer);
			return false;
		}
		goes_on = next_hop(t, answer, a, hop);
	} else if (http_judge_status(t, answer)) {
		http_take_body(answer);
		return false;
	}
	http_leave_body(answer, is_line_wanted(a, hop, &url, goes_on));
	return goes_on;
}

/* One transfer; true when another has to follow, which `hop` then is. */
static bool fetch(struct client *client, const struct attempt *a, struct hop *hop)
{
	struct transfer *t = &client->transfer;
	const struct hop this_hop = *hop;
	bool may_follow = hop->number < http_settings.follow;
	const struct http_request rq = {
		.method = hop->method,
		.url = &this_hop.url,
		.with_body = hop->with_body,
		.at_home = hop->at_home,
		.home = hop->never_left ? url_of(a->check) : NULL,
		.last = never_kept() || (!may_follow && !next_goes_there(a, &this_hop.url)),
	};
	struct http_answer answer;
	bool goes_on = false;

	begin_hop(client, a, hop);
	if (http_exchange(t, &rq, &client->show, &answer)) {
		goes_on = take_answer(t, &answer, a, hop);
		if (!goes_on)
			tell_redirect(t, &answer, &this_hop);
	}
	transfer_end(t);
	if (goes_on)
		announce_redirect(client, hop, answer.parser->code);
	leave_line(t, &answer, is_line_wanted(a, hop, &this_hop.url, goes_on));
	return goes_on;
}

static void try_url(struct client *client, const struct attempt *a)
{
	struct hop hop = first_hop(a);

	while (fetch(client, a, &hop))
		continue;
}

/* --- again and again ------------------------------------------------------------------------------ */

static uint64_t deadline(const struct client *client, uint64_t start_ns)
{
	uint64_t run_ns = client->env->deadline_ns;

	if (start_ns < run_ns && run_ns - start_ns > http_settings.max_time_ns)
		return start_ns + http_settings.max_time_ns;
	return run_ns;
}

/* It failed, and the address that it was tried from turned out to be somebody else's: one answer to a
 * probe, which anybody can send, must not end the run while there is time for another address.  What a
 * server may have acted on already is not sent twice. */
static bool has_another_address(struct client *client, const struct attempt *a)
{
	const struct transfer *t = &client->transfer;
	bool harmless = !check_is_url(a->check) || t->report.num_connects == 0 ||
			http_settings_method() == HTTP_GET || http_settings_method() == HTTP_HEAD;

	return transfer_failed_by_network(t) && harmless &&
	       client->env->another_address != NULL &&
	       client->env->another_address(client->env->machine.ctx, a->deadline_ns);
}

void check_run(struct client *client, unsigned check, unsigned probe, unsigned next)
{
	struct attempt a = {.check = check, .probe = probe, .next = next};

	for (;;) {
		a.start_ns = now(client);
		a.deadline_ns = deadline(client, a.start_ns);
		if (check_is_url(check))
			try_url(client, &a);
		else if (is_ping(check))
			try_ping(client, &a);
		else
			try_tcp(client, &a);
		if (has_another_address(client, &a))
			continue;
		if (!retry_wait(client->env, &client->transfer, a.number))
			return;
		a.number++;
	}
}

uint64_t check_time_ns(unsigned check, const struct report *r)
{
	if (is_ping(check))
		return ping_round_trip_ns(r);
	return r->time_redirect_ns + r->time_total_ns;
}

void check_end(struct client *client)
{
	if (client->line.open)
		connection_close(&client->transfer);
	closing_finish(client->env);
}
