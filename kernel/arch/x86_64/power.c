/*
 * SPDX-License-Identifier: MIT
 *
 * Ways to end a machine, from the politest down: soft off (ACPI 6.4, 4.8.3.2 and 16.1.5), the
 * FADT's reset register, the chipset's reset port, the keyboard controller, a triple fault, a halt.
 */
#include "kernel/arch/power.h"

#include "kernel/firmware/acpi.h"
#include "kernel/arch/mmio.h"
#include "kernel/arch/x86_64/io.h"
#include "kernel/mm/memory.h"

#define PM1_SCI_ENABLE (1u << 0)
#define PM1_SLEEP_TYPE_SHIFT 10
#define PM1_SLEEP_TYPE_MASK (7u << PM1_SLEEP_TYPE_SHIFT)
#define PM1_SLEEP_ENABLE (1u << 13)
#define SLEEP_CONTROL_TYPE_SHIFT 2
#define SLEEP_CONTROL_ENABLE (1u << 5)

#define RESET_PORT 0xcf9
#define KEYBOARD_PORT 0x64
#define KEYBOARD_RESET 0xfe

#define ACPI_ENABLE_TRIES 100000u

void power_debug_exit(uint16_t port, uint32_t value)
{
	outl(port, value);
}

/* The machine may take some time to obey: a hypervisor whose host is busy, half a second or so.  Port
 * accesses, of about a microsecond, pass it without needing a clock. */
static void linger(void)
{
	for (unsigned i = 0; i < 500000; i++)
		(void)inb(KEYBOARD_PORT);
}

static void register_write(const struct acpi_register *reg, uint8_t value)
{
	volatile void *p;

	if (!reg->in_memory) {
		outb((uint16_t)reg->address, value);
		return;
	}
	p = mmio_map(reg->address, 1);
	if (p != NULL)
		mmio_write8(p, value);
}

/* Firmware that has not handed over ignores the sleep bits until it is asked to. */
static void acpi_enable_mode(const struct acpi_info *acpi)
{
	if (acpi->smi_command == 0 || acpi->acpi_enable == 0)
		return;
	outb(acpi->smi_command, acpi->acpi_enable);
	for (unsigned i = 0; i < ACPI_ENABLE_TRIES; i++) {
		if (inw(acpi->pm1a_control) & PM1_SCI_ENABLE)
			return;
	}
}

static void pm1_sleep(uint16_t port, uint8_t type)
{
	uint16_t v = inw(port) & (uint16_t)~PM1_SLEEP_TYPE_MASK;

	outw(port, (uint16_t)(v | type << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE));
}

static void soft_off(void)
{
	const struct acpi_info *acpi = acpi_info();
	uint8_t types[2];

	if (!acpi_s5_types(types))
		return;
	if (acpi->sleep_control.address != 0) {
		register_write(&acpi->sleep_control,
			       (uint8_t)(types[0] << SLEEP_CONTROL_TYPE_SHIFT | SLEEP_CONTROL_ENABLE));
		linger();
	}
	if (acpi->pm1a_control == 0)
		return;
	if ((inw(acpi->pm1a_control) & PM1_SCI_ENABLE) == 0)
		acpi_enable_mode(acpi);
	pm1_sleep(acpi->pm1a_control, types[0]);
	if (acpi->pm1b_control != 0)
		pm1_sleep(acpi->pm1b_control, types[1]);
	linger();
}

static void reset_by_register(void)
{
	if (acpi_info()->reset.address == 0)
		return;
	register_write(&acpi_info()->reset, acpi_info()->reset_value);
	linger();
}

NORETURN void power_reset(void)
{
	static const uint8_t no_idt[10];

	outb(RESET_PORT, 0x02);
	outb(RESET_PORT, 0x06);
	linger();
	outb(KEYBOARD_PORT, KEYBOARD_RESET);
	linger();
	__asm__ volatile("lidt %0\n\tint3" : : "m"(no_idt) : "memory");
	power_halt();
}

NORETURN void power_halt(void)
{
	for (;;)
		__asm__ volatile("cli\n\thlt");
}

NORETURN void power_reboot(void)
{
	reset_by_register();
	power_reset();
}

NORETURN void power_off(void)
{
	soft_off();
	reset_by_register();
	power_reset();
}
