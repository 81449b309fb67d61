/* SPDX-License-Identifier: MIT */
/* base/span and base/chars: bytes that somebody else owns, and questions about one character. */
#include <ctype.h>
#include <string.h>

#include "base/chars.h"
#include "base/span.h"
#include "tests/runner/unit.h"

#define NOTHING ((struct span){NULL, 0})

TEST(characters_are_those_of_the_c_locale)
{
	for (int i = -128; i < 256; i++) {
		char c = (char)i;
		int u = i & 0xff;
		bool ascii = u < 128;

		assert_int_equal(char_is_digit(c), ascii && isdigit(u) != 0);
		assert_int_equal(char_is_letter(c), ascii && isalpha(u) != 0);
		assert_int_equal(char_is_whitespace(c), ascii && isblank(u) != 0);
		assert_int_equal(char_lower(c), ascii ? (char)tolower(u) : c);
	}
}

TEST(hexadecimal_digits)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";

	for (int i = -128; i < 128; i++) {
		char c = (char)i;
		const char *l = c != '\0' ? strchr(lower, c) : NULL, *u = c != '\0' ? strchr(upper, c) : NULL;
		int value = l != NULL ? (int)(l - lower) : u != NULL ? (int)(u - upper) : -1;

		assert_int_equal(char_hex_value(c), value);
	}
}

TEST(equal)
{
	assert_true(span_equal(span_of("abc"), (struct span){"abcd", 3}));
	assert_false(span_equal(span_of("abc"), span_of("abcd")));
	assert_false(span_equal(span_of("abc"), span_of("abC")));
	assert_true(span_equal(NOTHING, span_of("")));
	assert_true(span_is((struct span){"GET /", 3}, "GET"));
	assert_false(span_is((struct span){"GET /", 3}, "GE"));
	assert_false(span_is((struct span){"G\0T", 3}, "G"));
	assert_true(span_is(NOTHING, ""));
}

TEST(equal_but_for_the_case_of_letters)
{
	assert_true(span_equal_any_case(span_of("Content-Length"), span_of("cONTENT-lENGTH")));
	assert_false(span_equal_any_case(span_of("Content"), span_of("Content-Length")));
	assert_false(span_equal_any_case(span_of("Content-Length"), span_of("Content")));
	/* They differ by the same bit, and are no letters. */
	assert_false(span_equal_any_case(span_of("@"), span_of("`")));
	assert_false(span_equal_any_case(span_of("["), span_of("{")));
	assert_true(span_equal_any_case(NOTHING, span_of("")));
}

TEST(find)
{
	assert_int_equal(span_find(span_of("a:b/c"), "/:"), 1);
	assert_int_equal(span_find(span_of("a:b/c"), "?"), 5);
	assert_int_equal(span_find((struct span){"abc:", 3}, ":"), 3);
	assert_int_equal(span_find(NOTHING, ":"), 0);
}

TEST(trim)
{
	assert_true(span_is(span_trim(span_of(" \t a b\t ")), "a b"));
	assert_true(span_is(span_trim(span_of("a\n")), "a\n"));
	assert_int_equal(span_trim(span_of(" \t ")).len, 0);
	assert_int_equal(span_trim(NOTHING).len, 0);
}

TEST(take)
{
	struct span rest = span_of("GET /");

	assert_true(span_is(span_take(&rest, 3), "GET"));
	assert_true(span_is(rest, " /"));
	assert_true(span_is(span_take(&rest, 100), " /"));
	assert_int_equal(rest.len, 0);
	assert_int_equal(span_take(&rest, 1).len, 0);
}
