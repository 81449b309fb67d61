/* SPDX-License-Identifier: MIT */
/* What HTTP's client and server ask about bytes of text (RFC 9110 5.6, RFC 3986 2). */
#ifndef APP_HTTP_TEXT_H
#define APP_HTTP_TEXT_H

#include "base/span.h"

/* The same word without regard to the case of letters; `lower` is lower case. */
bool text_is_word(const char *at, size_t len, const char *lower);
/* The characters of a token, and so of a field's name (RFC 9110 5.6.2). */
bool text_is_token(const char *at, size_t len);
/* Removes the next member from a comma-separated list (RFC 9110 5.6.1). */
struct span text_next_member(struct span *list);

#endif
