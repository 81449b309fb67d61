/*
 * SPDX-License-Identifier: MIT
 *
 * A calendar time as UEFI's GetTime() gives it, as seconds since 1970 UTC.  Pure.
 * UEFI 2.10, 8.3 (EFI_TIME).
 */
#ifndef BOOT_EFI_WALL_CLOCK_H
#define BOOT_EFI_WALL_CLOCK_H

#include "base/compiler.h"

#define WALL_CLOCK_ZONE_UNKNOWN 2047 /* EFI_UNSPECIFIED_TIMEZONE */

struct wall_clock {
	unsigned year, month, day;     /* month and day from 1 */
	unsigned hour, minute, second; /* a second of 60 is a leap second */
	int zone_min;                  /* minutes that local time is behind UTC, or unknown */
};

/* 0 when it is no time after 1970.  An unknown zone is taken as UTC. */
uint64_t wall_clock_unix_s(const struct wall_clock *t);

#endif
