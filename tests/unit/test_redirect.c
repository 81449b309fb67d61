/* SPDX-License-Identifier: MIT */
/* app/http/redirect.c: where a Location leads (RFC 3986 5.4's examples and more), and how it is asked. */
#include <stdio.h>
#include <string.h>

#include "app/http/redirect.h"
#include "config/config.h"
#include "tests/runner/unit.h"

static const char *resolve(const char *base_text, const char *location)
{
	static char text[CONFIG_TEXT_MAX];
	const char *problem;
	struct url base;
	size_t len;

	assert_int_equal(url_parse(&base, base_text, strlen(base_text), &problem), STATUS_OK);
	if (!redirect_resolve(&base, location, strlen(location), text, sizeof(text), &len))
		return NULL;
	assert_int_equal(len, strlen(text));
	return text;
}

/* The fragments of the RFC's examples are left away, and its ;p?q is ours. */
TEST(the_examples_of_the_rfc)
{
	static const struct {
		const char *location, *target;
	} rows[] = {
		{"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"},
		{"/g", "http://a/g"}, {"//g", "http://g"}, {"?y", "http://a/b/c/d;p?y"},
		{"g?y", "http://a/b/c/g?y"}, {"#s", "http://a/b/c/d;p?q"}, {"g#s", "http://a/b/c/g"},
		{"g?y#s", "http://a/b/c/g?y"}, {";x", "http://a/b/c/;x"}, {"g;x", "http://a/b/c/g;x"},
		{"g;x?y#s", "http://a/b/c/g;x?y"}, {"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"},
		{"./", "http://a/b/c/"}, {"..", "http://a/b/"}, {"../", "http://a/b/"},
		{"../g", "http://a/b/g"}, {"../..", "http://a/"}, {"../../", "http://a/"},
		{"../../g", "http://a/g"}, {"../../../g", "http://a/g"}, {"../../../../g", "http://a/g"},
		{"/./g", "http://a/g"}, {"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."},
		{".g", "http://a/b/c/.g"}, {"g..", "http://a/b/c/g.."}, {"..g", "http://a/b/c/..g"},
		{"./../g", "http://a/b/g"}, {"./g/.", "http://a/b/c/g/"}, {"g/./h", "http://a/b/c/g/h"},
		{"g/../h", "http://a/b/c/h"}, {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
		{"g;x=1/../y", "http://a/b/c/y"}, {"g?y/./x", "http://a/b/c/g?y/./x"},
		{"g?y/../x", "http://a/b/c/g?y/../x"}, {"g:h", "g:h"}, {"http:g", "http:g"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *target = resolve("http://a/b/c/d;p?q", rows[i].location);

		if (target == NULL || strcmp(target, rows[i].target) != 0)
			fail_msg("%s: %s, not %s", rows[i].location, target, rows[i].target);
	}
}

TEST(whole_urls_and_odd_ones)
{
	static const struct {
		const char *base, *location, *target;
	} rows[] = {
		{"http://a", "g", "http://a/g"},
		{"http://a?q", "", "http://a/?q"},
		{"http://a?q", "g", "http://a/g"},
		{"http://u:p@a:81/x/y", "z", "http://a:81/x/z"}, /* credentials are no part of it */
		{"http://a/", "http://b:8/x/../y?z#f", "http://b:8/y?z"},
		{"http://a/", "HTTP://b", "http://b"},
		{"http://a/", "https://b/../x", "https://b/../x"},
		{"http://a/", "http://u:p@b/", "http://u:p@b/"},
		{"http://a/", "mailto:x@y", "mailto:x@y"},
		{"http://a/", "/a b\"c", "/a%20b\"c"},
		{"http://a/", "/\xc3\xbc?\xff", "/%C3%BC?%FF"},
		{"http://a/", "/100%", "/100%"},
		{"http://a/", "/{}|^?{}|^ \\", "/{}|^?{}|^+\\"},
		{"http://a/", "///x", "http://x"},
		{"http://a/", "////x", "http:////x"}, /* which url_parse() refuses */
		{"http://a/", "http:/x/y", "http://x/y"},
		{"http://a/", "http:///x", "http://x"},
		{"http://a/", "http:////x", "http:////x"},
		{"http://a/", "///", "http://"},
		{"http://a/b/", "https:/x", "https:/x"},
		{"http://a/b/", "%2e%2E/c", "/c"},
		{"http://a/b/", "1:c", "/b/1:c"}, /* no scheme begins with a digit */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *target = resolve(rows[i].base, rows[i].location);
		char whole[64] = "http://a";

		if (rows[i].target[0] != '/')
			whole[0] = '\0';
		strcat(whole, rows[i].target);
		if (target == NULL || strcmp(target, whole) != 0)
			fail_msg("%s: %s, not %s", rows[i].location, target, whole);
	}
}

TEST(what_cannot_be_resolved)
{
	char text[16], location[CONFIG_TEXT_MAX + 1];
	const char *problem;
	struct url base;
	size_t len;

	assert_null(resolve("http://a/", "/x\x01y"));
	assert_null(resolve("http://a/", "/x\ty"));
	memset(location, 'x', sizeof(location) - 1);
	location[sizeof(location) - 1] = '\0';
	assert_null(resolve("http://a/", location));
	assert_int_equal(url_parse(&base, "http://a/", 9, &problem), STATUS_OK);
	assert_true(redirect_resolve(&base, "123456", 6, text, sizeof(text), &len));
	assert_string_equal(text, "http://a/123456");
	assert_false(redirect_resolve(&base, "1234567", 7, text, sizeof(text), &len));
}

TEST(methods_and_codes)
{
	for (unsigned code = 100; code < 1000; code++)
		assert_int_equal(redirect_is_one(code), (code >= 300 && code <= 303) ||
								(code >= 307 && code <= 399));
	assert_int_equal(redirect_method(300, HTTP_POST), HTTP_POST);
	assert_int_equal(redirect_method(301, HTTP_POST), HTTP_GET);
	assert_int_equal(redirect_method(302, HTTP_POST), HTTP_GET);
	assert_int_equal(redirect_method(303, HTTP_POST), HTTP_GET);
	assert_int_equal(redirect_method(307, HTTP_POST), HTTP_POST);
	assert_int_equal(redirect_method(308, HTTP_POST), HTTP_POST);
	assert_int_equal(redirect_method(301, HTTP_PUT), HTTP_PUT);
	assert_int_equal(redirect_method(303, HTTP_PUT), HTTP_GET);
	assert_int_equal(redirect_method(303, HTTP_HEAD), HTTP_HEAD);
	assert_int_equal(redirect_method(302, HTTP_HEAD), HTTP_HEAD);
}

TEST(what_the_same_host_is)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"http://a.b/x", "http://A.B:80/y", true}, {"http://a/", "http://a:81/", false},
		{"http://a/", "http://ab/", false},        {"http://a@b/", "http://c@b/", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url a, b;
		const char *problem;

		assert_int_equal(url_parse(&a, rows[i].a, strlen(rows[i].a), &problem), STATUS_OK);
		assert_int_equal(url_parse(&b, rows[i].b, strlen(rows[i].b), &problem), STATUS_OK);
		assert_int_equal(redirect_stays(&a, &b), rows[i].same);
	}
}
