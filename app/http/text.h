/* SPDX-License-Identifier: MIT */
/* What HTTP's client and server ask about bytes of text (RFC 9110 5.6, RFC 3986 2). */
#ifndef APP_HTTP_TEXT_H
#define APP_HTTP_TEXT_H

#include "base/span.h"

/* The same word without regard to the case of letters; `lower` is lower case. */
bool text_is_word(const char *at, size_t len, const char *lower);
/* The same text without regard to the case of letters. */
bool text_is_same(const char *a, size_t a_len, const char *b, size_t b_len);
/* The characters of a token, and so of a field's name (RFC 9110 5.6.2). */
bool text_is_token(const char *at, size_t len);
/* Where the first byte of `any_of` is, or `len`. */
size_t text_find(const char *text, size_t len, const char *any_of);

/* Without the blanks around it. */
struct span text_trim(const char *at, size_t len);
/* Cuts the next member off a comma-separated list (RFC 9110 5.6.1). */
struct span text_next_member(struct span *list);

#endif
