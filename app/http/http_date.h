/*
 * SPDX-License-Identifier: MIT
 *
 * Dates in fields (RFC 9110 5.6.7): both roles read them, the server writes one.
 */
#ifndef APP_HTTP_HTTP_DATE_H
#define APP_HTTP_HTTP_DATE_H

#include "base/compiler.h"
#include "base/strbuf.h"

/* Any of the three formats a recipient must take, as seconds since 1970; the day of the week is not
 * checked.  False: none of them, or a date before 1970. */
bool http_date_parse(const char *text, size_t len, uint64_t *unix_s) MUST_CHECK;

/* RFC 9110 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
void http_date_write(struct strbuf *sb, uint64_t unix_s);

#endif
