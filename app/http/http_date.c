/* SPDX-License-Identifier: MIT */
/* Reading dates; see app/http/http_date.h.
 *
 *   Sun, 06 Nov 1994 08:49:37 GMT     the preferred form
 *   Sunday, 06-Nov-94 08:49:37 GMT    RFC 850's
 *   Sun Nov  6 08:49:37 1994          asctime()'s
 *
 * Each is a pattern: D, M, Y, h, m and s stand for a part where two or more stand together, any other
 * character for itself.  What is before it is the day of the week.
 */
#include "app/http/http_date.h"

#include "base/date.h"
#include "base/ipv4_text.h"
#include "base/string.h"

static const char *const patterns[] = {
	", DD MMM YYYY hh:mm:ss GMT",
	", DD-MMM-YY hh:mm:ss GMT",
	" MMM DD hh:mm:ss YYYY",
};

/* A two-digit year: no server that is asked today changed anything before 1970. */
static unsigned whole_year(uint64_t year, size_t digits)
{
	if (digits > 2)
		return (unsigned)year;
	return (unsigned)year + (year < 70 ? 2000 : 1900);
}

static bool parse_month(const char *text, unsigned *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (*month = 1; *month <= 12; ++*month) {
		if (memcmp(names + 3 * (*month - 1), text, 3) == 0)
			return true;
	}
	return false;
}

static bool parse_part(char part, const char *text, size_t len, struct date *date)
{
	uint64_t v;

	if (part == 'M')
		return len == 3 && parse_month(text, &date->month);
	if (part == 'D' && text[0] == ' ') { /* asctime's "Nov  6" */
		text++;
		len--;
	}
	if (!decimal_parse(text, len, 9999, &v))
		return false;
	switch (part) {
	case 'D': date->day = (unsigned)v; break;
	case 'Y': date->year = whole_year(v, len); break;
	case 'h': date->hour = (unsigned)v; break;
	case 'm': date->minute = (unsigned)v; break;
	default: date->second = (unsigned)v; break;
	}
	return true;
}

static bool is_part(char c)
{
	return c == 'D' || c == 'M' || c == 'Y' || c == 'h' || c == 'm' || c == 's';
}

static bool matches(const char *pattern, const char *text, size_t len, struct date *date)
{
	size_t n = 1;

	if (strlen(pattern) != len)
		return false;
	for (size_t i = 0; i < len; i += n) {
		/* GMT's M stands alone. */
		bool part = is_part(pattern[i]) && pattern[i + 1] == pattern[i];

		for (n = 1; part && pattern[i + n] == pattern[i];)
			n++;
		if (part ? !parse_part(pattern[i], text + i, n, date) : pattern[i] != text[i])
			return false;
	}
	return true;
}

bool http_date_parse(const char *text, size_t len, uint64_t *unix_s)
{
	size_t at = 0;

	while (at < len && text[at] != ',' && text[at] != ' ')
		at++;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct date date = {0};

		if (matches(patterns[i], text + at, len - at, &date))
			return date_to_unix(&date, unix_s);
	}
	return false;
}
