/* SPDX-License-Identifier: MIT */
/* URL parsing; see app/http/url.h.  The order of the questions is the order of RFC 3986's grammar:
 * scheme, authority, port, host, and what is left is the target. */
#include "app/http/url.h"

#include "app/dns/dns_message.h"
#include "app/http/text.h"
#include "app/http/url_path.h"
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/strbuf.h"
#include "base/string.h"

static enum status fail(enum status status, const char **problem, const char *sentence)
{
	*problem = sentence;
	return status;
}

/* What is printable and no space is sent as it is, as curl does, though RFC 3986 2 would have some of it
 * percent-encoded; everything else has to be. */
static bool has_only_url_characters(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= 0x20 || text[i] > 0x7e)
			return false;
	}
	return true;
}

/* --- scheme -------------------------------------------------------------------------------------- */

/* RFC 3986 3.1: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
bool url_is_scheme(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!char_is_letter(c) && (i == 0 || !(char_is_digit(c) || c == '+' || c == '-' || c == '.')))
			return false;
	}
	return s.len > 0;
}

static bool is_http(struct span s)
{
	static const char name[] = "http";

	for (size_t i = 0; i < s.len && i < 4; i++) {
		if ((s.at[i] | 0x20) != name[i])
			return false;
	}
	return s.len == 4;
}

/* "host:80" and what stands behind it */
static bool begins_with_port(const char *at, size_t len)
{
	size_t digits = 0;

	while (digits < len && char_is_digit(at[digits]))
		digits++;
	return digits > 0 && (digits == len || at[digits] == '/');
}

/* Takes "http://" off *rest; with one slash or three it means the same, as everywhere. */
static enum status parse_scheme(struct span *rest, const char **problem)
{
	size_t colon = span_find(*rest, ":/?#");
	struct span scheme = {rest->at, colon};
	size_t slashes = 0;

	if (colon == rest->len || rest->at[colon] != ':' ||
	    begins_with_port(rest->at + colon + 1, rest->len - colon - 1))
		return fail(STATUS_URL_MALFORMED, problem, "no scheme: a URL begins with http://");
	if (!url_is_scheme(scheme))
		return fail(STATUS_URL_MALFORMED, problem, "the scheme is malformed");
	if (!is_http(scheme))
		return fail(STATUS_UNSUPPORTED_PROTOCOL, problem,
			    "scheme not supported: this build speaks http only");
	rest->at += colon + 1;
	rest->len -= colon + 1;
	while (slashes < rest->len && rest->at[slashes] == '/')
		slashes++;
	if (slashes == 0 || slashes > URL_SLASHES_MAX)
		return fail(STATUS_URL_MALFORMED, problem, "two slashes belong behind http:");
	rest->at += slashes;
	rest->len -= slashes;
	return STATUS_OK;
}

/* --- authority ----------------------------------------------------------------------------------- */

/* RFC 3986 3.2.3: the port may be empty, which means the default one. */
static bool parse_port(struct span text, uint16_t *port)
{
	uint64_t v = 80;

	if (text.len > 0 && (!decimal_parse(text.at, text.len, 65535, &v) || v == 0))
		return false;
	*port = (uint16_t)v;
	return true;
}

/* RFC 3986 3.2.2 and the URL standard's "ends in a number": a last label that is a number in any base is
 * meant as an address, and no name server is asked for it. */
static bool ends_in_number(struct span host)
{
	size_t end = host.len - (host.at[host.len - 1] == '.'), at = end;

	while (at > 0 && host.at[at - 1] != '.')
		at--;
	return dns_label_is_number(host.at + at, end - at);
}

/* A dot behind the last label is no label (RFC 1034 3.1). */
static bool has_empty_label(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (host.at[i] == '.' && (i == 0 || host.at[i - 1] == '.'))
			return true;
	}
	return false;
}

