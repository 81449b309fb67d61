/*
 * SPDX-License-Identifier: MIT
 *
 * A request line: method SP request-target SP HTTP-version (RFC 9112 3).  Of the four forms of a
 * target origin-form and absolute-form lead somewhere; the asterisk and a bare authority belong to
 * methods that are not served.
 */
#include "app/http/text.h"
#include "app/http/request_parse.h"
#include "base/chars.h"
#include "base/string.h"

/* Splits off what comes before the next space; false: there is none. */
static bool next_word(struct span *rest, struct span *word)
{
	size_t space = span_find(*rest, " ");

	if (space == rest->len)
		return false;
	*word = span_take(rest, space);
	span_take(rest, 1);
	return true;
}

/* RFC 9112 2.3 and 3 */
static bool parse_version(struct request *r, struct span v)
{
	if (v.len != 8 || memcmp(v.at, "HTTP/", 5) != 0 || !char_is_digit(v.at[5]) || v.at[6] != '.' ||
	    !char_is_digit(v.at[7])) {
		request_fail(r, 400, "the request line does not end in an HTTP version");
		return false;
	}
	if (v.at[5] != '1') {
		request_fail(r, 505, "an HTTP version other than 1");
		return false;
	}
	r->minor = v.at[7] == '0' ? 0 : 1;
	r->is_http = true;
	return true;
}

/* RFC 9110 9.1: methods are case-sensitive. */
static enum request_method method_of(struct span m)
{
	static const char known[][8] = {"POST",    "PUT",   "DELETE", "CONNECT",
					"OPTIONS", "TRACE", "PATCH"};

	if (span_is(m, "GET"))
		return REQUEST_GET;
	if (span_is(m, "HEAD"))
		return REQUEST_HEAD;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (span_is(m, known[i]))
			return REQUEST_KNOWN;
	}
	return REQUEST_UNKNOWN;
}

/* RFC 3986: a target is printable ASCII, and the fragment is never sent. */
static bool is_target(struct span t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] <= ' ' || t.at[i] > '~' || t.at[i] == '#')
			return false;
	}
	return t.len > 0;
}

/* RFC 9112 3.2.2: a server takes absolute-form, too; what it names beside the path is no matter
 * here, there is one site. */
static bool strip_authority(struct span *t)
{
	static const char scheme[] = "http://";
	size_t scheme_len = sizeof(scheme) - 1, end;

	if (t->at[0] == '/')
		return true;
	if (t->len <= scheme_len || !text_is_word(t->at, scheme_len, scheme))
		return false;
	t->at += scheme_len;
	t->len -= scheme_len;
	end = span_find(*t, "/?");
	if (end == 0 || !request_is_host(t->at, end))
		return false;
	t->at += end;
	t->len -= end;
	return true;
}

static void keep_path(struct request *r, struct span t)
{
	size_t len = span_find(t, "?");

	if (len == 0) { /* RFC 9112 3.2.1: an empty path is sent as "/" */
		r->path[0] = '/';
		r->path_len = 1;
		return;
	}
	r->path_overlong = len > sizeof(r->path);
	r->path_len = MIN(len, sizeof(r->path));
	memcpy(r->path, t.at, r->path_len);
}

static void parse_target(struct request *r, struct span t)
{
	bool leads_nowhere = r->method == REQUEST_KNOWN || r->method == REQUEST_UNKNOWN;

	if (!is_target(t))
		request_fail(r, 400, "a request target with bytes that it may not have");
	else if (strip_authority(&t))
		keep_path(r, t);
	else if (!leads_nowhere)
		request_fail(r, 400, "a request target that is neither a path nor an http:// URL");
}

static void keep_for_the_log(struct request *r, struct span method, struct span target)
{
	r->method_len = MIN(method.len, sizeof(r->method_text));
	memcpy(r->method_text, method.at, r->method_len);
	r->target_len = MIN(target.len, sizeof(r->target));
	memcpy(r->target, target.at, r->target_len);
}

void request_read_line(struct request *r)
{
	struct span rest = {r->line.text, r->line.len}, method, target;

	if (!next_word(&rest, &method) || !next_word(&rest, &target)) {
		request_fail(r, 400, "not a request line");
		return;
	}
	keep_for_the_log(r, method, target);
	if (!parse_version(r, rest))
		return;
	if (!text_is_token(method.at, method.len)) {
		request_fail(r, 400, "a method with bytes that it may not have");
		return;
	}
	r->method = method_of(method);
	r->phase = REQUEST_FIELDS;
	parse_target(r, target);
}
