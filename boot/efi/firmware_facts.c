/*
 * SPDX-License-Identifier: MIT
 *
 * What only the firmware can tell and the kernel wants to know: where ACPI's root pointer and the
 * SMBIOS entry point are, some random bytes, the time of day.  None is needed to boot; what is not
 * there stays 0.
 * UEFI 2.10: 4.6 (configuration table), 37.5 (EFI_RNG_PROTOCOL), 8.3 (GetTime).
 */
#include "base/string.h"
#include "boot/efi/loader.h"
#include "boot/efi/wall_clock.h"

static EFI_GUID rng_guid = EFI_RNG_PROTOCOL_GUID;
static const EFI_GUID acpi_10_guid = ACPI_TABLE_GUID;
static const EFI_GUID acpi_20_guid = ACPI_20_TABLE_GUID;
static const EFI_GUID smbios_guid = SMBIOS_TABLE_GUID;
static const EFI_GUID smbios_3_guid = SMBIOS3_TABLE_GUID;

/* The table's address, 0: none of that kind. */
static uint64_t find_table(const EFI_SYSTEM_TABLE *st, const EFI_GUID *guid)
{
	for (UINTN i = 0; i < st->NumberOfTableEntries; i++) {
		const EFI_CONFIGURATION_TABLE *table = &st->ConfigurationTable[i];

		if (memcmp(&table->VendorGuid, guid, sizeof(*guid)) == 0)
			return (uintptr_t)table->VendorTable;
	}
	return 0;
}

static void read_seed(const struct loader *l, struct boot_info *bi)
{
	EFI_RNG_PROTOCOL *rng;

	if (EFI_ERROR(l->bs->LocateProtocol(&rng_guid, NULL, (void **)&rng)))
		return;
	if (EFI_ERROR(rng->GetRNG(rng, NULL, sizeof(bi->seed), bi->seed)))
		return;
	bi->seed_len = sizeof(bi->seed);
}

static void read_wall_clock(const struct loader *l, struct boot_info *bi)
{
	struct wall_clock clock;
	EFI_TIME t;

	if (EFI_ERROR(l->st->RuntimeServices->GetTime(&t, NULL)))
		return;
	bi->wall_clock_counter = __builtin_ia32_rdtsc();
	clock = (struct wall_clock){
		.year = t.Year, .month = t.Month, .day = t.Day,
		.hour = t.Hour, .minute = t.Minute, .second = t.Second,
		.zone_min = t.TimeZone,
	};
	bi->wall_clock_s = wall_clock_unix_s(&clock);
}

void loader_ask_firmware(const struct loader *l, struct boot_info *bi)
{
	bi->rsdp = find_table(l->st, &acpi_20_guid);
	if (bi->rsdp == 0)
		bi->rsdp = find_table(l->st, &acpi_10_guid);
	bi->smbios = find_table(l->st, &smbios_3_guid);
	if (bi->smbios == 0)
		bi->smbios = find_table(l->st, &smbios_guid);
	read_seed(l, bi);
	read_wall_clock(l, bi);
}
