/*
 * SPDX-License-Identifier: MIT
 *
 * URLs, as far as this client goes: http://[user@]host[:port][/path][?query][#fragment] (RFC 3986,
 * RFC 9110 4.2.1), the host an IPv4 address or a name.  Other schemes and IPv6 are distinguished from
 * nonsense, because each ends a run with a status of its own.  What RFC 3986 leaves open, or forbids
 * and every client sends, is taken as curl takes it (tests/tools/test_url_like_curl.py); a host that ends
 * in a number is an IPv4 address or wrong, as in the URL standard (url.spec.whatwg.org).
 */
#ifndef APP_HTTP_URL_H
#define APP_HTTP_URL_H

#include "base/compiler.h"
#include "base/net_addr.h"
#include "base/span.h"
#include "base/status.h"

#define URL_SLASHES_MAX 3u /* behind "http:" */
#define URL_GROWTH 2u      /* bytes that the normal form may have more, terminator included */

/* Spans point into the text that was parsed. */
struct url {
	struct span authority; /* host[:port] as written, no user */
	struct span host;      /* without the dot behind an address */
	struct span user; /* name[:password] before an @, percent-encoded */
	bool has_user;
	struct span target; /* path and query without a fragment; len 0: "/" is meant */
	bool slash_missing;     /* the target begins with ?: a / goes before it */
	uint16_t port;
	bool is_name;           /* the host is one, and has to be looked up */
	struct net_addr addr;   /* where it is an address */
};

/* STATUS_OK; or STATUS_UNSUPPORTED_PROTOCOL, STATUS_URL_MALFORMED, with *problem a sentence. */
enum status url_parse(struct url *url, const char *text, size_t len, const char **problem) MUST_CHECK;
/* The same, with the URL in its normal form written to `text` (len + URL_GROWTH bytes), where the spans
 * point to: two slashes, no dot segments in the path (RFC 3986 6.2.2.3). */
enum status url_normalise(struct url *url, const char *given, size_t len, char *text, size_t *text_len,
			  const char **problem) MUST_CHECK;

/* RFC 3986 3.1 */
bool url_is_scheme(struct span s);

#endif
