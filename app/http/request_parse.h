/*
 * SPDX-License-Identifier: MIT
 *
 * The parser of HTTP/1.x requests (RFC 9110, RFC 9112): incremental, bounded, one request after the
 * other out of a stream that comes in parts of any size.
 *
 *   request_begin(r);
 *   while (r->phase < REQUEST_DONE)
 *       bytes came: request_feed(r, data, len)
 *
 * It ends in REQUEST_DONE, or in REQUEST_BAD with the status code that says so to the client.  After
 * REQUEST_BAD it is unknown where the next request would begin: the connection ends with the answer.
 * A body is counted and thrown away; nothing here takes one.
 */
#ifndef APP_HTTP_REQUEST_PARSE_H
#define APP_HTTP_REQUEST_PARSE_H

#include "app/http/line.h"
#include "base/compiler.h"

#define REQUEST_HEADER_MAX (16u * 1024) /* bytes of request line and fields together */
#define REQUEST_FIELDS_MAX 100u
#define REQUEST_BODY_MAX (64u * 1024)
#define REQUEST_PATH_KEPT 64u   /* a longer one is none of ours */
#define REQUEST_TARGET_KEPT 256u /* bytes of what is only logged */
#define REQUEST_METHOD_KEPT 16u

enum request_phase {
	REQUEST_LINE,
	REQUEST_FIELDS,
	REQUEST_BODY, /* `remaining` bytes to go */
	REQUEST_DONE,
	REQUEST_BAD,
};

enum request_method {
	REQUEST_GET,
	REQUEST_HEAD,
	REQUEST_KNOWN,   /* of RFC 9110 9, or PATCH: a method, but none that is served here */
	REQUEST_UNKNOWN,
};

struct request {
	enum request_phase phase;
	unsigned code;       /* REQUEST_BAD: the status code, 400 to 505 */
	const char *problem; /* REQUEST_BAD: what is wrong, as a sentence */

	enum request_method method;
	unsigned minor;      /* of HTTP/1.minor; 1 for what is later */
	bool is_http;        /* the version is known */
	bool last;           /* no other request may follow on this connection */
	bool wants_continue; /* the client waits for "100 Continue" before it sends the body */

	size_t method_len, target_len, path_len;
	bool path_overlong;
	char method_text[REQUEST_METHOD_KEPT]; /* as written; cut, like the target */
	char target[REQUEST_TARGET_KEPT];
	char path[REQUEST_PATH_KEPT];

	bool has_host, has_length, has_coding, is_chunked, has_expectation, is_strange_expectation;
	bool wants_close, wants_keep_alive;
	uint64_t length, remaining;
	unsigned n_fields;
	size_t size_header;  /* bytes so far, empty lines before the request line included */
	uint64_t size_body;
	struct http_line line;
};

void request_begin(struct request *r);
/* Takes bytes of the stream; how many: fewer than `len` only where the request is done or bad. */
size_t request_feed(struct request *r, const void *data, size_t len) MUST_CHECK;
/* Not a byte of it has come, but for empty lines. */
bool request_is_fresh(const struct request *r);
/* It can go on no further: called by the reader of the stream, too (a timeout). */
void request_fail(struct request *r, unsigned code, const char *problem);

/* --- between the parser's files --------------------------------------------------------------- */

/* One line of the header, r->line (request_parse_line.c, request_parse_fields.c). */
void request_read_line(struct request *r);
void request_read_field(struct request *r);
/* All fields are there: which body follows, and what is wrong with the whole. */
void request_end_fields(struct request *r);
/* RFC 3986 3.2.2 and 3.2.3, loosely: bytes that a host and a port may have. */
bool request_is_host(const char *at, size_t len);

#endif
