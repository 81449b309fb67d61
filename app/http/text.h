/* SPDX-License-Identifier: MIT */
/* What HTTP's client and server ask about bytes of text (RFC 9110 5.6, RFC 3986 2). */
#ifndef APP_HTTP_TEXT_H
#define APP_HTTP_TEXT_H

#include "base/compiler.h"

/* The same word without regard to the case of letters; `lower` is lower case. */
bool text_is_word(const char *at, size_t len, const char *lower);
/* The same text without regard to the case of letters. */
bool text_is_same(const char *a, size_t a_len, const char *b, size_t b_len);
/* The characters of a token, and so of a field's name (RFC 9110 5.6.2). */
bool text_is_token(const char *at, size_t len);
/* -1 for what is no hexadecimal digit. */
int text_hex_value(char c);
/* Where the first byte of `any_of` is, or `len`. */
size_t text_find(const char *text, size_t len, const char *any_of);

/* A field's value, or a part of one; not terminated. */
struct text_value {
	const char *at;
	size_t len;
};

/* A space or a tab (RFC 9110 5.6.3). */
bool text_is_blank(char c);
/* Without the blanks around it. */
struct text_value text_trim(const char *at, size_t len);
/* Cuts the next member off a comma-separated list (RFC 9110 5.6.1). */
struct text_value text_next_member(struct text_value *list);

#endif
