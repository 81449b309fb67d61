/* SPDX-License-Identifier: MIT */
/* Finds the SMBIOS table and hands what is ours to the configuration; see kernel/firmware/smbios.h. */
#include "kernel/firmware/smbios.h"

#include "base/string.h"
#include "kernel/mm/memory.h"

#define SOURCE "SMBIOS"
#define PREFIX "dialtone:"

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

/* The machine has a table, and nothing that may stand in it is taken. */
static unsigned ignored(struct event_sink *events)
{
	event_emit(events, EVENT_CONFIG_NOTE, 0, 0, EV_STR("source", SOURCE),
		   EV_STR("note", "the table cannot be read, ignored"));
	return 0;
}

unsigned smbios_read_config(const struct config_tables *tables, uint64_t entry,
			    struct event_sink *events)
{
	struct smbios_cursor cursor = {0};
	struct smbios_table table;
	const uint8_t *bytes;
	const char *text;
	unsigned faults = 0;
	size_t len;

	if (!find_table(entry, &table))
		return entry != 0 ? ignored(events) : 0;
	bytes = firmware_map(table.address, table.len);
	if (bytes == NULL)
		return ignored(events);
	while (smbios_next_oem_string(bytes, table.len, &cursor, &text, &len)) {
		if (len < strlen(PREFIX) || memcmp(text, PREFIX, strlen(PREFIX)) != 0)
			continue;
		faults += config_read_pair(tables, SOURCE, text + strlen(PREFIX),
					   len - strlen(PREFIX), events);
	}
	return faults;
}
