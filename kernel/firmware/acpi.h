/*
 * SPDX-License-Identifier: MIT
 *
 * The few things that dialtone takes from ACPI: the PM timer for the clock, the registers that switch
 * the machine off or reset it, where the RTC keeps the century, where the VM generation id lies.  No
 * AML is interpreted.
 *
 * The parsers (acpi_tables.c, acpi_vm_generation.c) are pure and read nothing outside the bytes they
 * are given.
 */
#ifndef KERNEL_FIRMWARE_ACPI_H
#define KERNEL_FIRMWARE_ACPI_H

#include "base/compiler.h"

/* A register by ACPI's generic address structure (ACPI 6.4, 5.2.3.2); address 0: there is none. */
struct acpi_register {
	bool in_memory; /* else a port */
	uint64_t address;
};

struct acpi_info {
	uint16_t pm_timer_port; /* 0: none */
	uint16_t pm1a_control, pm1b_control; /* ports, 0: none */
	uint16_t smi_command;   /* port that switches ACPI mode on, 0: always on */
	uint8_t acpi_enable;    /* the value to write there */
	uint8_t rtc_century;    /* CMOS register, 0: none */
	bool rtc_absent;
	uint8_t reset_value;
	struct acpi_register reset;
	struct acpi_register sleep_control; /* machines without PM1 registers */
	uint64_t dsdt;          /* physical address, 0: none */
};

/* Reads the tables; without a sound one the info stays empty. */
void acpi_init(uint64_t rsdp);
const struct acpi_info *acpi_info(void);
/* The \_S5 sleep types for PM1a and PM1b; read when asked.  false: not to be found. */
bool acpi_s5_types(uint8_t types[2]) MUST_CHECK;
/* The VM generation id, 16 bytes that the hypervisor changes where this machine is a copy of one that
 * ran on, also while we look; NULL: there is none.  Looks for it: call once. */
#define ACPI_VM_GENERATION_LEN 16u
const volatile uint8_t *acpi_vm_generation(void) MUST_CHECK;

/* --- parsers ---------------------------------------------------------------------------------- */

#define ACPI_HEADER_LEN 36u
#define ACPI_TABLE_MAX (1u << 20) /* bytes; longer tables are not believed */
#define ACPI_RSDP_LEN 36u

/* The root table's address from an RSDP, and whether its entries are 8 bytes long; 0: not sound. */
uint64_t acpi_parse_rsdp(const uint8_t rsdp[ACPI_RSDP_LEN], bool *entries_are_long);
/* The length in a table's header, 0 when it is impossible or the signature differs. */
uint32_t acpi_table_len(const uint8_t header[ACPI_HEADER_LEN], const char signature[4]);
bool acpi_checksum_ok(const uint8_t *table, uint32_t len);
void acpi_parse_fadt(const uint8_t *fadt, uint32_t len, struct acpi_info *info);
bool acpi_parse_s5(const uint8_t *dsdt, uint32_t len, uint8_t types[2]);
/* The physical address of the VM generation id from the table (SSDT or DSDT) that describes it. */
bool acpi_parse_vm_generation(const uint8_t *table, uint32_t len, uint64_t *address) MUST_CHECK;

#endif
