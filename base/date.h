/*
 * SPDX-License-Identifier: MIT
 *
 * Calendar dates to seconds since 1970.  Pure.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/compiler.h"

struct date {
	unsigned year, month, day; /* 1970 and later, 1-12, 1-31 */
	unsigned hour, minute, second;
};

/* Seconds since 1970-01-01 00:00:00 UTC; false when there is no such date. */
bool date_to_unix(const struct date *date, uint64_t *unix_s) MUST_CHECK;

#endif
