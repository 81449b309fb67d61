/*
 * SPDX-License-Identifier: MIT
 *
 * A PCI function whose whole configuration space the input wrote: capability lists, BARs, MSI-X
 * and virtio structures.  Reads come to an end, and what is mapped lies in one of the BARs.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "drivers/virtio/pci/modern.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_pci.h"

/* As a PC has it. */
#define PCI_WINDOW ((struct pci_window){.next = 0xfe000000, .end = 0xfeb00000})

#define MMIO_PHYS UINT64_C(0xfe000000)
#define MMIO_LEN 0x8000
#define READS_MAX 2000 /* of one open: 64 places, six BARs, some registers each */

/* What a BAR compares is what its size leaves writable. */
static void make_writable(struct fake_function *f, struct fuzz_input *in)
{
	for (unsigned i = 0; i < PCI_BAR_COUNT; i++) {
		uint8_t how = fuzz_u8(in);

		f->writable[PCI_BASE_ADDRESS_0 / 4 + i] =
			how == 0xff ? fuzz_u32(in) : ~UINT32_C(0) << (how % 33 == 32 ? 31 : how % 33);
	}
}

static void fill(struct fake_function *f, struct fuzz_input *in)
{
	size_t n;
	const uint8_t *p;

	make_writable(f, in);
	f->regs[PCI_COMMAND / 4] = (uint32_t)fuzz_u16(in) << 16 | PCI_COMMAND_MEMORY;
	for (unsigned i = 0; i < PCI_BAR_COUNT; i++)
		f->regs[PCI_BASE_ADDRESS_0 / 4 + i] = fuzz_u32(in);
	fake_pci_set8(f, PCI_CAPABILITY_LIST, fuzz_u8(in));
	p = fuzz_bytes(in, 192, &n);
	for (size_t i = 0; i < n; i++)
		fake_pci_set8(f, (unsigned)(0x40 + i), p[i]);
}

/* What BAR `i` answers to, as a device computes it: the bits that can be written are compared. */
static bool is_in_bar(const struct fake_function *f, unsigned i, uint64_t at, uint64_t len)
{
	const uint32_t *regs = f->regs + PCI_BASE_ADDRESS_0 / 4;
	const uint32_t *writable = f->writable + PCI_BASE_ADDRESS_0 / 4;
	uint64_t compared = writable[i] & ~UINT32_C(0xf);
	uint64_t base = regs[i] & ~UINT32_C(0xf);

	if ((regs[i] & PCI_BASE_ADDRESS_SPACE) == PCI_BASE_ADDRESS_SPACE_IO)
		return false;
	if ((regs[i] & PCI_BASE_ADDRESS_MEM_TYPE_MASK) != PCI_BASE_ADDRESS_MEM_TYPE_64) {
		compared |= (uint64_t)UINT32_MAX << 32;
	} else if (i + 1 < PCI_BAR_COUNT) {
		compared |= (uint64_t)writable[i + 1] << 32;
		base |= (uint64_t)regs[i + 1] << 32;
	}
	return (at & compared) == (base & compared) && ((at + len - 1) & compared) == (base & compared);
}

static void check_mapped(const struct fake_function *f, const volatile uint8_t *at, uint64_t len)
{
	uint64_t off = (uint64_t)(at - fake_machine.mmio);

	FUZZ_CHECK(off < MMIO_LEN && len > 0 && len <= MMIO_LEN - off, "%llu bytes at %llu",
		   (unsigned long long)len, (unsigned long long)off);
	for (unsigned i = 0; i < PCI_BAR_COUNT; i++)
		if (is_in_bar(f, i, MMIO_PHYS + off, len))
			return;
	kit_fail("%llu bytes at %llu are in no BAR", (unsigned long long)len,
		 (unsigned long long)off);
}

static void check_area(const struct fake_function *f, const struct virtio_pci_area *area, bool needed)
{
	FUZZ_CHECK(area->at != NULL || !needed, "a structure is missing");
	if (area->at != NULL)
		check_mapped(f, area->at, area->len);
}

static void check_msix(const struct fake_function *f, const struct msix *msix)
{
	if (msix->count == 0)
		return;
	FUZZ_CHECK(msix->count <= 2048, "%u vectors", msix->count);
	check_mapped(f, msix->table, msix->count * 16u);
	msix_connect(msix, (uint16_t)(msix->count - 1), (struct irq_message){0xfee00000, 0x40});
}

static void walk(const struct pci_device *pci)
{
	struct pci_cap_walk w = pci_cap_first(pci);
	unsigned n = 0;
	uint8_t off;

	while ((off = pci_cap_next(&w, PCI_CAP_ID_VNDR)) != 0) {
		FUZZ_CHECK(off >= 0x40 && off % 4 == 0, "at %02x", off);
		FUZZ_CHECK(++n <= 48, "a list that does not end");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = {.at = data, .len = len};
	static struct fake_pci bus;
	struct pci_window window = PCI_WINDOW;
	struct fake_function *f;
	struct pci_device pci;
	struct virtio_pci vp;
	struct fuzz_sink fs;

	fuzz_sink_open(&fs);
	fake_machine_reset();
	fake_machine.mmio_phys = MMIO_PHYS;
	fake_machine.mmio_len = MMIO_LEN;
	fake_machine.mmio = calloc(1, MMIO_LEN);
	fake_pci_reset(&bus);
	f = fake_pci_add(&bus, 0, 3, 0, 0x1af4, 0x1041, 2);
	fill(f, &in);
	pci = fake_pci_device(&bus, f);
	walk(&pci);
	if (virtio_pci_open(&vp, &pci, &window, &fs.sink) == ERR_OK) {
		check_area(f, &vp.common, true);
		check_area(f, &vp.notify, true);
		check_area(f, &vp.device, false);
		check_msix(f, &vp.msix);
	} else {
		FUZZ_CHECK(fs.events[EVENT_DEVICE_BAD] > 0, "refused without a word");
	}
	FUZZ_CHECK(bus.reads <= READS_MAX, "%u reads", bus.reads);
	FUZZ_CHECK(f->writes_to_live_bars == 0, "a BAR was written while it answered");
	FUZZ_CHECK(fake_machine.outstanding == 0, "%d blocks not given back", fake_machine.outstanding);
	free(fake_machine.mmio);
	fake_machine_off();
	return 0;
}
