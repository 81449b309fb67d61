/*
 * SPDX-License-Identifier: MIT
 *
 * Finds the ACPI tables in memory, checks them, and keeps what acpi_tables.c makes of the FADT.
 */
#include "kernel/acpi.h"

#include "base/bytes.h"
#include "kernel/memory.h"

static struct acpi_info info;

const struct acpi_info *acpi_info(void)
{
	return &info;
}

/* The sound table at `phys`, or NULL. */
static const uint8_t *table_at(uint64_t phys, const char signature[4], uint32_t *len)
{
	const uint8_t *table = firmware_map(phys, ACPI_HEADER_LEN);

	if (table == NULL)
		return NULL;
	*len = acpi_table_len(table, signature);
	if (*len == 0 || firmware_map(phys, *len) == NULL || !acpi_checksum_ok(table, *len))
		return NULL;
	return table;
}

void acpi_init(uint64_t rsdp_phys)
{
	const uint8_t *rsdp = firmware_map(rsdp_phys, ACPI_RSDP_LEN), *root, *fadt;
	uint32_t root_len, fadt_len, entry_len;
	bool entries_are_long;
	uint64_t root_phys;

	if (rsdp == NULL)
		return;
	root_phys = acpi_parse_rsdp(rsdp, &entries_are_long);
	root = table_at(root_phys, entries_are_long ? "XSDT" : "RSDT", &root_len);
	if (root == NULL)
		return;
	entry_len = entries_are_long ? 8 : 4;
	for (uint32_t at = ACPI_HEADER_LEN; at + entry_len <= root_len; at += entry_len) {
		uint64_t phys = entries_are_long ? load_le64(root + at) : load_le32(root + at);

		fadt = table_at(phys, "FACP", &fadt_len);
		if (fadt != NULL) {
			acpi_parse_fadt(fadt, fadt_len, &info);
			return;
		}
	}
}

bool acpi_s5_types(uint8_t types[2])
{
	uint32_t len;
	const uint8_t *dsdt = table_at(info.dsdt, "DSDT", &len);

	return dsdt != NULL && acpi_parse_s5(dsdt, len, types);
}
