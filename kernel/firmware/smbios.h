/*
 * SPDX-License-Identifier: MIT
 *
 * SMBIOS OEM strings (DMTF DSP0134 3.x, 7.12, type 11) as a source of configuration: hypervisors
 * let their users put texts there (`-smbios type=11,value=...`).  Ours begin with "dialtone:";
 * whatever else stands there is other people's.
 *
 * The parsers (smbios_tables.c) are pure and read nothing outside the bytes they are given.
 */
#ifndef KERNEL_FIRMWARE_SMBIOS_H
#define KERNEL_FIRMWARE_SMBIOS_H

#include "base/compiler.h"
#include "config/config.h"

/* Reads what is ours as source "SMBIOS"; the number of faults.  `entry` is the physical address of
 * the entry point structure, 0: look where a BIOS leaves it. */
unsigned smbios_read_config(const struct config_tables *tables, uint64_t entry,
			    struct event_sink *events);

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

#endif
