/*
 * SPDX-License-Identifier: MIT
 *
 * Redirects (RFC 9110 15.4): what an answer that sends its caller elsewhere asks for.  Pure.
 */
#ifndef APP_HTTP_REDIRECT_H
#define APP_HTTP_REDIRECT_H

#include "app/http/method.h"
#include "app/http/url.h"

/* 300 to 399, but for 304, 305 and 306 */
bool redirect_is_one(unsigned code);
/* How to ask there, as curl does: 303 turns everything but HEAD into a GET, 301 and 302 a POST. */
enum http_method redirect_method(unsigned code, enum http_method method);
/* Location, relative to the URL that was asked (RFC 3986 5.2), as the text of a whole URL without a
 * fragment, into `text`.  Spaces and bytes above 0x7e are percent-encoded, other characters stay what
 * they are, as with curl.  False: a control character, or no room. */
bool redirect_resolve(const struct url *base, const char *location, size_t len, char *text,
		      size_t cap, size_t *text_len) MUST_CHECK;
/* Same host and port: credentials may go along. */
bool redirect_stays(const struct url *a, const struct url *b);

#endif
