/* SPDX-License-Identifier: MIT */
/* kernel/firmware/acpi_tables: sound tables, tables cut short at every byte (each in a block of its own, so
 * that a read past the end is seen), and AML that is not what it seems. */
#include <stdlib.h>
#include <string.h>

#include "kernel/firmware/acpi.h"
#include "tests/runner/unit.h"

static void put(uint8_t *at, uint64_t v, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static void fix_sum(uint8_t *sum, const uint8_t *from, size_t len)
{
	*sum = 0;
	uint8_t s = 0;
	for (size_t i = 0; i < len; i++)
		s = (uint8_t)(s + from[i]);
	*sum = (uint8_t)(0 - s);
}

static void make_rsdp(uint8_t r[ACPI_RSDP_LEN], uint8_t revision, uint32_t rsdt, uint64_t xsdt)
{
	memset(r, 0, ACPI_RSDP_LEN);
	memcpy(r, "RSD PTR ", 8);
	r[15] = revision;
	put(r + 16, rsdt, 4);
	put(r + 20, ACPI_RSDP_LEN, 4);
	put(r + 24, xsdt, 8);
	fix_sum(r + 8, r, 20);
	fix_sum(r + 32, r, ACPI_RSDP_LEN);
}

TEST(rsdp)
{
	uint8_t r[ACPI_RSDP_LEN];
	bool is_long;

	make_rsdp(r, 0, 0x7fe1234, 0x1122334455667788);
	assert_int_equal(acpi_parse_rsdp(r, &is_long), 0x7fe1234);
	assert_false(is_long);
	make_rsdp(r, 2, 0x7fe1234, 0x1122334455667788);
	assert_int_equal(acpi_parse_rsdp(r, &is_long), 0x1122334455667788);
	assert_true(is_long);
	make_rsdp(r, 2, 0x7fe1234, 0);
	assert_int_equal(acpi_parse_rsdp(r, &is_long), 0x7fe1234);
	for (size_t i = 0; i < 20; i++) {
		make_rsdp(r, 0, 0x7fe1234, 0);
		r[i] ^= 0x10;
		assert_int_equal(acpi_parse_rsdp(r, &is_long), 0);
	}
	for (size_t i = 0; i < ACPI_RSDP_LEN; i++) {
		make_rsdp(r, 2, 0x7fe1234, 0x1122334455667788);
		r[i] ^= 0x10;
		assert_int_equal(acpi_parse_rsdp(r, &is_long), 0);
	}
}

TEST(headers)
{
	uint8_t h[ACPI_HEADER_LEN] = "FACP";

	put(h + 4, 244, 4);
	assert_int_equal(acpi_table_len(h, "FACP"), 244);
	assert_int_equal(acpi_table_len(h, "DSDT"), 0);
	put(h + 4, ACPI_HEADER_LEN - 1, 4);
	assert_int_equal(acpi_table_len(h, "FACP"), 0);
	put(h + 4, ACPI_TABLE_MAX + 1, 4);
	assert_int_equal(acpi_table_len(h, "FACP"), 0);
	put(h + 4, UINT32_MAX, 4);
	assert_int_equal(acpi_table_len(h, "FACP"), 0);
}

static void make_fadt(uint8_t f[276])
{
	memset(f, 0, 276);
	memcpy(f, "FACP", 4);
	put(f + 40, 0x7fe0040, 4); /* DSDT */
	put(f + 48, 0xb2, 4);      /* SMI_CMD */
	f[52] = 0xf1;
	put(f + 64, 0x604, 4); /* PM1a control */
	put(f + 76, 0x608, 4); /* PM timer */
	f[91] = 4;
	f[108] = 0x32;
	put(f + 112, 1u << 10, 4); /* reset register */
	f[116] = 1;
	put(f + 120, 0xcf9, 8);
	f[128] = 0x0f;
}

TEST(fadt_fields)
{
	struct acpi_info info = {0};
	uint8_t f[276];

	make_fadt(f);
	acpi_parse_fadt(f, sizeof(f), &info);
	assert_int_equal(info.dsdt, 0x7fe0040);
	assert_int_equal(info.smi_command, 0xb2);
	assert_int_equal(info.acpi_enable, 0xf1);
	assert_int_equal(info.pm1a_control, 0x604);
	assert_int_equal(info.pm1b_control, 0);
	assert_int_equal(info.pm_timer_port, 0x608);
	assert_int_equal(info.rtc_century, 0x32);
	assert_false(info.rtc_absent);
	assert_int_equal(info.reset.address, 0xcf9);
	assert_false(info.reset.in_memory);
	assert_int_equal(info.reset_value, 0x0f);
}

TEST(fadt_extended_fields)
{
	struct acpi_info info = {0};
	uint8_t f[276];

	make_fadt(f);
	put(f + 140, 0x123456789a, 8); /* X_DSDT wins */
	put(f + 76, 0, 4);
	f[208] = 1; /* X_PM_TMR, a port */
	put(f + 212, 0x408, 8);
	put(f + 64, 0, 4);
	f[172] = 0; /* X_PM1a, memory: not for us */
	put(f + 176, 0x404, 8);
	put(f + 109, 1u << 5, 2);
	acpi_parse_fadt(f, sizeof(f), &info);
	assert_int_equal(info.dsdt, 0x123456789a);
	assert_int_equal(info.pm_timer_port, 0x408);
	assert_int_equal(info.pm1a_control, 0);
	assert_true(info.rtc_absent);
}

TEST(fadt_without_fixed_hardware)
{
	struct acpi_info info = {0};
	uint8_t f[276];

	make_fadt(f);
	put(f + 112, 1u << 20, 4);
	put(f + 248, 0xfea00200, 8);
	acpi_parse_fadt(f, sizeof(f), &info);
	assert_int_equal(info.pm_timer_port, 0);
	assert_int_equal(info.pm1a_control, 0);
	assert_int_equal(info.reset.address, 0);
	assert_true(info.sleep_control.in_memory);
	assert_int_equal(info.sleep_control.address, 0xfea00200);
}

TEST(fadt_truncated_anywhere)
{
	uint8_t f[276];

	make_fadt(f);
	for (uint32_t len = ACPI_HEADER_LEN; len <= sizeof(f); len++) {
		uint8_t *cut = malloc(len);
		struct acpi_info info = {0};

		memcpy(cut, f, len);
		acpi_parse_fadt(cut, len, &info);
		assert_int_equal(info.pm_timer_port, len >= 92 ? 0x608 : 0);
		assert_int_equal(info.reset.address, len >= 122 ? 0xcf9 : len == 121 ? 0xf9 : 0);
		free(cut);
	}
}

static bool s5(const void *aml, uint32_t len, uint8_t types[2])
{
	uint8_t *dsdt = malloc(ACPI_HEADER_LEN + len);
	bool found;

	memset(dsdt, 0, ACPI_HEADER_LEN);
	memcpy(dsdt + ACPI_HEADER_LEN, aml, len);
	types[0] = types[1] = 99;
	found = acpi_parse_s5(dsdt, ACPI_HEADER_LEN + len, types);
	free(dsdt);
	return found;
}

#define S5(bytes) s5(bytes, sizeof(bytes) - 1, t)

TEST(s5_packages)
{
	uint8_t t[2];

	/* As QEMU and SeaBIOS write it, with ZeroOp. */
	assert_true(S5("\x08_S5_\x12\x06\x04\x00\x00\x00\x00"));
	assert_int_equal(t[0], 0);
	assert_int_equal(t[1], 0);
	assert_true(S5("junk\x08_S4_\x12\x06\x04\x01\x01\x00\x00\x08_S5_\x12\x08\x04\x0a\x05\x0a\x06\x00\x00"));
	assert_int_equal(t[0], 5);
	assert_int_equal(t[1], 6);
	/* From the root, a long PkgLength, OneOp, an element only. */
	assert_true(S5("\x08\\_S5_\x12\x45\x00\x01\x01"));
	assert_int_equal(t[0], 1);
	assert_int_equal(t[1], 1);
}

TEST(s5_that_is_none)
{
	uint8_t t[2];

	assert_false(S5("_S5_\x12\x06\x04\x00\x00\x00\x00"));         /* a mention, not a name */
	assert_false(S5("\x08_S5_\x11\x06\x04\x00\x00\x00\x00"));     /* a buffer */
	assert_false(S5("\x08_S5_\x12\x06\x00\x00\x00\x00\x00"));     /* no elements */
	assert_false(S5("\x08_S5_\x12\x06\x04\x0a\x09\x00\x00\x00")); /* no such sleep type */
	assert_false(S5("\x08_S5_\x12\x06\x04\x0c\x00\x00\x00\x00")); /* a dword */
	assert_false(S5("\x08\x08\x08"));
	assert_false(S5(""));
	/* The first that is a package counts. */
	assert_true(S5("\x08_S5_\x08_S5_\x12\x06\x04\x0a\x03\x00\x00\x00"));
	assert_int_equal(t[0], 3);
}

TEST(s5_truncated_anywhere)
{
	static const char aml[] = "\x08_S5_\x12\xc8\x00\x00\x00\x04\x0a\x05\x0a\x06\x00\x00";
	uint8_t t[2];

	for (uint32_t len = 0; len < sizeof(aml); len++) {
		bool found = s5(aml, len, t);

		/* Whole as soon as the first type is there; without the second it is the same. */
		assert_int_equal(found, len >= 13);
		if (found)
			assert_int_equal(t[1], len >= 15 ? 6 : 5);
	}
	assert_false(acpi_parse_s5((const uint8_t *)aml, 3, t));
}

/* --- the VM generation id ------------------------------------------------------------------------ */

/* QEMU 7.2's table, as SeaBIOS left it in memory: VGIA is 0x3fff000. */
static const uint8_t qemu_vmgenid[] = {
	0x53, 0x53, 0x44, 0x54, 0xca, 0x00, 0x00, 0x00, 0x01, 0x4f, 0x42, 0x4f, 0x43, 0x48,
	0x53, 0x20, 0x56, 0x4d, 0x47, 0x45, 0x4e, 0x49, 0x44, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x42, 0x58, 0x50, 0x43, 0x01, 0x00, 0x00, 0x00, 0x08, 0x56, 0x47, 0x49, 0x41, 0x0c,
	0x00, 0xf0, 0xff, 0x03, 0x10, 0x41, 0x08, 0x5c, 0x5f, 0x53, 0x42, 0x5f, 0x5b, 0x82,
	0x48, 0x07, 0x56, 0x47, 0x45, 0x4e, 0x08, 0x5f, 0x48, 0x49, 0x44, 0x0d, 0x51, 0x45,
	0x4d, 0x55, 0x56, 0x47, 0x49, 0x44, 0x00, 0x08, 0x5f, 0x43, 0x49, 0x44, 0x0d, 0x56,
	0x4d, 0x5f, 0x47, 0x65, 0x6e, 0x5f, 0x43, 0x6f, 0x75, 0x6e, 0x74, 0x65, 0x72, 0x00,
	0x08, 0x5f, 0x44, 0x44, 0x4e, 0x0d, 0x56, 0x4d, 0x5f, 0x47, 0x65, 0x6e, 0x5f, 0x43,
	0x6f, 0x75, 0x6e, 0x74, 0x65, 0x72, 0x00, 0x14, 0x17, 0x5f, 0x53, 0x54, 0x41, 0x00,
	0x70, 0x0a, 0x0f, 0x60, 0xa0, 0x0a, 0x93, 0x56, 0x47, 0x49, 0x41, 0x00, 0x70, 0x00,
	0x60, 0xa4, 0x60, 0x14, 0x20, 0x41, 0x44, 0x44, 0x52, 0x00, 0x70, 0x12, 0x02, 0x02,
	0x60, 0x70, 0x72, 0x56, 0x47, 0x49, 0x41, 0x0a, 0x28, 0x00, 0x88, 0x60, 0x00, 0x00,
	0x70, 0x00, 0x88, 0x60, 0x01, 0x00, 0xa4, 0x60, 0x14, 0x19, 0x5c, 0x2e, 0x5f, 0x47,
	0x50, 0x45, 0x5f, 0x45, 0x30, 0x35, 0x00, 0x86, 0x5c, 0x2e, 0x5f, 0x53, 0x42, 0x5f,
	0x56, 0x47, 0x45, 0x4e, 0x0a, 0x80};

/* Each length in a block of its own. */
static bool parse_cut(const uint8_t *table, size_t len, uint64_t *address)
{
	uint8_t *copy = malloc(MAX(len, (size_t)1));
	bool found;

	memcpy(copy, table, len);
	found = acpi_parse_vm_generation(copy, (uint32_t)len, address);
	free(copy);
	return found;
}

TEST(qemus_vm_generation)
{
	uint64_t address = 0;

	assert_true(parse_cut(qemu_vmgenid, sizeof(qemu_vmgenid), &address));
	assert_int_equal(address, 0x3fff028);
	for (size_t len = 0; len < sizeof(qemu_vmgenid); len++)
		(void)parse_cut(qemu_vmgenid, len, &address);
	assert_false(parse_cut(qemu_vmgenid, 90, &address)); /* no VM_Gen_Counter yet */
}

/* As Hyper-V and Firecracker write it: \x08ADDR\x12 PkgLength 2, two integers. */
static size_t with_package(uint8_t *table, const char *package, size_t len)
{
	static const char head[] = "\x08_CID\x0dVM_Gen_Counter\0\x08_DDN\x0dVM_Gen_Counter\0\x08" "ADDR";
	size_t at = ACPI_HEADER_LEN;

	memset(table, 0, at);
	memcpy(table + at, head, sizeof(head) - 1);
	at += sizeof(head) - 1;
	memcpy(table + at, package, len);
	return at + len;
}

#define PACKAGE(text) with_package(table, text, sizeof(text) - 1)

TEST(a_package_of_two)
{
	uint8_t table[256];
	uint64_t address = 0;
	size_t len;

	len = PACKAGE("\x12\x0c\x02\x0c\x00\xf0\xff\x03\x0a\x05");
	assert_true(parse_cut(table, len, &address));
	assert_int_equal(address, UINT64_C(0x503fff000));
	for (size_t cut = 0; cut < len; cut++)
		assert_false(parse_cut(table, cut, &address));
	assert_true(parse_cut(table, PACKAGE("\x12\x0c\x02\x0e\x00\x10\x00\x00\x00\x00\x00\x00\x00"),
			      &address));
	assert_int_equal(address, 0x1000);
	assert_true(parse_cut(table, PACKAGE("\x12\x40\x01\x02\x0b\x00\x20\x01"), &address));
	assert_int_equal(address, UINT64_C(0x100002000));
}

TEST(packages_that_are_no_address)
{
	uint8_t table[256];
	uint64_t address;

	assert_false(parse_cut(table, PACKAGE("\x12\x03\x02\x00\x00"), &address)); /* 0 */
	assert_false(parse_cut(table, PACKAGE("\x12\x06\x03\x01\x01\x01"), &address)); /* three */
	assert_false(parse_cut(table, PACKAGE("\x12\x06\x02\x60\x01"), &address)); /* Local0 */
	assert_false(parse_cut(table, PACKAGE("\x0c\x00\x00\x00\x01"), &address)); /* no package */
	assert_false(parse_cut(table, PACKAGE("\x12\x0c\x02\x0e\0\0\0\0\x01\0\0\0\x00"),
			       &address)); /* a low half of more than 32 bits */
}
