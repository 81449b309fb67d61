/* SPDX-License-Identifier: MIT */
/* Configuration values that hold a password, as the log may show them. */
#include "base/span.h"
#include "base/string.h"
#include "config/config.h"

static const char hidden[] = "***";

static void show_user(struct strbuf *sb, const char *value, size_t len)
{
	size_t colon = span_find((struct span){value, len}, ":");

	strbuf_mem(sb, value, MIN(colon + 1, len));
	if (colon < len)
		strbuf_str(sb, hidden);
}

/* RFC 3986 3.2: what is before the last @ of the authority.  A text that is no URL may have been
 * meant as one, so any @ before the first slash behind a scheme's own counts, however many those are. */
static void show_url(struct strbuf *sb, const char *value, size_t len)
{
	size_t scheme = span_find((struct span){value, len}, ":"), from = 0, to, at;

	for (size_t i = scheme + 1; i < len && value[i] == '/'; i++)
		from = i + 1;
	to = from + span_find((struct span){value + from, len - from}, "/?#");
	for (at = to; at > from && value[at - 1] != '@'; at--)
		continue;
	strbuf_mem(sb, value, from);
	if (at > from) {
		strbuf_str(sb, hidden);
		at--;
	}
	strbuf_mem(sb, value + at, len - at);
}

static void show_field(struct strbuf *sb, const char *value, size_t len)
{
	static const char *const names[] = {"authorization", "proxy-authorization", "cookie"};
	size_t colon = span_find((struct span){value, len}, ":");
	bool secret = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		secret = secret ||
			 span_equal_any_case((struct span){value, colon}, span_of(names[i]));
	if (!secret || colon == len) {
		strbuf_mem(sb, value, len);
		return;
	}
	strbuf_mem(sb, value, colon + 1);
	strbuf_char(sb, ' ');
	strbuf_str(sb, hidden);
}

void config_show(struct strbuf *sb, unsigned traits, const char *value, size_t len)
{
	if (len == 0)
		return;
	if ((traits & CONFIG_SECRET_USER) != 0)
		show_user(sb, value, len);
	else if ((traits & CONFIG_SECRET_URL) != 0)
		show_url(sb, value, len);
	else if ((traits & CONFIG_SECRET_FIELD) != 0)
		show_field(sb, value, len);
	else
		strbuf_mem(sb, value, len);
}
