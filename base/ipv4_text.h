/* SPDX-License-Identifier: MIT */
/* Dotted-quad IPv4 text to numbers, strictly: four decimal parts, 0-255, no leading zeros
 * (010.0.0.1 is octal to some readers, decimal to others, so it is refused), nothing after it. */
#ifndef BASE_IPV4_TEXT_H
#define BASE_IPV4_TEXT_H

#include "base/compiler.h"

/* True and *ipv4 (host order) when text[0..len) is an address; else false, *ipv4 untouched. */
bool ipv4_parse(const char *text, size_t len, uint32_t *ipv4);

/* Decimal digits only, at least one, value <= max.  True and *value, or false. */
bool decimal_parse(const char *text, size_t len, uint64_t max, uint64_t *value);

#endif
