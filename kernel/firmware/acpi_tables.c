/*
 * SPDX-License-Identifier: MIT
 *
 * Parsers of ACPI tables (ACPI 6.4, chapter 5): bytes in, facts out.  The bytes come from firmware
 * and may be cut short: a field is read only when it lies within the table's length.
 */
#include "base/bytes.h"
#include "base/string.h"
#include "kernel/firmware/acpi.h"

/* Offsets in the FADT, 5.2.9. */
enum fadt_offset {
	FADT_DSDT = 40,
	FADT_SMI_CMD = 48,
	FADT_ACPI_ENABLE = 52,
	FADT_PM1A_CNT = 64,
	FADT_PM1B_CNT = 68,
	FADT_PM_TMR = 76,
	FADT_PM_TMR_LEN = 91,
	FADT_CENTURY = 108,
	FADT_IAPC_BOOT_ARCH = 109,
	FADT_FLAGS = 112,
	FADT_RESET_REG = 116,
	FADT_RESET_VALUE = 128,
	FADT_X_DSDT = 140,
	FADT_X_PM1A_CNT = 172,
	FADT_X_PM1B_CNT = 184,
	FADT_X_PM_TMR = 208,
	FADT_SLEEP_CONTROL = 244,
	FADT_END = 276,
};

#define BOOT_ARCH_NO_RTC (1u << 5)
#define FLAG_RESET_REG (1u << 10)
#define FLAG_HW_REDUCED (1u << 20)

#define SPACE_MEMORY 0
#define SPACE_IO 1
#define REGISTER_LEN 12

static uint8_t sum(const uint8_t *p, uint32_t len)
{
	uint8_t s = 0;

	while (len-- > 0)
		s = (uint8_t)(s + *p++);
	return s;
}

uint64_t acpi_parse_rsdp(const uint8_t rsdp[ACPI_RSDP_LEN], bool *entries_are_long)
{
	/* 5.2.5.3: the first 20 bytes have a sum of their own; revision 2 adds the rest. */
	if (memcmp(rsdp, "RSD PTR ", 8) != 0 || sum(rsdp, 20) != 0)
		return 0;
	*entries_are_long = rsdp[15] >= 2 && load_le64(rsdp + 24) != 0;
	if (!*entries_are_long)
		return load_le32(rsdp + 16);
	return sum(rsdp, ACPI_RSDP_LEN) == 0 ? load_le64(rsdp + 24) : 0;
}

uint32_t acpi_table_len(const uint8_t header[ACPI_HEADER_LEN], const char signature[4])
{
	uint32_t len = load_le32(header + 4);

	if (memcmp(header, signature, 4) != 0 || len < ACPI_HEADER_LEN || len > ACPI_TABLE_MAX)
		return 0;
	return len;
}

bool acpi_checksum_ok(const uint8_t *table, uint32_t len)
{
	return sum(table, len) == 0;
}

static struct acpi_register parse_register(const uint8_t *p)
{
	uint64_t address = load_le64(p + 4);

	if (p[0] == SPACE_MEMORY)
		return (struct acpi_register){.in_memory = true, .address = address};
	if (p[0] == SPACE_IO && address <= 0xffff)
		return (struct acpi_register){.address = address};
	return (struct acpi_register){0};
}

/* A port from its 32-bit field, or else from its generic address. */
static uint16_t parse_port(const uint8_t *fadt, enum fadt_offset at, enum fadt_offset extended)
{
	uint32_t port = load_le32(fadt + at);
	struct acpi_register reg = parse_register(fadt + extended);

	if (port == 0 && !reg.in_memory)
		port = (uint32_t)reg.address;
	return port <= 0xffff ? (uint16_t)port : 0;
}

void acpi_parse_fadt(const uint8_t *table, uint32_t len, struct acpi_info *info)
{
	/* An old, short table ends in zeroes: "not there" for every field. */
	uint8_t fadt[FADT_END] = {0};
	uint32_t flags;

	memcpy(fadt, table, MIN(len, (uint32_t)sizeof(fadt)));
	flags = load_le32(fadt + FADT_FLAGS);
	if (flags & FLAG_RESET_REG) {
		info->reset = parse_register(fadt + FADT_RESET_REG);
		info->reset_value = fadt[FADT_RESET_VALUE];
	}
	info->dsdt = load_le64(fadt + FADT_X_DSDT);
	if (info->dsdt == 0)
		info->dsdt = load_le32(fadt + FADT_DSDT);
	info->rtc_century = fadt[FADT_CENTURY];
	info->rtc_absent = load_le16(fadt + FADT_IAPC_BOOT_ARCH) & BOOT_ARCH_NO_RTC;
	/* 4.1: hardware-reduced machines have none of the fixed registers. */
	if (flags & FLAG_HW_REDUCED) {
		info->sleep_control = parse_register(fadt + FADT_SLEEP_CONTROL);
		return;
	}
	info->smi_command = (uint16_t)load_le32(fadt + FADT_SMI_CMD);
	info->acpi_enable = fadt[FADT_ACPI_ENABLE];
	info->pm1a_control = parse_port(fadt, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
	info->pm1b_control = parse_port(fadt, FADT_PM1B_CNT, FADT_X_PM1B_CNT);
	if (fadt[FADT_PM_TMR_LEN] == 4)
		info->pm_timer_port = parse_port(fadt, FADT_PM_TMR, FADT_X_PM_TMR);
}

/* --- \_S5 in AML ------------------------------------------------------------------------------- */

struct aml {
	const uint8_t *p, *end;
};

/* 20.2.3: a small integer constant.  false: something else, or the end. */
static bool aml_integer(struct aml *a, uint8_t *value)
{
	if (a->p == a->end)
		return false;
	switch (*a->p++) {
	case 0x00: /* ZeroOp */
		*value = 0;
		return true;
	case 0x01: /* OneOp */
		*value = 1;
		return true;
	case 0x0a: /* BytePrefix */
		if (a->p == a->end)
			return false;
		*value = *a->p++;
		return true;
	default:
		return false;
	}
}

/* What follows the name: PackageOp PkgLength NumElements and the elements, 20.2.5.4. */
static bool aml_package(struct aml a, uint8_t types[2])
{
	unsigned more;

	if (a.end - a.p < 3 || *a.p++ != 0x12)
		return false;
	more = *a.p >> 6; /* 20.2.4: bytes of the length beyond the first */
	if (a.end - a.p < (ptrdiff_t)(more + 2))
		return false;
	a.p += 1 + more;
	if (*a.p++ < 1 || !aml_integer(&a, &types[0]))
		return false;
	/* A package of one has PM1a's type only; PM1b is not there then. */
	if (!aml_integer(&a, &types[1]))
		types[1] = types[0];
	return types[0] <= 7 && types[1] <= 7;
}

bool acpi_parse_s5(const uint8_t *dsdt, uint32_t len, uint8_t types[2])
{
	const uint8_t *end = dsdt + len, *p = dsdt + ACPI_HEADER_LEN;

	if (len < ACPI_HEADER_LEN)
		return false;
	/* NameOp "_S5_", or NameOp "\_S5_"; a mention elsewhere is no definition. */
	while ((p = memchr(p, 0x08, (size_t)(end - p))) != NULL) {
		const uint8_t *name = ++p;

		if (name < end && *name == '\\')
			name++;
		if (end - name >= 4 && memcmp(name, "_S5_", 4) == 0 &&
		    aml_package((struct aml){name + 4, end}, types))
			return true;
	}
	return false;
}
