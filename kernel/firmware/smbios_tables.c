/* SPDX-License-Identifier: MIT */
/* SMBIOS structures; see kernel/firmware/smbios.h.  Every length is checked before it is followed. */
#include "base/bytes.h"
#include "base/string.h"
#include "kernel/firmware/smbios.h"

#define TYPE_OEM_STRINGS 11u
#define TYPE_END 127u
#define HEADER_LEN 4u

static bool sums_to_zero(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum == 0;
}

static bool is_believable(const struct smbios_table *table)
{
	return table->address != 0 && table->len > HEADER_LEN && table->len <= SMBIOS_TABLE_MAX;
}

/* 5.2.2, "_SM3_": 64-bit address, a maximum size. */
static bool parse_entry_3(const uint8_t *p, size_t len, struct smbios_table *table)
{
	if (len < 24 || memcmp(p, "_SM3_", 5) != 0 || p[6] < 24 || p[6] > len ||
	    !sums_to_zero(p, p[6]))
		return false;
	*table = (struct smbios_table){.address = load_le64(p + 16), .len = load_le32(p + 12)};
	return is_believable(table);
}

/* 5.2.1, "_SM_": 32-bit address, the table's length in 16 bits. */
static bool parse_entry_2(const uint8_t *p, size_t len, struct smbios_table *table)
{
	/* An old implementation says 1Eh where the structure has 1Fh bytes. */
	size_t own_len = len >= 31 ? MAX(p[5], 31u) : 0;

	if (own_len == 0 || memcmp(p, "_SM_", 4) != 0 || own_len > len ||
	    !sums_to_zero(p, own_len) || memcmp(p + 16, "_DMI_", 5) != 0)
		return false;
	*table = (struct smbios_table){.address = load_le32(p + 24), .len = load_le16(p + 22)};
	return is_believable(table);
}

bool smbios_parse_entry(const uint8_t *p, size_t len, struct smbios_table *table)
{
	return parse_entry_3(p, len, table) || parse_entry_2(p, len, table);
}

/* The length of the string at `at` where it is terminated inside the table; -1 where not. */
static int64_t string_len(const uint8_t *table, uint32_t len, uint32_t at)
{
	const uint8_t *nul = at < len ? memchr(table + at, '\0', len - at) : NULL;

	return nul != NULL ? nul - (table + at) : -1;
}

/* 6.1.3: behind the formatted part come strings, each terminated, and an empty one at the end; with
 * none at all there are two zero bytes.  The next structure's offset, 0: the table ends before. */
static uint32_t next_structure(const uint8_t *table, uint32_t len, uint32_t at)
{
	uint32_t next = at + table[at + 1];
	int64_t n = string_len(table, len, next);

	if (n == 0 && next + 1 < len && table[next + 1] == '\0')
		return next + 2;
	while (n > 0) {
		next += (uint32_t)n + 1;
		n = string_len(table, len, next);
	}
	return n == 0 ? next + 1 : 0;
}

static bool is_structure(const uint8_t *table, uint32_t len, uint32_t at)
{
	return at + HEADER_LEN <= len && table[at] != TYPE_END && table[at + 1] >= HEADER_LEN &&
	       at + table[at + 1] < len;
}

bool smbios_next_oem_string(const uint8_t *table, uint32_t len, struct smbios_cursor *cursor,
			    const char **text, size_t *text_len)
{
	for (;;) {
		int64_t n = cursor->strings != 0 ? string_len(table, len, cursor->strings) : 0;

		if (n > 0) {
			*text = (const char *)table + cursor->strings;
			*text_len = (size_t)n;
			cursor->strings += (uint32_t)n + 1;
			return true;
		}
		cursor->strings = 0;
		if (n < 0 || !is_structure(table, len, cursor->at))
			return false;
		if (table[cursor->at] == TYPE_OEM_STRINGS)
			cursor->strings = cursor->at + table[cursor->at + 1];
		cursor->at = next_structure(table, len, cursor->at);
		if (cursor->at == 0) /* unterminated: its complete strings are still read */
			cursor->at = len;
	}
}
