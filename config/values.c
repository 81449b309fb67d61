/* SPDX-License-Identifier: MIT */
/* What configuration values look like: seconds, numbers, ports, addresses, texts, yes and no. */
#include "base/chars.h"
#include "base/ipv4_text.h"
#include "base/string.h"
#include "config/config.h"

#define SECONDS_MAX 999999u

/* Where the digits of `value` end. */
static size_t digits_len(const char *value, size_t len)
{
	size_t n = 0;

	while (n < len && char_is_digit(value[n]))
		n++;
	return n;
}

/* The digits behind the decimal point as nanoseconds; what is finer than one is dropped. */
static uint64_t fraction_ns(const char *digits, size_t len)
{
	uint64_t ns = 0, unit = NS_PER_S / 10;

	for (size_t i = 0; i < len; i++, unit /= 10)
		ns += (uint64_t)(digits[i] - '0') * unit;
	return ns;
}

const char *config_set_seconds(void *dst_u64_ns, const char *value, size_t len)
{
	static const char not_seconds[] = "not a number of seconds";
	size_t whole_len = digits_len(value, len);
	size_t fraction_len = 0;
	uint64_t whole = 0;

	if (whole_len < len) {
		if (value[whole_len] != '.')
			return not_seconds;
		fraction_len = digits_len(value + whole_len + 1, len - whole_len - 1);
		if (whole_len + 1 + fraction_len != len)
			return not_seconds;
	}
	if (whole_len + fraction_len == 0)
		return not_seconds;
	if (whole_len > 0 && !decimal_parse(value, whole_len, SECONDS_MAX, &whole))
		return "more than 999999 seconds";
	*(uint64_t *)dst_u64_ns = whole * NS_PER_S;
	if (fraction_len > 0)
		*(uint64_t *)dst_u64_ns += fraction_ns(value + whole_len + 1, fraction_len);
	return NULL;
}

const char *config_set_seconds_above_0(void *dst_u64_ns, const char *value, size_t len)
{
	uint64_t ns = 0;
	const char *problem = config_set_seconds(&ns, value, len);

	if (problem == NULL && ns == 0)
		problem = "no time at all";
	if (problem == NULL)
		*(uint64_t *)dst_u64_ns = ns;
	return problem;
}

const char *config_set_text(void *dst_char_array_of_CONFIG_TEXT_MAX, const char *value, size_t len)
{
	char *dst = dst_char_array_of_CONFIG_TEXT_MAX;

	memcpy(dst, value, len);
	dst[len] = '\0';
	return NULL;
}

const char *config_set_u64(void *dst_u64, const char *value, size_t len)
{
	if (!decimal_parse(value, len, UINT64_MAX, dst_u64))
		return "not a number";
	return NULL;
}

const char *config_set_ipv4(void *dst_u32, const char *value, size_t len)
{
	if (!ipv4_parse(value, len, dst_u32))
		return "not an IPv4 address";
	return NULL;
}

static bool hex_parse(const char *text, size_t len, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		int digit = char_hex_value(text[i]);

		if (digit < 0)
			return false;
		v = v * 16 + (uint64_t)digit;
		if (v > max)
			return false;
	}
	*value = v;
	return len > 0;
}

const char *config_set_port(void *dst_u16, const char *value, size_t len)
{
	bool is_hex = len > 2 && value[0] == '0' && (value[1] | 0x20) == 'x';
	uint64_t v = 0;
	bool good = is_hex ? hex_parse(value + 2, len - 2, UINT16_MAX, &v)
			   : decimal_parse(value, len, UINT16_MAX, &v);

	if (!good || v == 0)
		return "not a port number";
	*(uint16_t *)dst_u16 = (uint16_t)v;
	return NULL;
}

const char *config_set_yes_no(void *dst_bool, const char *value, size_t len)
{
	bool yes = len == 3 && memcmp(value, "yes", 3) == 0;

	if (!yes && !(len == 2 && memcmp(value, "no", 2) == 0))
		return "neither yes nor no";
	*(bool *)dst_bool = yes;
	return NULL;
}
