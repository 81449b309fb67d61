/* SPDX-License-Identifier: MIT */
/* app/http/url: what is accepted, and which status each kind of trouble ends with. */
#include <stdlib.h>
#include <string.h>

#include "app/http/url.h"
#include "tests/runner/unit.h"

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static enum status parse(struct url *url, const char *text, const char **problem)
{
	static char *copy;
	size_t len = strlen(text);

	free(copy);
	copy = malloc(len > 0 ? len : 1);
	memcpy(copy, text, len);
	*problem = NULL;
	return url_parse(url, copy, len, problem);
}

TEST(accepted)
{
	static const struct {
		const char *text;
		uint32_t ipv4;
		uint16_t port;
		const char *authority, *target;
		bool slash_missing;
	} rows[] = {
		{"http://10.0.2.2", 0x0a000202, 80, "10.0.2.2", "", true},
		{"http://10.0.2.2/", 0x0a000202, 80, "10.0.2.2", "/", false},
		{"HtTp://10.0.2.2/a/b.html", 0x0a000202, 80, "10.0.2.2", "/a/b.html", false},
		{"http://192.168.77.1:8080/x?y=1&z=/#top", 0xc0a84d01, 8080, "192.168.77.1:8080",
		 "/x?y=1&z=/", false},
		{"http://10.0.2.2:/x", 0x0a000202, 80, "10.0.2.2:", "/x", false},
		{"http://10.0.2.2?q=http://1.2.3.4:5/", 0x0a000202, 80, "10.0.2.2", "?q=http://1.2.3.4:5/",
		 true},
		{"http://10.0.2.2#only", 0x0a000202, 80, "10.0.2.2", "", true},
		{"http://10.0.2.2:65535/%20@:", 0x0a000202, 65535, "10.0.2.2:65535", "/%20@:", false},
		{"http:/10.0.2.2/a\"<>\\^`{|}b", 0x0a000202, 80, "10.0.2.2", "/a\"<>\\^`{|}b", false},
		{"http:///10.0.2.2.:81/", 0x0a000202, 81, "10.0.2.2.:81", "/", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url url;
		const char *problem;

		if (parse(&url, rows[i].text, &problem) != STATUS_OK)
			fail_msg("%s: %s", rows[i].text, problem);
		assert_null(problem);
		assert_int_equal(net_addr_to_ipv4(&url.addr), rows[i].ipv4);
		assert_false(url.is_name);
		assert_int_equal(url.port, rows[i].port);
		assert_int_equal(url.authority.len, strlen(rows[i].authority));
		assert_memory_equal(url.authority.at, rows[i].authority, url.authority.len);
		assert_int_equal(url.target.len, strlen(rows[i].target));
		assert_memory_equal(url.target.at, rows[i].target, url.target.len);
		assert_int_equal(url.slash_missing, rows[i].slash_missing);
	}
}

TEST(names_are_for_the_resolver)
{
	static const char *const hosts[] = {"example.org", "localhost", "1.2.3.4.example", "a", "x.y.",
					    "a.0xg", "a.1e", "0x.a"};

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		char text[64];
		struct url url;
		const char *problem;

		strcat(strcat(strcpy(text, "http://"), hosts[i]), ":8000/");
		assert_int_equal(parse(&url, text, &problem), STATUS_OK);
		assert_true(url.is_name);
		assert_int_equal(url.host.len, strlen(hosts[i]));
		assert_memory_equal(url.host.at, hosts[i], url.host.len);
		assert_int_equal(url.port, 8000);
	}
}

