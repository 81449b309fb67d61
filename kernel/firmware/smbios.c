/* SPDX-License-Identifier: MIT */
/* Finds the SMBIOS table in memory; see kernel/firmware/smbios.h. */
#include "kernel/firmware/smbios.h"

#include "base/string.h"
#include "kernel/mm/memory.h"

/* DSP0134 5.2: on a machine with a BIOS the entry point lies here, on a 16-byte boundary. */
#define BIOS_AREA 0xf0000u
#define BIOS_AREA_LEN 0x10000u

static bool find_in_bios_area(struct smbios_table *table)
{
	const uint8_t *area = firmware_map(BIOS_AREA, BIOS_AREA_LEN);

	for (uint32_t at = 0; area != NULL && at < BIOS_AREA_LEN; at += 16) {
		if (memcmp(area + at, "_SM", 3) == 0 &&
		    smbios_parse_entry(area + at, MIN(BIOS_AREA_LEN - at, SMBIOS_ENTRY_MAX), table))
			return true;
	}
	return false;
}

static bool find_table(uint64_t entry, struct smbios_table *table)
{
	const uint8_t *p;

	if (entry == 0)
		return find_in_bios_area(table);
	p = firmware_map(entry, SMBIOS_ENTRY_MAX);
	return p != NULL && smbios_parse_entry(p, SMBIOS_ENTRY_MAX, table);
}

bool smbios_open(struct smbios_strings *strings, uint64_t entry)
{
	struct smbios_table table;

	*strings = (struct smbios_strings){0};
	if (!find_table(entry, &table))
		return entry == 0;
	strings->table = firmware_map(table.address, table.len);
	strings->len = table.len;
	return strings->table != NULL;
}

bool smbios_next(struct smbios_strings *strings, const char **text, size_t *len)
{
	return strings->table != NULL &&
	       smbios_next_oem_string(strings->table, strings->len, &strings->cursor, text, len);
}
