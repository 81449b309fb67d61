/*
 * SPDX-License-Identifier: MIT
 *
 * A Location, resolved against a URL: "URL\nLocation".  Whatever a server sends, what comes out is
 * bounded, made of characters that a URL may hold, and stays what it is when it is resolved again.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "app/http/redirect.h"
#include "config/config.h"

static bool resolve(const struct url *base, const char *location, size_t len, char *text, size_t *text_len)
{
	uint8_t *copy = fuzz_copy((const uint8_t *)location, len);
	bool good = redirect_resolve(base, (char *)copy, len, text, CONFIG_TEXT_MAX, text_len);

	free(copy);
	return good;
}

static void check_text(const char *text, size_t len)
{
	FUZZ_CHECK(len < CONFIG_TEXT_MAX && text[len] == '\0', "%zu bytes", len);
	for (size_t i = 0; i < len; i++)
		FUZZ_CHECK(text[i] > 0x20 && text[i] < 0x7f && text[i] != '#', "byte 0x%02x", text[i]);
}

/* Neither . nor .. is a segment, with dots in either form. */
static void check_path(const struct url *url)
{
	size_t at = 0;

	while (at < url->target.len && url->target.at[at] == '/') {
		unsigned dots = 0, others = 0;

		for (at++; at < url->target.len && url->target.at[at] != '/' && url->target.at[at] != '?'; at++) {
			const char *c = url->target.at + at;
			bool encoded = url->target.len - at >= 3 && c[0] == '%' && c[1] == '2' &&
				       (c[2] | 0x20) == 'e';

			dots += encoded || *c == '.';
			others += !encoded && *c != '.';
			at += encoded ? 2 : 0;
		}
		FUZZ_CHECK(others > 0 || dots == 0 || dots > 2, "a segment of %u dots", dots);
	}
}

/* The normal form of a URL is one, and names the same host and port. */
static void check_normal(const char *given, size_t len)
{
	static char text[CONFIG_TEXT_MAX + URL_GROWTH], again[CONFIG_TEXT_MAX + 2 * URL_GROWTH];
	const char *problem;
	struct url url, normal, twice;
	size_t text_len, again_len;

	if (len >= CONFIG_TEXT_MAX || url_parse(&url, given, len, &problem) != STATUS_OK)
		return;
	FUZZ_CHECK(url_normalise(&normal, given, len, text, &text_len, &problem) == STATUS_OK, "%s", problem);
	FUZZ_CHECK(text_len < len + URL_GROWTH, "%zu, then %zu", len, text_len);
	FUZZ_CHECK(normal.port == url.port && net_addr_equal(&normal.addr, &url.addr) && normal.host.len == url.host.len &&
			   memcmp(normal.host.at, url.host.at, url.host.len) == 0, "another host");
	check_path(&normal);
	FUZZ_CHECK(url_normalise(&twice, text, text_len, again, &again_len, &problem) == STATUS_OK &&
			   again_len == text_len && memcmp(again, text, text_len) == 0, "not a second time");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char text[CONFIG_TEXT_MAX], again[CONFIG_TEXT_MAX];
	const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;
	size_t base_len = end != NULL ? (size_t)(end - data) : 0, text_len, again_len;
	const char *problem;
	struct url base, url;

	check_normal((const char *)data, base_len);
	if (end == NULL || url_parse(&base, (const char *)data, base_len, &problem) != STATUS_OK)
		return 0;
	if (!resolve(&base, (const char *)end + 1, len - base_len - 1, text, &text_len))
		return 0;
	check_text(text, text_len);
	if (url_parse(&url, text, text_len, &problem) != STATUS_OK)
		return 0;
	check_path(&url);
	FUZZ_CHECK(resolve(&base, text, text_len, again, &again_len), "not a second time");
	FUZZ_CHECK(again_len == text_len && memcmp(again, text, text_len) == 0, "%s, then %s", text, again);
	return 0;
}
