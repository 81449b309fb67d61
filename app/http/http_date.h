/*
 * SPDX-License-Identifier: MIT
 *
 * Dates in fields (RFC 9110 5.6.7).
 */
#ifndef APP_HTTP_HTTP_DATE_H
#define APP_HTTP_HTTP_DATE_H

#include "base/compiler.h"

/* Any of the three formats a recipient must take, as seconds since 1970; the day of the week is not
 * looked at.  False: none of them, or a date before 1970. */
bool http_date_parse(const char *text, size_t len, uint64_t *unix_s) MUST_CHECK;

#endif