static bool looks_like_name(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];

		if (!char_is_letter(c) && !char_is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

static enum status judge_host(struct url *url, const char **problem)
{
	uint32_t ipv4;

	if (url->host.len == 0)
		return fail(STATUS_URL_MALFORMED, problem, "the host is missing");
	if (!looks_like_name(url->host))
		return fail(STATUS_URL_MALFORMED, problem, "the host is malformed");
	if (has_empty_label(url->host))
		return fail(STATUS_URL_MALFORMED, problem, "the host has an empty label");
	if (ends_in_number(url->host)) {
		url->host.len -= url->host.at[url->host.len - 1] == '.';
		if (!ipv4_parse(url->host.at, url->host.len, &ipv4))
			return fail(STATUS_URL_MALFORMED, problem, "the host is not an IPv4 address");
		url->addr = net_addr_ipv4(ipv4);
		return STATUS_OK;
	}
	url->is_name = true;
	return STATUS_OK;
}

/* RFC 3986 3.2.1: before the last @, with every % followed by two digits. */
static bool parse_user(struct url *url)
{
	struct span *whole = &url->authority;
	size_t len = whole->len;

	while (len > 0 && whole->at[len - 1] != '@')
		len--;
	if (len == 0)
		return true;
	url->has_user = true;
	url->user = (struct span){whole->at, len - 1};
	whole->at += len;
	whole->len -= len;
	for (size_t i = 0; i < url->user.len; i++) {
		if (url->user.at[i] == '%' &&
		    (i + 2 >= url->user.len || char_hex_value(url->user.at[i + 1]) < 0 ||
		     char_hex_value(url->user.at[i + 2]) < 0))
			return false;
	}
	return true;
}

static enum status parse_authority(struct url *url, const char **problem)
{
	struct span whole = url->authority;
	size_t colon = span_find(whole, ":");
	struct span port = {whole.at + colon + 1, 0};

	if (whole.len > 0 && whole.at[0] == '[')
		return fail(STATUS_URL_MALFORMED, problem,
			    "IPv6 is not supported by this build: give an IPv4 address");
	url->host = (struct span){whole.at, colon};
	url->port = 80;
	if (colon < whole.len)
		port.len = whole.len - colon - 1;
	if (!parse_port(port, &url->port))
		return fail(STATUS_URL_MALFORMED, problem, "the port is not 1 to 65535");
	return judge_host(url, problem);
}

enum status url_parse(struct url *url, const char *text, size_t len, const char **problem)
{
	struct span rest = {text, len};
	enum status status;

	*url = (struct url){0};
	if (!has_only_url_characters(text, len))
		return fail(STATUS_URL_MALFORMED, problem, "a character that no URL may hold");
	status = parse_scheme(&rest, problem);
	if (status != STATUS_OK)
		return status;
	url->authority = (struct span){rest.at, span_find(rest, "/?#")};
	url->target.at = rest.at + url->authority.len;
	url->target.len = span_find((struct span){url->target.at, rest.len - url->authority.len}, "#");
	url->slash_missing = url->target.len == 0 || url->target.at[0] != '/';
	if (!parse_user(url))
		return fail(STATUS_URL_MALFORMED, problem, "the user is not percent-encoded");
	return parse_authority(url, problem);
}

/* --- in its normal form -------------------------------------------------------------------------- */

static void append_span(struct strbuf *sb, struct span s)
{
	strbuf_mem(sb, s.at, s.len);
}

/* An address is written without the dot that may stand behind it. */
static void append_authority(struct strbuf *sb, const struct url *url)
{
	size_t colon = span_find(url->authority, ":");

	if (url->has_user) {
		append_span(sb, url->user);
		strbuf_char(sb, '@');
	}
	append_span(sb, url->host);
	strbuf_mem(sb, url->authority.at + colon, url->authority.len - colon);
}

enum status url_normalise(struct url *url, const char *given, size_t len, char *text, size_t *text_len,
			  const char **problem)
{
	struct strbuf sb = strbuf_on(text, len + URL_GROWTH);
	enum status status = url_parse(url, given, len, problem);
	size_t path_at, path_len;
	const char *rest;

	if (status != STATUS_OK)
		return status;
	path_len = span_find(url->target, "?");
	rest = url->target.at + path_len;
	strbuf_str(&sb, "http://");
	append_authority(&sb, url);
	path_at = sb.len;
	strbuf_mem(&sb, url->target.at, path_len);
	sb.len = path_at + url_remove_dot_segments(text + path_at, path_len);
	strbuf_mem(&sb, rest, (size_t)(given + len - rest));
	*text_len = strbuf_stored(&sb);
	return url_parse(url, text, *text_len, problem);
}
