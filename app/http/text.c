/* SPDX-License-Identifier: MIT */
/* Questions about text; see app/http/text.h. */
#include "app/http/text.h"

#include "base/chars.h"
#include "base/string.h"

bool text_is_word(const char *at, size_t len, const char *lower)
{
	size_t i = 0;

	for (; i < len && lower[i] != '\0'; i++) {
		if (char_lower(at[i]) != lower[i])
			return false;
	}
	return i == len && lower[i] == '\0';
}

bool text_is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++) {
		if (char_lower(a[i]) != char_lower(b[i]))
			return false;
	}
	return true;
}

bool text_is_token(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = at[i];

		if (!char_is_digit(c) && !char_is_letter(c) &&
		    (c == '\0' || memchr("!#$%&'*+-.^_`|~", c, 15) == NULL))
			return false;
	}
	return len > 0;
}

size_t text_find(const char *text, size_t len, const char *any_of)
{
	for (size_t i = 0; i < len; i++) {
		for (const char *c = any_of; *c != '\0'; c++) {
			if (text[i] == *c)
				return i;
		}
	}
	return len;
}

struct span text_trim(const char *at, size_t len)
{
	while (len > 0 && char_is_blank(at[0])) {
		at++;
		len--;
	}
	while (len > 0 && char_is_blank(at[len - 1]))
		len--;
	return (struct span){at, len};
}

struct span text_next_member(struct span *list)
{
	const char *comma = memchr(list->at, ',', list->len);
	size_t len = comma != NULL ? (size_t)(comma - list->at) : list->len;
	struct span member = text_trim(list->at, len);
	size_t used = comma != NULL ? len + 1 : len;

	list->at += used;
	list->len -= used;
	return member;
}
