/*
 * SPDX-License-Identifier: MIT
 *
 * Where the VM generation id lies ("Virtual Machine Generation ID", Microsoft 2012): a device of the
 * AML namespace with the compatible id VM_Gen_Counter, whose ADDR is a package of two integers, the
 * address's low and high half.  No AML is interpreted.  Two ways of writing it are known:
 *
 *   Name (ADDR, Package () {low, high})            Hyper-V, Firecracker
 *   Name (VGIA, address) and a method that adds 40 QEMU (docs/specs/vmgenid): patched by the firmware
 */
#include "base/bytes.h"
#include "base/string.h"
#include "kernel/firmware/acpi.h"

#define NEAR 256 /* bytes behind the device's id in which ADDR is looked for */
#define QEMU_GUID_OFFSET 40

enum aml_op { AML_ZERO = 0x00, AML_ONE = 0x01, AML_NAME = 0x08, AML_BYTE = 0x0a, AML_WORD = 0x0b,
	      AML_DWORD = 0x0c, AML_QWORD = 0x0e, AML_PACKAGE = 0x12 };

struct bytes {
	const uint8_t *p, *end;
};

/* Behind the first place in `b` that holds those bytes; false: nowhere. */
static bool skip_to(struct bytes *b, const char *what, size_t len)
{
	while (b->end - b->p >= (ptrdiff_t)len) {
		const uint8_t *hit =
			memchr(b->p, what[0], (size_t)(b->end - b->p) - len + 1);

		if (hit == NULL)
			return false;
		b->p = hit + 1;
		if (memcmp(hit, what, len) == 0) {
			b->p = hit + len;
			return true;
		}
	}
	return false;
}

/* ACPI 6.4, 20.2.3: an integer constant. */
static bool read_integer(struct bytes *b, uint64_t *value)
{
	static const uint8_t width[] = {[AML_BYTE] = 1, [AML_WORD] = 2, [AML_DWORD] = 4, [AML_QWORD] = 8};
	uint8_t op, len;

	if (b->p == b->end)
		return false;
	op = *b->p++;
	*value = op;
	if (op == AML_ZERO || op == AML_ONE)
		return true;
	len = op < sizeof(width) ? width[op] : 0;
	if (len == 0 || b->end - b->p < len)
		return false;
	*value = 0;
	for (unsigned i = 0; i < len; i++)
		*value |= (uint64_t)b->p[i] << 8 * i;
	b->p += len;
	return true;
}

/* 20.2.5.4: PackageOp PkgLength NumElements, with two integers of 32 bits in it. */
static bool read_pair(struct bytes b, uint64_t *address)
{
	uint64_t low, high;
	unsigned more;

	if (b.end - b.p < 3 || *b.p++ != AML_PACKAGE)
		return false;
	more = *b.p >> 6;
	if (b.end - b.p < (ptrdiff_t)(more + 2))
		return false;
	b.p += 1 + more;
	if (*b.p++ != 2 || !read_integer(&b, &low) || !read_integer(&b, &high) ||
	    low > UINT32_MAX || high > UINT32_MAX)
		return false;
	*address = high << 32 | low;
	return true;
}

static bool read_sum(struct bytes b, uint64_t *address)
{
	uint64_t base;

	if (!read_integer(&b, &base) || base == 0)
		return false;
	*address = base + QEMU_GUID_OFFSET;
	return true;
}

bool acpi_parse_vm_generation(const uint8_t *table, uint32_t len, uint64_t *address)
{
	struct bytes device, at;

	if (len < ACPI_HEADER_LEN)
		return false;
	device = (struct bytes){table + ACPI_HEADER_LEN, table + len};
	at = device;
	if (!skip_to(&device, "VM_Gen_Counter", 15)) /* with its NUL */
		return false;
	device.end = device.p + MIN(device.end - device.p, (ptrdiff_t)NEAR);
	if (skip_to(&device, "\x08" "ADDR", 5) && read_pair(device, address))
		return *address != 0;
	return skip_to(&at, "\x08" "VGIA", 5) && read_sum(at, address);
}
