/* SPDX-License-Identifier: MIT */
/* Search domains; see net/dhcp/names.h. */
#include "net/dhcp/names.h"

#include "base/chars.h"
#include "base/string.h"

#define NAME_MAX 253u /* RFC 1035 2.3.4, as text */
#define LABEL_MAX 63u
#define LIST_NAMES_MAX 32u /* that are read */

static bool is_name_char(uint8_t c)
{
	return char_is_letter((char)c) || char_is_digit((char)c) || c == '-' || c == '_';
}

/* Labels of 1 to 63 such characters, dots between them. */
static bool is_name(const uint8_t *p, size_t len)
{
	size_t label = 0;

	if (len == 0 || len > NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '.' ? label == 0 : !is_name_char(p[i]))
			return false;
		label = p[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0;
}

/* Appends the word, if there is room for all of it. */
static bool append(char text[DHCP_SEARCH_MAX], const uint8_t *p, size_t len)
{
	size_t at = strlen(text), space = at > 0;

	if (len > DHCP_SEARCH_MAX - 1 || at + space > DHCP_SEARCH_MAX - 1 - len)
		return false;
	if (space)
		text[at++] = ' ';
	for (size_t i = 0; i < len; i++)
		text[at++] = p[i] > 0x20 && p[i] <= 0x7e ? (char)p[i] : '?';
	text[at] = '\0';
	return true;
}

/* The word stands in `text` already. */
static bool contains(const char *text, const uint8_t *p, size_t len)
{
	size_t text_len = strlen(text);

	for (size_t at = 0; at + len <= text_len; at++)
		if ((at == 0 || text[at - 1] == ' ') && (text[at + len] == ' ' || text[at + len] == '\0') &&
		    memcmp(text + at, p, len) == 0)
			return true;
	return false;
}

/* A dot before it or behind it changes nothing. */
static void add_word(struct dhcp_search *s, const uint8_t *p, size_t len)
{
	const uint8_t *word = p;
	size_t n = len;

	if (n > 1 && word[0] == '.')
		word++, n--;
	if (n > 1 && word[n - 1] == '.')
		n--;
	if (is_name(word, n) && contains(s->good, word, n))
		return;
	if (is_name(word, n) && s->n < DHCP_SEARCH_NAMES_MAX && append(s->good, word, n))
		s->n++;
	else if (!append(s->rest, p, len))
		(void)append(s->rest, (const uint8_t *)"...", 3);
}

static bool separates(uint8_t c)
{
	return c == ' ' || c == ',' || c == ';' || (c >= '\t' && c <= '\r');
}

/* A terminator ends it. */
void dhcp_search_add_text(struct dhcp_search *s, const uint8_t *p, size_t len)
{
	size_t at = 0;

	while (at < len && p[at] != '\0') {
		size_t begin = at;

		while (at < len && p[at] != '\0' && !separates(p[at]))
			at++;
		if (at > begin)
			add_word(s, p + begin, at - begin);
		else
			at++;
	}
}

/* One name from *at on, as text in `name`; *at moves behind it.  A pointer must lead back to before
 * where this name, or the part of it that the last pointer led to, begins: so there is an end. */
static bool read_name(const uint8_t *p, size_t len, size_t *at, uint8_t name[NAME_MAX], size_t *n)
{
	size_t from = *at, begin = *at;
	bool jumped = false;

	for (*n = 0; from < len && p[from] != 0;) {
		uint8_t label = p[from];

		if (label > LABEL_MAX) { /* a pointer, or an undefined kind */
			size_t to = from + 1 < len ? (size_t)(label & 0x3f) << 8 | p[from + 1] : len;

			if (label < 0xc0 || to >= begin)
				return false;
			*at = jumped ? *at : from + 2;
			jumped = true;
			from = begin = to;
			continue;
		}
		if (label > len - from - 1 || *n + (*n > 0) + label > NAME_MAX)
			return false;
		if (*n > 0)
			name[(*n)++] = '.';
		memcpy(name + *n, p + from + 1, label);
		*n += label;
		from += 1u + label;
	}
	if (from >= len)
		return false;
	*at = jumped ? *at : from + 1;
	return true;
}

bool dhcp_search_add_list(struct dhcp_search *s, const uint8_t *p, size_t len)
{
	uint8_t name[NAME_MAX];
	size_t at = 0, n;

	for (unsigned names = 0; at < len && names < LIST_NAMES_MAX; names++) {
		if (!read_name(p, len, &at, name, &n))
			return false;
		if (n > 0) /* the root is no domain to look in */
			add_word(s, name, n);
	}
	return true;
}
