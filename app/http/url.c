/* SPDX-License-Identifier: MIT */
/* URL parsing; see app/http/url.h.  The order of the questions is the order of RFC 3986's grammar:
 * scheme, authority, port, host, and what is left is the target. */
#include "app/http/url.h"

#include "app/http/text.h"
#include "base/ipv4_text.h"
#include "base/string.h"

static enum status fail(enum status status, const char **problem, const char *sentence)
{
	*problem = sentence;
	return status;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* RFC 3986 2: what may stand in a URL at all; everything else has to be percent-encoded. */
static bool has_only_url_characters(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= 0x20 || text[i] > 0x7e || memchr("\"<>\\^`{|}", text[i], 9) != NULL)
			return false;
	}
	return true;
}

/* --- scheme -------------------------------------------------------------------------------------- */

/* RFC 3986 3.1: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) */
static bool is_scheme(struct url_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!is_letter(c) && (i == 0 || !(is_digit(c) || c == '+' || c == '-' || c == '.')))
			return false;
	}
	return s.len > 0;
}

static bool is_http(struct url_span s)
{
	static const char name[] = "http";

	for (size_t i = 0; i < s.len && i < 4; i++) {
		if ((s.at[i] | 0x20) != name[i])
			return false;
	}
	return s.len == 4;
}

/* Takes "http://" off *rest. */
static enum status take_scheme(struct url_span *rest, const char **problem)
{
	size_t colon = text_find(rest->at, rest->len, ":/?#");
	struct url_span scheme = {rest->at, colon};

	if (colon + 3 > rest->len || memcmp(rest->at + colon, "://", 3) != 0)
		return fail(STATUS_URL_MALFORMED, problem, "no scheme: a URL begins with http://");
	if (!is_scheme(scheme))
		return fail(STATUS_URL_MALFORMED, problem, "the scheme is malformed");
	if (!is_http(scheme))
		return fail(STATUS_UNSUPPORTED_PROTOCOL, problem,
			    "scheme not supported: this build speaks http only");
	rest->at += colon + 3;
	rest->len -= colon + 3;
	return STATUS_OK;
}

/* --- authority ----------------------------------------------------------------------------------- */

/* RFC 3986 3.2.3: the port may be empty, which means the default one. */
static bool parse_port(struct url_span text, uint16_t *port)
{
	uint64_t v = 80;

	if (text.len > 0 && (!decimal_parse(text.at, text.len, 65535, &v) || v == 0))
		return false;
	*port = (uint16_t)v;
	return true;
}

/* Digits and dots only: meant as an address, so it is never a name. */
static bool looks_like_ipv4(struct url_span host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (!is_digit(host.at[i]) && host.at[i] != '.')
			return false;
	}
	return true;
}

static bool looks_like_name(struct url_span host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];

		if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return true;
}

static enum status judge_host(struct url *url, const char **problem)
{
	if (url->host.len == 0)
		return fail(STATUS_URL_MALFORMED, problem, "the host is missing");
	if (ipv4_parse(url->host.at, url->host.len, &url->ipv4))
		return STATUS_OK;
	if (looks_like_ipv4(url->host))
		return fail(STATUS_URL_MALFORMED, problem, "the host is not an IPv4 address");
	if (!looks_like_name(url->host))
		return fail(STATUS_URL_MALFORMED, problem, "the host is malformed");
	url->is_name = true;
	return STATUS_OK;
}

/* RFC 3986 3.2.1: before the last @, with every % followed by two digits. */
static bool take_user(struct url *url)
{
	struct url_span *whole = &url->authority;
	size_t len = whole->len;

	while (len > 0 && whole->at[len - 1] != '@')
		len--;
	if (len == 0)
		return true;
	url->has_user = true;
	url->user = (struct url_span){whole->at, len - 1};
	whole->at += len;
	whole->len -= len;
	for (size_t i = 0; i < url->user.len; i++) {
		if (url->user.at[i] == '%' &&
		    (i + 2 >= url->user.len || text_hex_value(url->user.at[i + 1]) < 0 ||
		     text_hex_value(url->user.at[i + 2]) < 0))
			return false;
	}
	return true;
}

static enum status parse_authority(struct url *url, const char **problem)
{
	struct url_span whole = url->authority;
	size_t colon = text_find(whole.at, whole.len, ":");
	struct url_span port = {whole.at + colon + 1, 0};

	if (whole.len > 0 && whole.at[0] == '[')
		return fail(STATUS_URL_MALFORMED, problem,
			    "IPv6 is not supported by this build: give an IPv4 address");
	url->host = (struct url_span){whole.at, colon};
	url->port = 80;
	if (colon < whole.len)
		port.len = whole.len - colon - 1;
	if (!parse_port(port, &url->port))
		return fail(STATUS_URL_MALFORMED, problem, "the port is not 1 to 65535");
	return judge_host(url, problem);
}

enum status url_parse(struct url *url, const char *text, size_t len, const char **problem)
{
	struct url_span rest = {text, len};
	enum status status;

	*url = (struct url){0};
	if (!has_only_url_characters(text, len))
		return fail(STATUS_URL_MALFORMED, problem, "a character that no URL may hold");
	status = take_scheme(&rest, problem);
	if (status != STATUS_OK)
		return status;
	url->authority = (struct url_span){rest.at, text_find(rest.at, rest.len, "/?#")};
	url->target.at = rest.at + url->authority.len;
	url->target.len = text_find(url->target.at, rest.len - url->authority.len, "#");
	url->slash_missing = url->target.len == 0 || url->target.at[0] != '/';
	if (!take_user(url))
		return fail(STATUS_URL_MALFORMED, problem, "the user is not percent-encoded");
	return parse_authority(url, problem);
}
