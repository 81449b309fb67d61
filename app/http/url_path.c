/* SPDX-License-Identifier: MIT */
/* Paths; see app/http/url_path.h. */
#include "app/http/url_path.h"

#include "app/http/text.h"
#include "base/span.h"
#include "base/string.h"

size_t url_last_segment(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/* How many dots a segment is: 1 or 2, and 0 where it is anything else.  A percent-encoded dot is one
 * (RFC 3986 6.2.2.2), and a later decoder of the path would see it. */
static unsigned dots_of(const char *segment, size_t len)
{
	unsigned dots = 0;

	for (size_t i = 0; i < len; dots++) {
		if (segment[i] == '.')
			i++;
		else if (len - i >= 3 && text_is_word(segment + i, 3, "%2e"))
			i += 3;
		else
			return 0;
	}
	return dots <= 2 ? dots : 0;
}

size_t url_remove_dot_segments(char *path, size_t len)
{
	size_t in = 0, out = 0;

	while (in < len) {
		size_t n = 1 + span_find((struct span){path + in + 1, len - in - 1}, "/");
		unsigned dots = dots_of(path + in + 1, n - 1);
		bool last = in + n == len;

		if (dots == 0) {
			memmove(path + out, path + in, n);
			out += n;
		} else {
			if (dots == 2)
				out = url_last_segment(path, out);
			if (last)
				path[out++] = '/';
		}
		in += n;
	}
	return out;
}
