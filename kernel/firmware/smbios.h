/*
 * SPDX-License-Identifier: MIT
 *
 * SMBIOS OEM strings (DMTF DSP0134 3.x, 7.12, type 11), found in memory; config/source_smbios.c reads
 * ours among them.
 *
 * The parsers (smbios_tables.c) are pure and read nothing outside the bytes they are given.
 */
#ifndef KERNEL_FIRMWARE_SMBIOS_H
#define KERNEL_FIRMWARE_SMBIOS_H

#include "base/compiler.h"

/* --- parsers ---------------------------------------------------------------------------------- */

#define SMBIOS_ENTRY_MAX 32u        /* bytes of the longest entry point structure */
#define SMBIOS_TABLE_MAX (1u << 20) /* bytes; a longer table is not believed */

struct smbios_table {
	uint64_t address; /* physical */
	uint32_t len;     /* bytes; a 3.x entry point gives an upper bound */
};

/* DSP0134 5.2.1, 5.2.2: an entry point in `p[0..len)`; false: it is none, or unsound. */
bool smbios_parse_entry(const uint8_t *p, size_t len, struct smbios_table *table);

/* Goes through the OEM strings of a table; `at` begins as 0 and is kept between calls. */
struct smbios_cursor {
	uint32_t at;      /* the structure to look at next */
	uint32_t strings; /* offset of the next string of the one being read, 0: none is */
};
/* The next OEM string, not terminated; false: there is no other, or the table ends in nonsense. */
bool smbios_next_oem_string(const uint8_t *table, uint32_t len, struct smbios_cursor *cursor,
			    const char **text, size_t *text_len);

/* --- this machine's table --------------------------------------------------------------------- */

struct smbios_strings {
	const uint8_t *table; /* NULL: there is none */
	uint32_t len;
	struct smbios_cursor cursor;
};

/* `entry` is the physical address of the entry point structure, 0: look where a BIOS leaves it.
 * False: the firmware names a table that cannot be read; `strings` is empty then. */
bool smbios_open(struct smbios_strings *strings, uint64_t entry) MUST_CHECK;
/* The next OEM string, not terminated; false: there is no other. */
bool smbios_next(struct smbios_strings *strings, const char **text, size_t *len) MUST_CHECK;

#endif
