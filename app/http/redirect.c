/* SPDX-License-Identifier: MIT */
/* Where a redirect leads; see app/http/redirect.h. */
#include "app/http/redirect.h"

#include "app/http/text.h"
#include "app/http/url_path.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "base/string.h"

bool redirect_is_one(unsigned code)
{
	/* RFC 9110 15: an unknown code counts as 300.  304 leads nowhere; a proxy is not asked
	 * because a server says so (15.4.6), and 306 is not in use. */
	return code >= 300 && code <= 399 && code != 304 && code != 305 && code != 306;
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
	return a->port == b->port && span_equal_any_case(a->host, b->host);
}

/* --- RFC 3986 5.2.2 ------------------------------------------------------------------------------ */

/* A reference in its parts; the fragment is left away. */
struct reference {
	bool has_scheme, has_query;
	size_t slashes; /* before an authority; 0: it has none */
	struct span scheme, authority, path, query;
};

static size_t count_slashes(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.at[n] == '/')
		n++;
	return n;
}

/* As url_parse() has it: behind "http:" one slash or three are as good as two; without a scheme three
 * are.  More than that is kept, so that it is refused there. */
static size_t skip_slashes(const struct reference *r, struct span *rest)
{
	size_t n = count_slashes(*rest);

	if (n < 2 && !(n == 1 && r->has_scheme && text_is_word(r->scheme.at, r->scheme.len, "http")))
		return 0;
	span_take(rest, n);
	return n;
}

static struct reference split(const char *text, size_t len)
{
	struct span rest = {text, span_find((struct span){text, len}, "#")};
	size_t colon = span_find(rest, ":/?");
	struct reference r = {0};

	r.has_scheme = colon < rest.len && rest.at[colon] == ':' &&
		       url_is_scheme((struct span){rest.at, colon});
	if (r.has_scheme) {
		r.scheme = span_take(&rest, colon);
		span_take(&rest, 1);
	}
	r.slashes = skip_slashes(&r, &rest);
	if (r.slashes > 0)
		r.authority = span_take(&rest, span_find(rest, "/?"));
	r.path = span_take(&rest, span_find(rest, "?"));
	r.has_query = rest.len > 0;
	r.query = rest; /* with its question mark */
	return r;
}

/* RFC 3986 2.1: in upper case. */
static void append_encoded(struct strbuf *sb, uint8_t c)
{
	static const char digits[] = "0123456789ABCDEF";

	strbuf_char(sb, '%');
	strbuf_char(sb, digits[c >> 4]);
	strbuf_char(sb, digits[c & 15]);
}

/* What is printable is copied as it is, % as well: it is in use already. */
static void append_clean(struct strbuf *sb, struct span text, const char *space)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.at[i];

		if (c > 0x20 && c < 0x7f)
			strbuf_char(sb, (char)c);
		else if (c == ' ')
			strbuf_str(sb, space);
		else
			append_encoded(sb, c);
	}
}

static void append_path(struct strbuf *sb, struct span path)
{
	append_clean(sb, path, "%20");
}

/* As forms write a space. */
static void append_query_text(struct strbuf *sb, struct span query)
{
	append_clean(sb, query, "+");
}

static void append_slashes(struct strbuf *sb, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_char(sb, '/');
}

/* RFC 3986 5.2.3: the base's path up to its last slash goes before a relative one. */
static void append_merged_path(struct strbuf *sb, const struct url *base, struct span path)
{
	struct span base_path = {base->target.at, span_find(base->target, "?")};

	if (path.len > 0 && path.at[0] == '/') {
		append_path(sb, path);
		return;
	}
	if (base_path.len == 0)
		strbuf_char(sb, '/');
	else if (path.len == 0)
		strbuf_mem(sb, base_path.at, base_path.len);
	else
		strbuf_mem(sb, base_path.at, url_last_segment(base_path.at, base_path.len) + 1);
	append_path(sb, path);
}

static void append_query(struct strbuf *sb, const struct url *base, const struct reference *r)
{
	size_t query = span_find(base->target, "?");

	if (r->has_query)
		append_query_text(sb, r->query);
	else if (r->path.len == 0 && r->slashes == 0)
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

/* Another scheme's reference, and one of ours without a host, are only copied: url_parse() refuses
 * them. */
static void append_as_it_is(struct strbuf *sb, const struct reference *r)
{
	append_path(sb, r->scheme);
	strbuf_char(sb, ':');
	append_slashes(sb, r->slashes);
	append_path(sb, r->authority);
	append_path(sb, r->path);
	append_query_text(sb, r->query);
}

static void append_http(struct strbuf *sb, const struct url *base, const struct reference *r)
{
	size_t path_at;

	strbuf_str(sb, "http:");
	append_slashes(sb, r->slashes > URL_SLASHES_MAX ? r->slashes : 2);
	if (r->slashes > 0)
		append_path(sb, r->authority);
	else
		strbuf_mem(sb, base->authority.at, base->authority.len);
	path_at = sb->len;
	if (r->slashes == 0)
		append_merged_path(sb, base, r->path);
	else
		append_path(sb, r->path);
	if (strbuf_truncated(sb))
		return;
	sb->len = path_at + url_remove_dot_segments(sb->buf + path_at, sb->len - path_at);
	sb->buf[sb->len] = '\0';
	append_query(sb, base, r);
}

bool redirect_resolve(const struct url *base, const char *location, size_t len, char *text,
		      size_t cap, size_t *text_len)
{
	struct strbuf sb = strbuf_on(text, cap);
	struct reference r = split(location, len);

	if (holds_control_character(location, len))
		return false;
	if (r.has_scheme && (!text_is_word(r.scheme.at, r.scheme.len, "http") || r.slashes == 0))
		append_as_it_is(&sb, &r);
	else
		append_http(&sb, base, &r);
	*text_len = strbuf_stored(&sb);
	return !strbuf_truncated(&sb);
}
