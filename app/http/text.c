/* SPDX-License-Identifier: MIT */
/* Questions about text; see app/http/text.h. */
#include "app/http/text.h"

#include "base/chars.h"
#include "base/string.h"

bool text_is_word(const char *at, size_t len, const char *lower)
{
	return span_equal_any_case((struct span){at, len}, span_of(lower));
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

struct span text_next_member(struct span *list)
{
	struct span member = span_take(list, span_find(*list, ","));

	span_take(list, 1);
	return span_trim(member);
}
