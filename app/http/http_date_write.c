/* SPDX-License-Identifier: MIT */
/* The date of an answer (RFC 9110 5.6.7 and 6.6.1): seconds since 1970 as a calendar date. */
#include "app/http/http_date.h"

#define DAYS_OF_400_YEARS 146097u
#define DAYS_TO_1970 719468u /* from 1 March of the year 0 */

struct day {
	uint64_t year;
	unsigned month, day; /* from 1 */
};

/* Years begin in March here, so that the odd day is the last of a year. */
static struct day day_of(uint64_t days)
{
	uint64_t n = days + DAYS_TO_1970, era = n / DAYS_OF_400_YEARS;
	unsigned of_era = (unsigned)(n % DAYS_OF_400_YEARS);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153;

	return (struct day){
		.year = era * 400 + year + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};
}

void http_date_write(struct strbuf *sb, uint64_t unix_s)
{
	uint64_t days = unix_s / 86400, s = unix_s % 86400;
	struct day d = day_of(days);

	strbuf_mem(sb, &"ThuFriSatSunMonTueWed"[days % 7 * 3], 3);
	strbuf_str(sb, ", ");
	strbuf_u64_width(sb, d.day, 2, '0');
	strbuf_char(sb, ' ');
	strbuf_mem(sb, &"JanFebMarAprMayJunJulAugSepOctNovDec"[(d.month - 1) * 3], 3);
	strbuf_char(sb, ' ');
	strbuf_u64_width(sb, d.year, 4, '0');
	strbuf_char(sb, ' ');
	strbuf_u64_width(sb, s / 3600, 2, '0');
	strbuf_char(sb, ':');
	strbuf_u64_width(sb, s / 60 % 60, 2, '0');
	strbuf_char(sb, ':');
	strbuf_u64_width(sb, s % 60, 2, '0');
	strbuf_str(sb, " GMT");
}
