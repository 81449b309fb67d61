/* SPDX-License-Identifier: MIT */
/* url=: a transfer, and those that redirects lead to; see app/probe/check.h. */
#include "app/probe/check.h"

#include "app/http/redirect.h"
#include "base/string.h"

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

static const struct url *url_of(const struct client *client, unsigned check)
{
	return &client->settings->urls.url[check_url_row(client->settings, check)];
}

static struct hop first_hop(const struct client *client, const struct attempt *a)
{
	const struct probe_settings *s = client->settings;
	const struct http_urls *urls = &s->urls;
	unsigned i = check_url_row(s, a->check);

	return (struct hop){
		.text = urls->normal[i],
		.len = urls->normal_len[i],
		.url = urls->url[i],
		.method = probe_method(s),
		.with_body = s->request.body.given,
		.at_home = true,
		.never_left = true,
	};
}

/* The check after this one goes to the same place. */
static bool next_goes_there(const struct client *client, const struct attempt *a, const struct url *url)
{
	return a->next != CHECKS_MAX && redirect_stays(url_of(client, a->next), url);
}

/* Without a user's password, and with the slash that a URL may leave out. */
static void append_url_effective(struct strbuf *sb, char text[HTTP_URL_MAX + 1], const struct hop *hop)
{
	size_t at = (size_t)(hop->url.target.at - hop->text);
	size_t slash = hop->url.slash_missing ? 1 : 0;

	memcpy(text, hop->text, at);
	text[at] = '/';
	memcpy(text + at + slash, hop->url.target.at, hop->len - at);
	config_show(sb, CONFIG_SECRET_URL, text, hop->len + slash);
}

static void begin_hop(struct client *client, const struct attempt *a, const struct hop *hop)
{
	const struct probe_settings *s = client->settings;
	struct transfer *t = attempt_begin(client, a, &client->connection, s->urls.text[check_url_row(s, a->check)]);
	struct strbuf sb = strbuf_on(t->url_effective, sizeof(t->url_effective));

	t->report.method = http_method_name(hop->method);
	t->report.scheme = "http";
	t->report.num_redirects = hop->number;
	append_url_effective(&sb, client->text, hop);
	t->report.url_effective = t->url_effective;
	if (hop->number > 0)
		t->report.time_redirect_ns = t->start_ns - a->start_ns;
}

static bool leads_elsewhere(const struct client *client, const struct http_answer *answer)
{
	return client->settings->follow > 0 && redirect_is_one(answer->parser->code) &&
	       answer->parser->has_location;
}

static void go_to(struct hop *hop, const struct url *home, unsigned code, const char *text, size_t len,
		  const struct url *url)
{
	enum http_method method = redirect_method(code, hop->method);

	hop->number++;
	hop->text = text;
	hop->len = len;
	hop->url = *url;
	hop->with_body = hop->with_body && method == hop->method;
	hop->method = method;
	hop->at_home = redirect_stays(url, home);
	hop->never_left = hop->never_left && hop->at_home;
}

/* Where the answer sends us becomes the next hop; false fails the transfer, and says why. */
static bool next_hop(struct client *client, const struct http_answer *answer, const struct attempt *a,
		     struct hop *hop)
{
	struct transfer *t = &client->transfer;
	const struct http_parser *p = answer->parser;
	char *text = client->hop_text[hop->number % 2];
	const char *problem = NULL;
	struct url url;
	enum status status;
	struct strbuf sb;
	size_t len;

	if (hop->number == client->settings->follow) {
		sb = transfer_fail(t, STATUS_TOO_MANY_REDIRECTS, "more redirects than follow= allows: ");
		strbuf_u64(&sb, client->settings->follow);
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
	go_to(hop, url_of(client, a->check), p->code, text, len, &url);
	return true;
}

/* A redirect that is not followed, because that was not asked for, or there were too many. */
static void log_redirect(struct client *client, const struct http_answer *answer, const struct hop *hop)
{
	struct transfer *t = &client->transfer;
	const struct http_parser *p = answer->parser;
	struct strbuf sb = strbuf_on(t->redirect_url, sizeof(t->redirect_url));
	size_t len;

	if (!redirect_is_one(p->code) || !p->has_location || p->location_overlong ||
	    !redirect_resolve(&hop->url, p->location, p->location_len, client->text, CONFIG_TEXT_MAX, &len))
		return;
	config_show(&sb, CONFIG_SECRET_URL, client->text, len);
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

/* Kept open for the next request there; closed in order, or at once where a side has not said all. */
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
static bool never_kept(const struct client *client)
{
	return client->settings->keepalive == HTTP_KEEP_NEVER;
}

/* The next transfer - of this check, or of the one behind it - goes where this one went. */
static bool is_line_wanted(const struct client *client, const struct attempt *a, const struct hop *hop,
			   const struct url *url, bool goes_on)
{
	if (never_kept(client))
		return false;
	return goes_on ? redirect_stays(&hop->url, url) : next_goes_there(client, a, url);
}

static void consume_body(struct client *client, struct http_answer *answer)
{
	if (http_consume_body(&client->exchange, answer))
		probe_judge_body(&client->reader, &client->transfer);
}

/* A header is there.  A redirect that is followed, and a status that fails, have decided with it: their
 * bodies do not count - but for one that says itself that it is larger than allowed, and would have
 * to be read or dropped.  True when another transfer has to follow, which `hop` then is. */
static bool accept_answer(struct client *client, struct http_answer *answer, const struct attempt *a,
			  struct hop *hop)
{
	const struct url url = hop->url;
	struct transfer *t = &client->transfer;
	bool goes_on = false;

	if (leads_elsewhere(client, answer)) {
		if (http_parser_is_length_refused(answer->parser)) {
			consume_body(client, answer);
			return false;
		}
		goes_on = next_hop(client, answer, a, hop);
	} else if (probe_judge_status(&client->reader, t, answer->parser->code)) {
		consume_body(client, answer);
		return false;
	}
	http_leave_body(&client->exchange, answer, is_line_wanted(client, a, hop, &url, goes_on));
	return goes_on;
}

/* One transfer; true when another has to follow, which `hop` then is. */
static bool fetch(struct client *client, const struct attempt *a, struct hop *hop)
{
	struct transfer *t = &client->transfer;
	const struct hop this_hop = *hop;
	bool may_follow = hop->number < client->settings->follow;
	const struct http_request rq = {
		.options = &client->settings->request,
		.method = hop->method,
		.url = &this_hop.url,
		.body_max = client->settings->max_body,
		.with_body = hop->with_body,
		.at_home = hop->at_home,
		.home = hop->never_left ? url_of(client, a->check) : NULL,
		.last = never_kept(client) || (!may_follow && !next_goes_there(client, a, &this_hop.url)),
	};
	struct http_answer answer;
	bool goes_on = false;

	begin_hop(client, a, hop);
	if (http_exchange(&client->exchange, t, &rq, &client->reader.reader, &answer)) {
		goes_on = accept_answer(client, &answer, a, hop);
		if (!goes_on)
			log_redirect(client, &answer, &this_hop);
	}
	transfer_end(t);
	if (goes_on)
		announce_redirect(client, hop, answer.parser->code);
	leave_line(t, &answer, is_line_wanted(client, a, hop, &this_hop.url, goes_on));
	return goes_on;
}

void fetch_url(struct client *client, const struct attempt *a)
{
	struct hop hop = first_hop(client, a);

	while (fetch(client, a, &hop))
		continue;
}
