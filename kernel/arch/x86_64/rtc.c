/*
 * SPDX-License-Identifier: MIT
 *
 * Reads the CMOS RTC (MC146818 and its heirs) between two of its updates.
 */
#include "kernel/arch/clock.h"

#include "kernel/firmware/acpi.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/time/rtc_date.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71

enum cmos_register {
	CMOS_SECOND = 0x00,
	CMOS_MINUTE = 0x02,
	CMOS_HOUR = 0x04,
	CMOS_DAY = 0x07,
	CMOS_MONTH = 0x08,
	CMOS_YEAR = 0x09,
	CMOS_STATUS_A = 0x0a,
	CMOS_STATUS_B = 0x0b,
};

#define STATUS_A_UPDATING 0x80u

static uint8_t cmos_read(uint8_t reg)
{
	outb(CMOS_INDEX, reg);
	return inb(CMOS_DATA);
}

/* An absent RTC reads as all ones, and so seems to update for ever. */
static bool updating(void)
{
	return cmos_read(CMOS_STATUS_A) & STATUS_A_UPDATING;
}

bool rtc_read(uint64_t *unix_s)
{
	uint8_t century = acpi_info()->rtc_century;
	struct rtc_registers rtc;
	struct date date;

	if (acpi_info()->rtc_absent || updating())
		return false;
	rtc = (struct rtc_registers){
		.second = cmos_read(CMOS_SECOND),
		.minute = cmos_read(CMOS_MINUTE),
		.hour = cmos_read(CMOS_HOUR),
		.day = cmos_read(CMOS_DAY),
		.month = cmos_read(CMOS_MONTH),
		.year = cmos_read(CMOS_YEAR),
		.century = century == 0 ? 0 : cmos_read(century & 0x7f),
		.status_b = cmos_read(CMOS_STATUS_B),
	};
	/* An update that began meanwhile may have changed a register after we read its neighbour. */
	if (updating() || cmos_read(CMOS_SECOND) != rtc.second)
		return false;
	return date_from_rtc(&rtc, &date) && date_to_unix(&date, unix_s);
}
