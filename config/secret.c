/* SPDX-License-Identifier: MIT */
/* Configuration values that hold a password, as the log may show them. */
#include "base/chars.h"
#include "base/string.h"
#include "config/config.h"

static const char hidden[] = "***";

static size_t find(const char *text, size_t len, char c)
{
	const char *at = len > 0 ? memchr(text, c, len) : NULL;

	return at != NULL ? (size_t)(at - text) : len;
}

static void show_user(struct strbuf *sb, const char *value, size_t len)
{
	size_t colon = find(value, len, ':');

	strbuf_mem(sb, value, MIN(colon + 1, len));
	if (colon < len)
		strbuf_str(sb, hidden);
}

/* RFC 3986 3.2: what is before the last @ of the authority.  A text that is no URL may have been
 * meant as one, so any @ before the first slash behind a scheme's own counts, however many those are. */
static void show_url(struct strbuf *sb, const char *value, size_t len)
{
	size_t scheme = find(value, len, ':'), from = 0, to, at;

	for (size_t i = scheme + 1; i < len && value[i] == '/'; i++)
		from = i + 1;
	to = from + MIN(MIN(find(value + from, len - from, '/'), find(value + from, len - from, '?')),
			find(value + from, len - from, '#'));
	for (at = to; at > from && value[at - 1] != '@'; at--)
		continue;
	strbuf_mem(sb, value, from);
	if (at > from) {
		strbuf_str(sb, hidden);
		at--;
	}
	strbuf_mem(sb, value + at, len - at);
}

static bool is_name(const char *text, size_t len, const char *lower)
{
	size_t i = 0;

	for (; i < len && lower[i] != '\0'; i++) {
		char c = char_lower(text[i]);
		if (c != lower[i])
			return false;
	}
	return i == len && lower[i] == '\0';
}

static void show_field(struct strbuf *sb, const char *value, size_t len)
{
	static const char *const names[] = {"authorization", "proxy-authorization", "cookie"};
	size_t colon = find(value, len, ':');
	bool secret = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		secret = secret || is_name(value, colon, names[i]);
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
