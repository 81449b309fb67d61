/* SPDX-License-Identifier: MIT */
/* See base/span.h. */
#include "base/span.h"

#include "base/chars.h"
#include "base/string.h"

struct span span_of(const char *string)
{
	return (struct span){string, strlen(string)};
}

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool span_equal_any_case(struct span a, struct span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		if (char_lower(a.at[i]) != char_lower(b.at[i]))
			return false;
	}
	return a.len == b.len;
}

bool span_is(struct span s, const char *string)
{
	return span_equal(s, span_of(string));
}

size_t span_find(struct span s, const char *any_of)
{
	for (size_t i = 0; i < s.len; i++) {
		for (const char *c = any_of; *c != '\0'; c++) {
			if (s.at[i] == *c)
				return i;
		}
	}
	return s.len;
}

struct span span_trim(struct span s)
{
	while (s.len > 0 && char_is_whitespace(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && char_is_whitespace(s.at[s.len - 1]))
		s.len--;
	return s;
}

struct span span_take(struct span *rest, size_t len)
{
	struct span taken = {rest->at, MIN(len, rest->len)};

	rest->at += taken.len;
	rest->len -= taken.len;
	return taken;
}
