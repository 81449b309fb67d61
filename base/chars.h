/* SPDX-License-Identifier: MIT */
/* Questions about one character of ASCII text. */
#ifndef BASE_CHARS_H
#define BASE_CHARS_H

#include "base/compiler.h"

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool char_is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* A space or a tab (RFC 9110 5.6.3). */
static inline bool char_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* What a hexadecimal digit is worth, -1 for what is none. */
static inline int char_hex_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
