/* SPDX-License-Identifier: MIT */
/* Questions about text; see app/http/text.h. */
#include "app/http/text.h"

#include "base/string.h"

bool text_is_word(const char *at, size_t len, const char *lower)
{
	size_t i = 0;

	for (; i < len && lower[i] != '\0'; i++) {
		char c = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] | 0x20) : at[i];
		if (c != lower[i])
			return false;
	}
	return i == len && lower[i] == '\0';
}

bool text_is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++) {
		if (a[i] != b[i] && !((a[i] ^ b[i]) == 0x20 && (a[i] | 0x20) >= 'a' && (a[i] | 0x20) <= 'z'))
			return false;
	}
	return true;
}

bool text_is_token(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = at[i], letter = (char)(c | 0x20);

		if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'z') &&
		    (c == '\0' || memchr("!#$%&'*+-.^_`|~", c, 15) == NULL))
			return false;
	}
	return len > 0;
}

int text_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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

bool text_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct text_value text_trim(const char *at, size_t len)
{
	while (len > 0 && text_is_blank(at[0])) {
		at++;
		len--;
	}
	while (len > 0 && text_is_blank(at[len - 1]))
		len--;
	return (struct text_value){at, len};
}

struct text_value text_next_member(struct text_value *list)
{
	const char *comma = memchr(list->at, ',', list->len);
	size_t len = comma != NULL ? (size_t)(comma - list->at) : list->len;
	struct text_value member = text_trim(list->at, len);
	size_t used = comma != NULL ? len + 1 : len;

	list->at += used;
	list->len -= used;
	return member;
}
