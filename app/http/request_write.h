/*
 * SPDX-License-Identifier: MIT
 *
 * The bytes of a request (RFC 9110, RFC 9112 3): what the configuration says, put together as curl
 * does it.  Pure: URL and settings in, text out.
 */
#ifndef APP_HTTP_REQUEST_WRITE_H
#define APP_HTTP_REQUEST_WRITE_H

#include "app/probe/settings.h"
#include "base/strbuf.h"

/* The longest one: target, Host, user, User-Agent, fields and body, each at its longest. */
#define HTTP_REQUEST_MAX (9u * CONFIG_TEXT_MAX + HTTP_FIELDS_BYTES)

struct http_request {
	enum http_method method;
	const struct url *url;
	bool with_body; /* redirects may have taken it off */
	bool at_home;   /* the host that the configuration names: it may see what header= says */
	const struct url *home; /* whose credentials go along, and those of user=; NULL: none do */
	bool last;      /* the connection is closed behind the answer */
};

void request_put(struct strbuf *sb, const struct http_request *rq);
/* The target alone: path and query. */
void request_put_target(struct strbuf *sb, const struct url *url);

#endif
