/*
 * SPDX-License-Identifier: MIT
 *
 * The bytes of a request (RFC 9110, RFC 9112 3): what the configuration says, put together as curl
 * does it.  Pure: URL and options in, text out.
 */
#ifndef APP_HTTP_REQUEST_WRITE_H
#define APP_HTTP_REQUEST_WRITE_H

#include "app/http/method.h"
#include "app/http/url.h"
#include "base/strbuf.h"
#include "config/config.h"

#define HTTP_FIELDS_MAX 32u
#define HTTP_FIELDS_BYTES (8u * 1024) /* of all header= together */
/* The longest one: target, Host, user, User-Agent, fields and body, each at its longest. */
#define HTTP_REQUEST_MAX (9u * CONFIG_TEXT_MAX + HTTP_FIELDS_BYTES)

/* header=Name: value.  An empty value takes a field out that would be sent otherwise. */
struct http_field {
	size_t at, name_len, value_at, value_len; /* in `text` */
};

struct http_fields {
	struct config_list list;
	struct http_field entry[HTTP_FIELDS_MAX];
	char text[HTTP_FIELDS_BYTES];
};

/* A value that may be empty. */
struct http_value {
	bool given;
	size_t len;
	char text[CONFIG_TEXT_MAX];
};

/* What all requests of a client have in common. */
struct http_request_options {
	struct http_fields fields;
	struct http_value body;
	struct http_value user; /* name:password */
	char user_agent[CONFIG_TEXT_MAX];
};

struct http_request {
	const struct http_request_options *options;
	enum http_method method;
	const struct url *url;
	uint64_t body_max; /* bytes of the answer's body; a longer one is refused */
	bool with_body; /* redirects may have taken it off */
	bool at_home;   /* the host that the configuration names: it may see what header= says */
	const struct url *home; /* whose credentials go along, and those of user=; NULL: none do */
	bool last;      /* the connection is closed behind the answer */
};

void request_put(struct strbuf *sb, const struct http_request *rq);
/* The target alone: path and query. */
void request_put_target(struct strbuf *sb, const struct url *url);
/* Bytes of the request that are its body. */
size_t request_body_len(const struct http_request *rq);

#endif
