/* SPDX-License-Identifier: MIT */
/* kernel/firmware/smbios: entry points of both kinds, and OEM strings from tables that may say anything. */
#include <stdlib.h>
#include <string.h>

#include "kernel/firmware/smbios.h"
#include "tests/runner/unit.h"

/* --- entry points ------------------------------------------------------------------------------ */

static void write_checksum(uint8_t *p, size_t len, size_t at)
{
	uint8_t sum = 0;

	p[at] = 0;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + p[i]);
	p[at] = (uint8_t)-sum;
}

static void entry_3(uint8_t p[24])
{
	memset(p, 0, 24);
	memcpy(p, "_SM3_", 5);
	p[6] = 24;
	p[12] = 0x34, p[13] = 0x12;
	p[16] = 0x78, p[17] = 0x56, p[20] = 0x01; /* above 4 GiB */
	write_checksum(p, 24, 5);
}

static void entry_2(uint8_t p[31])
{
	memset(p, 0, 31);
	memcpy(p, "_SM_", 4);
	memcpy(p + 16, "_DMI_", 5);
	p[5] = 31;
	p[22] = 0x34, p[23] = 0x12;
	p[24] = 0x78, p[25] = 0x56;
	write_checksum(p, 31, 4);
}

/* From a copy of the exact length, so that AddressSanitizer sees a read past it. */
static bool parse(const uint8_t *p, size_t len, struct smbios_table *table)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool good;

	memcpy(copy, p, len);
	good = smbios_parse_entry(copy, len, table);
	free(copy);
	return good;
}

TEST(a_64_bit_entry)
{
	struct smbios_table table;
	uint8_t p[24];

	entry_3(p);
	assert_true(parse(p, sizeof(p), &table));
	assert_int_equal(table.len, 0x1234);
	assert_true(table.address == UINT64_C(0x100005678));
	for (size_t len = 0; len < sizeof(p); len++)
		assert_false(parse(p, len, &table));
}

TEST(a_32_bit_entry)
{
	struct smbios_table table;
	uint8_t p[31];

	entry_2(p);
	assert_true(parse(p, sizeof(p), &table));
	assert_int_equal(table.len, 0x1234);
	assert_true(table.address == 0x5678);
	p[5] = 30; /* as old implementations say it */
	write_checksum(p, 31, 4);
	assert_true(parse(p, sizeof(p), &table));
	for (size_t len = 0; len < sizeof(p); len++)
		assert_false(parse(p, len, &table));
}

TEST(unsound_entries)
{
	struct smbios_table table;
	uint8_t three[24], two[31];

	for (size_t i = 0; i < sizeof(three); i++) {
		entry_3(three);
		three[i] ^= 0x55;
		assert_false(parse(three, sizeof(three), &table));
	}
	for (size_t i = 0; i < sizeof(two); i++) {
		entry_2(two);
		two[i] ^= 0x55;
		assert_false(parse(two, sizeof(two), &table));
	}
	entry_3(three); /* sound, but of a size that nobody has */
	three[14] = 0xff;
	write_checksum(three, 24, 5);
	assert_false(parse(three, sizeof(three), &table));
	entry_3(three);
	three[6] = 200; /* longer than what is there */
	write_checksum(three, 24, 5);
	assert_false(parse(three, sizeof(three), &table));
}

/* --- OEM strings -------------------------------------------------------------------------------- */

static uint8_t table[4096];
static uint32_t table_len;

static void begin_structure(uint8_t type, uint8_t len)
{
	memset(table + table_len, 0, len);
	table[table_len] = type;
	table[table_len + 1] = len;
	table_len += len;
}

static void add_string(const char *text)
{
	memcpy(table + table_len, text, strlen(text) + 1);
	table_len += (uint32_t)strlen(text) + 1;
}

static void end_strings(void)
{
	table[table_len++] = 0;
}

static void empty_table(void)
{
	table_len = 0;
}

FIXTURE(empty_table, NULL);

/* All strings that are found, joined by '|'; bounded, so an endless walk is seen. */
static const char *strings_of(uint32_t len)
{
	static char said[8192];
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct smbios_cursor cursor = {0};
	const char *text;
	size_t n;

	said[0] = '\0';
	memcpy(copy, table, len);
	for (unsigned i = 0; smbios_next_oem_string(copy, len, &cursor, &text, &n); i++) {
		assert_true(i < 4096);
		strncat(said, text, n);
		strcat(said, "|");
	}
	free(copy);
	return said;
}

static void a_machine_s_table(void)
{
	begin_structure(0, 24); /* BIOS information, with strings of its own */
	add_string("SeaBIOS");
	end_strings();
	begin_structure(32, 11); /* without strings: two zeros */
	end_strings();
	end_strings();
	begin_structure(11, 5);
	add_string("dialtone:url=http://10.0.2.2/");
	add_string("other people's");
	end_strings();
	begin_structure(11, 5);
	add_string("dialtone:timeout=5");
	end_strings();
	begin_structure(127, 4);
	end_strings();
	end_strings();
	begin_structure(11, 5); /* behind the end */
	add_string("never");
	end_strings();
}

TEST(strings_of_every_structure)
{
	a_machine_s_table();
	assert_string_equal(strings_of(table_len),
			    "dialtone:url=http://10.0.2.2/|other people's|dialtone:timeout=5|");
}

TEST(a_structure_without_strings)
{
	begin_structure(11, 5);
	end_strings();
	end_strings();
	begin_structure(11, 5);
	add_string("x");
	end_strings();
	assert_string_equal(strings_of(table_len), "x|");
}

TEST(tables_truncated_anywhere)
{
	a_machine_s_table();
	for (uint32_t len = 0; len < table_len; len++)
		(void)strings_of(len);
	assert_string_equal(strings_of(0), "");
}

TEST(lengths_that_make_no_sense)
{
	begin_structure(11, 5);
	add_string("x");
	end_strings();
	for (unsigned len = 0; len < 256; len++) {
		table[1] = (uint8_t)len;
		(void)strings_of(table_len);
	}
	table[1] = 3; /* shorter than a header */
	assert_string_equal(strings_of(table_len), "");
}

TEST(any_bytes)
{
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		table_len = (uint32_t)rand() % 200;
		for (uint32_t i = 0; i < table_len; i++)
			table[i] = rand() % 3 ? (uint8_t)(rand() % 12) : (uint8_t)rand();
		(void)strings_of(table_len);
	}
}
