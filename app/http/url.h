/*
 * SPDX-License-Identifier: MIT
 *
 * URLs, as far as this client goes: http://[user@]host[:port][/path][?query][#fragment] (RFC 3986,
 * RFC 9110 4.2.1), the host an IPv4 address or a name.  Other schemes and IPv6 are told apart from
 * nonsense, because each ends a run with a status of its own.
 */
#ifndef APP_HTTP_URL_H
#define APP_HTTP_URL_H

#include "base/compiler.h"
#include "base/status.h"

struct url_span {
	const char *at;
	size_t len;
};

/* Spans point into the text that was parsed. */
struct url {
	struct url_span authority; /* host[:port] as written, no user: the Host header's value */
	struct url_span host;
	struct url_span user; /* name[:password] before an @, percent-encoded */
	bool has_user;
	struct url_span target; /* path and query without a fragment; len 0: "/" is meant */
	bool slash_missing;     /* the target begins with ?: a / goes before it */
	uint16_t port;
	bool is_name;           /* the host is one, and has to be looked up */
	uint32_t ipv4;          /* host order, where it is an address */
};

/* STATUS_OK; or STATUS_UNSUPPORTED_PROTOCOL, STATUS_URL_MALFORMED, with *problem a sentence. */
enum status url_parse(struct url *url, const char *text, size_t len, const char **problem) MUST_CHECK;

#endif
