/* SPDX-License-Identifier: MIT */
/* Where a redirect leads; see app/http/redirect.h. */
#include "app/http/redirect.h"

#include "app/http/text.h"
#include "base/strbuf.h"
#include "base/string.h"

bool redirect_is_one(unsigned code)
{
	return code == 301 || code == 302 || code == 303 || code == 307 || code == 308;
}

enum http_method redirect_method(unsigned code, enum http_method method)
{
	if (code == 303 && method != HTTP_HEAD)
		return HTTP_GET;
	if ((code == 301 || code == 302) && method == HTTP_POST)
		return HTTP_GET;
	return method;
}

bool redirect_stays(const struct url *a, const struct url *b)
{
	if (a->port != b->port || a->host.len != b->host.len)
		return false;
	for (size_t i = 0; i < a->host.len; i++) {
		char x = a->host.at[i], y = b->host.at[i];

		if (x != y && !((x ^ y) == 0x20 && (x | 0x20) >= 'a' && (x | 0x20) <= 'z'))
			return false;
	}
	return true;
}

/* --- RFC 3986 5.2.4 ------------------------------------------------------------------------------ */

/* Where the last segment of path[0..len) begins, its slash included; 0 where there is none. */
static size_t last_segment(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/* Takes . and .. out of a path that begins with a slash, in place; its length then. */
static size_t remove_dot_segments(char *path, size_t len)
{
	size_t in = 0, out = 0;

	while (in < len) {
		size_t n = 1 + text_find(path + in + 1, len - in - 1, "/");
		bool last = in + n == len;

		if (n == 2 && path[in + 1] == '.') {
			if (last)
				path[out++] = '/';
		} else if (n == 3 && path[in + 1] == '.' && path[in + 2] == '.') {
			out = last_segment(path, out);
			if (last)
				path[out++] = '/';
		} else {
			memmove(path + out, path + in, n);
			out += n;
		}
		in += n;
	}
	return out;
}

/* --- RFC 3986 5.2.2 ------------------------------------------------------------------------------ */

/* A reference in its parts; the fragment is left away. */
struct reference {
	bool has_scheme, has_authority, has_query;
	struct url_span scheme, authority, path, query;
};

static struct url_span take(struct url_span *rest, size_t len)
{
	struct url_span taken = {rest->at, len};

	rest->at += len;
	rest->len -= len;
	return taken;
}

static struct reference split(const char *text, size_t len)
{
	struct url_span rest = {text, text_find(text, len, "#")};
	size_t colon = text_find(rest.at, rest.len, ":/?");
	struct reference r = {0};

	r.has_scheme = colon > 0 && colon < rest.len && rest.at[colon] == ':';
	if (r.has_scheme) {
		r.scheme = take(&rest, colon);
		take(&rest, 1);
	}
	r.has_authority = rest.len >= 2 && rest.at[0] == '/' && rest.at[1] == '/';
	if (r.has_authority) {
		take(&rest, 2);
		r.authority = take(&rest, text_find(rest.at, rest.len, "/?"));
	}
	r.path = take(&rest, text_find(rest.at, rest.len, "?"));
	r.has_query = rest.len > 0;
	r.query = rest; /* with its question mark */
	return r;
}

/* Only what a URL may hold is copied as it is (RFC 3986 2); % is, because it is in use already. */
static void put_clean(struct strbuf *sb, struct url_span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.at[i];

		if (c > 0x20 && c < 0x7f && memchr("\"<>\\^`{|}", c, 9) == NULL) {
			strbuf_char(sb, (char)c);
			continue;
		}
		strbuf_char(sb, '%');
		strbuf_hex(sb, c, 2);
	}
}

/* RFC 3986 5.2.3: the base's path up to its last slash goes before a relative one. */
static void put_merged_path(struct strbuf *sb, const struct url *base, struct url_span path)
{
	struct url_span base_path = {base->target.at,
				     text_find(base->target.at, base->target.len, "?")};

	if (path.len > 0 && path.at[0] == '/') {
		put_clean(sb, path);
		return;
	}
	if (base_path.len == 0)
		strbuf_char(sb, '/');
	else if (path.len == 0)
		strbuf_mem(sb, base_path.at, base_path.len);
	else
		strbuf_mem(sb, base_path.at, last_segment(base_path.at, base_path.len) + 1);
	put_clean(sb, path);
}

static void put_query(struct strbuf *sb, const struct url *base, const struct reference *r)
{
	size_t query = text_find(base->target.at, base->target.len, "?");

	if (r->has_query)
		put_clean(sb, r->query);
	else if (r->path.len == 0 && !r->has_authority)
		strbuf_mem(sb, base->target.at + query, base->target.len - query);
}

static bool holds_control_character(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	}
	return false;
}

/* Another scheme's reference is its owner's affair: it is only copied, and url_parse() says no. */
static void put_other_scheme(struct strbuf *sb, const struct reference *r)
{
	put_clean(sb, r->scheme);
	strbuf_char(sb, ':');
	if (r->has_authority) {
		strbuf_str(sb, "//");
		put_clean(sb, r->authority);
	}
	put_clean(sb, r->path);
	put_clean(sb, r->query);
}

static void put_http(struct strbuf *sb, const struct url *base, const struct reference *r)
{
	size_t path_at;

	strbuf_str(sb, "http://");
	if (r->has_authority)
		put_clean(sb, r->authority);
	else
		strbuf_mem(sb, base->authority.at, base->authority.len);
	path_at = sb->len;
	if (!r->has_authority)
		put_merged_path(sb, base, r->path);
	else
		put_clean(sb, r->path);
	if (strbuf_truncated(sb))
		return;
	sb->len = path_at + remove_dot_segments(sb->buf + path_at, sb->len - path_at);
	sb->buf[sb->len] = '\0';
	put_query(sb, base, r);
}

bool redirect_resolve(const struct url *base, const char *location, size_t len, char *text,
		      size_t cap, size_t *text_len)
{
	struct strbuf sb = strbuf_on(text, cap);
	struct reference r = split(location, len);

	if (holds_control_character(location, len))
		return false;
	if (r.has_scheme && (!text_is_word(r.scheme.at, r.scheme.len, "http") || !r.has_authority))
		put_other_scheme(&sb, &r);
	else
		put_http(&sb, base, &r);
	*text_len = strbuf_stored(&sb);
	return !strbuf_truncated(&sb);
}
