/*
 * SPDX-License-Identifier: MIT
 *
 * Questions about one character of ASCII, without a locale.  tools/check_layers.py keeps them single.
 */
#ifndef BASE_CHARS_H
#define BASE_CHARS_H

#include <stdbool.h>

static inline bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool char_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A space or a tab: whitespace within a line (RFC 9110 5.6.3). */
static inline bool char_is_whitespace(char c)
{
	return c == ' ' || c == '\t';
}

/* A letter in lower case; all else as it is. */
static inline char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The value of a hexadecimal digit; -1 if it is none. */
static inline int char_hex_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
