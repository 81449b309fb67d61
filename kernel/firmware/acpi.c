/*
 * SPDX-License-Identifier: MIT
 *
 * Finds the ACPI tables in memory, checks them, and keeps what acpi_tables.c makes of the FADT.
 */
#include "kernel/firmware/acpi.h"

#include "base/bytes.h"
#include "kernel/mm/memory.h"

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

/* The root table's entries, physical addresses of tables. */
static struct {
	const uint8_t *at, *end;
	bool are_long;
} entries;

/* The next sound table of that kind from *at on, NULL: no more. */
static const uint8_t *next_table(const uint8_t **at, const char signature[4], uint32_t *len)
{
	ptrdiff_t entry_len = entries.are_long ? 8 : 4;

	while (*at != NULL && entries.end - *at >= entry_len) {
		uint64_t phys = entries.are_long ? load_le64(*at) : load_le32(*at);
		const uint8_t *table = table_at(phys, signature, len);

		*at += entry_len;
		if (table != NULL)
			return table;
	}
	return NULL;
}

void acpi_init(uint64_t rsdp_phys)
{
	const uint8_t *rsdp = firmware_map(rsdp_phys, ACPI_RSDP_LEN), *root, *fadt, *at;
	uint32_t root_len, fadt_len;
	uint64_t root_phys;

	if (rsdp == NULL)
		return;
	root_phys = acpi_parse_rsdp(rsdp, &entries.are_long);
	root = table_at(root_phys, entries.are_long ? "XSDT" : "RSDT", &root_len);
	if (root == NULL)
		return;
	at = entries.at = root + ACPI_HEADER_LEN;
	entries.end = root + root_len;
	fadt = next_table(&at, "FACP", &fadt_len);
	if (fadt != NULL)
		acpi_parse_fadt(fadt, fadt_len, &info);
}

static bool find_vm_generation(uint64_t *address)
{
	const uint8_t *at = entries.at, *table;
	uint32_t len;

	while ((table = next_table(&at, "SSDT", &len)) != NULL) {
		if (acpi_parse_vm_generation(table, len, address))
			return true;
	}
	table = table_at(info.dsdt, "DSDT", &len);
	return table != NULL && acpi_parse_vm_generation(table, len, address);
}

const volatile uint8_t *acpi_vm_generation(void)
{
	uint64_t address;

	if (!find_vm_generation(&address))
		return NULL;
	return firmware_map(address, ACPI_VM_GENERATION_LEN);
}

bool acpi_s5_types(uint8_t types[2])
{
	uint32_t len;
	const uint8_t *dsdt = table_at(info.dsdt, "DSDT", &len);

	return dsdt != NULL && acpi_parse_s5(dsdt, len, types);
}
