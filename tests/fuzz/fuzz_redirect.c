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

static void check_path(const struct url *url)
{
	size_t path_len = 0;

	while (path_len < url->target.len && url->target.at[path_len] != '?')
		path_len++;
	for (size_t i = 0; i + 1 < path_len; i++) {
		const char *at = url->target.at + i;
		size_t left = path_len - i;

		FUZZ_CHECK(!(at[0] == '/' && at[1] == '.' && (left == 2 || at[2] == '/')), "a /.");
		FUZZ_CHECK(!(left >= 3 && memcmp(at, "/..", 3) == 0 && (left == 3 || at[3] == '/')), "a /..");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char text[CONFIG_TEXT_MAX], again[CONFIG_TEXT_MAX];
	const uint8_t *end = len > 0 ? memchr(data, '\n', len) : NULL;
	size_t base_len = end != NULL ? (size_t)(end - data) : 0, text_len, again_len;
	const char *problem;
	struct url base, url;

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
