/* SPDX-License-Identifier: MIT */
/* Which checks there are; see app/probe/targets.h. */
#include "app/probe/targets.h"

#include "base/string.h"

static unsigned n_ping(const struct probe_settings *s)
{
	return (unsigned)s->pings.list.count;
}

static unsigned first_url(const struct probe_settings *s)
{
	return n_ping(s) + (unsigned)s->tcps.list.count;
}

unsigned check_count(const struct probe_settings *s)
{
	return first_url(s) + (unsigned)s->urls.list.count;
}

bool check_is_ping(const struct probe_settings *s, unsigned check)
{
	return check < n_ping(s);
}

bool check_is_url(const struct probe_settings *s, unsigned check)
{
	return check >= first_url(s) && check < check_count(s);
}

unsigned check_tcp_row(const struct probe_settings *s, unsigned check)
{
	return check - n_ping(s);
}

unsigned check_url_row(const struct probe_settings *s, unsigned check)
{
	return check - first_url(s);
}

const char *check_name(const struct probe_settings *s, unsigned check, char *buf, size_t cap)
{
	struct strbuf sb = strbuf_on(buf, cap);
	const char *text;

	if (check_is_ping(s, check))
		return s->pings.entry[check].text;
	if (!check_is_url(s, check))
		return s->tcps.entry[check_tcp_row(s, check)].text;
	text = s->urls.text[check_url_row(s, check)];
	config_show(&sb, CONFIG_SECRET_URL, text, strlen(text));
	return buf;
}