/* It is no part of what the Host field says; the last @ ends it. */
TEST(users)
{
	static const struct {
		const char *text, *user;
	} rows[] = {
		{"http://me:secret@10.0.2.2:81/x@y", "me:secret"}, {"http://@10.0.2.2:81/", ""},
		{"http://a%40b:c%3A@10.0.2.2:81", "a%40b:c%3A"},   {"http://a@b@10.0.2.2:81?@", "a@b"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url url;
		const char *problem;

		assert_int_equal(parse(&url, rows[i].text, &problem), STATUS_OK);
		assert_true(url.has_user);
		assert_int_equal(url.user.len, strlen(rows[i].user));
		assert_memory_equal(url.user.at, rows[i].user, url.user.len);
		assert_int_equal(url.authority.len, strlen("10.0.2.2:81"));
		assert_memory_equal(url.authority.at, "10.0.2.2:81", url.authority.len);
		assert_int_equal(url.host.len, strlen("10.0.2.2"));
		assert_int_equal(url.port, 81);
	}
}

TEST(refused_with_its_status)
{
	static const struct {
		const char *text;
		enum status status;
	} rows[] = {
		{"https://10.0.2.2/", STATUS_UNSUPPORTED_PROTOCOL},
		{"ftp://10.0.2.2/", STATUS_UNSUPPORTED_PROTOCOL},
		{"httpx://10.0.2.2/", STATUS_UNSUPPORTED_PROTOCOL},
		{"htt://10.0.2.2/", STATUS_UNSUPPORTED_PROTOCOL},
		{"", STATUS_URL_MALFORMED},
		{"http", STATUS_URL_MALFORMED},
		{"http:", STATUS_URL_MALFORMED},
		{"http:/", STATUS_URL_MALFORMED},
		{"http:10.0.2.2/", STATUS_URL_MALFORMED},
		{"http:////10.0.2.2/", STATUS_URL_MALFORMED},
		{"http://", STATUS_URL_MALFORMED},
		{"http:///", STATUS_URL_MALFORMED},
		{"http://:80/", STATUS_URL_MALFORMED},
		{"10.0.2.2/", STATUS_URL_MALFORMED},
		{"/x", STATUS_URL_MALFORMED},
		{"://10.0.2.2/", STATUS_URL_MALFORMED},
		{"1http://10.0.2.2/", STATUS_URL_MALFORMED},
		{"http://10.0.2/", STATUS_URL_MALFORMED},
		{"http://10.0.2.256/", STATUS_URL_MALFORMED},
		{"http://10.0.2.02/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2.2/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2:0/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2:65536/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2:8o/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2:-1/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2:80:80/", STATUS_URL_MALFORMED},
		{"http://foo.09/", STATUS_URL_MALFORMED}, /* numbers in any base, at the end */
		{"http://0x7F.1/", STATUS_URL_MALFORMED},
		{"http://a.0x1f./", STATUS_URL_MALFORMED},
		{"http://a.0X/", STATUS_URL_MALFORMED},
		{"http://16909060/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2../", STATUS_URL_MALFORMED},
		{"http://a..b/", STATUS_URL_MALFORMED},
		{"http://.a/", STATUS_URL_MALFORMED},
		{"http://./", STATUS_URL_MALFORMED},
		{"mailto:x@y", STATUS_UNSUPPORTED_PROTOCOL},
		{"h:80/x", STATUS_URL_MALFORMED},
		{"http://me@/", STATUS_URL_MALFORMED},
		{"http://me%4@10.0.2.2/", STATUS_URL_MALFORMED},
		{"http://me%@10.0.2.2/", STATUS_URL_MALFORMED},
		{"http://me%4g@10.0.2.2/", STATUS_URL_MALFORMED},
		{"http://[::1]/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2/a b", STATUS_URL_MALFORMED},
		{"http://10.0.2.2{/", STATUS_URL_MALFORMED},
		{"http://10.0.2.2\\x", STATUS_URL_MALFORMED},
		{"http://10.0.2.2/\r\nHost: evil", STATUS_URL_MALFORMED},
		{"http://10.0.2.2/\xc3\xbc", STATUS_URL_MALFORMED},
		{"http://a,b/", STATUS_URL_MALFORMED},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url url;
		const char *problem;
		enum status status = parse(&url, rows[i].text, &problem);

		if (status != rows[i].status)
			fail_msg("%s: %d (%s)", rows[i].text, status, problem != NULL ? problem : "");
		assert_non_null(problem);
	}
}

/* What is asked for, and what redirects are relative to; the rest of the URL stays as it is. */
TEST(the_normal_form)
{
	static const struct {
		const char *given, *text;
	} rows[] = {
		{"http://a", "http://a"},
		{"HTTP:/a/b", "http://a/b"},
		{"http:///u:p@A:080/b/../c/%2E%2e/./d?x/../y#z/../", "http://u:p@A:080/d?x/../y#z/../"},
		{"http://a?x/..", "http://a?x/.."},
		{"http://a/..#b", "http://a/#b"},
		{"http://1.2.3.4.:81/x", "http://1.2.3.4:81/x"},
		{"http://a./%2e", "http://a./"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[128];
		const char *problem;
		struct url url;
		size_t len;

		assert_int_equal(url_normalise(&url, rows[i].given, strlen(rows[i].given), text, &len, &problem),
				 STATUS_OK);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(len, strlen(text));
		assert_true(url.host.at > text && url.host.at < text + len);
	}
}
