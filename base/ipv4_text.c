/* SPDX-License-Identifier: MIT */
/* Strict IPv4 and decimal text parsing; see base/ipv4_text.h. */
#include "base/chars.h"
#include "base/ipv4_text.h"

bool decimal_parse(const char *text, size_t len, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!char_is_digit(text[i]))
			return false;
		uint64_t digit = (uint64_t)(text[i] - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
		if (v > max)
			return false;
	}
	*value = v;
	return true;
}

bool ipv4_parse(const char *text, size_t len, uint32_t *ipv4)
{
	uint32_t addr = 0;
	size_t at = 0;

	for (int part = 0; part < 4; part++) {
		size_t start = at;
		uint64_t v;

		while (at < len && text[at] != '.')
			at++;
		if (at - start > 1 && text[start] == '0')
			return false;
		if (!decimal_parse(text + start, at - start, 255, &v))
			return false;
		addr = addr << 8 | (uint32_t)v;
		if (part < 3) {
			if (at == len)
				return false;
			at++;
		}
	}
	if (at != len)
		return false;
	*ipv4 = addr;
	return true;
}
