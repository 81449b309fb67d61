/*
 * A PCI function whose whole configuration space the input wrote: capability lists, BARs, MSI-X
 * and virtio structures.  Reads come to an end, and what is mapped lies in the device's memory.
 */
#include "tests/fuzz/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "drivers/virtio/pci_modern.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_pci.h"

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

static void check_area(const struct virtio_pci_area *area, bool needed)
{
	FUZZ_CHECK(area->at != NULL || !needed, "a structure is missing");
	if (area->at == NULL)
		return;
	FUZZ_CHECK(area->len > 0 && area->at >= fake_machine.mmio &&
			   area->at + area->len <= fake_machine.mmio + MMIO_LEN,
		   "%u bytes outside of the device", area->len);
}

static void check_msix(const struct msix *msix)
{
	if (msix->count == 0)
		return;
	FUZZ_CHECK(msix->count <= 2048, "%u vectors", msix->count);
	FUZZ_CHECK(msix->table >= fake_machine.mmio && msix->table + msix->count * 16u <=
			   fake_machine.mmio + MMIO_LEN, "the table is outside of the device");
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
		check_area(&vp.common, true);
		check_area(&vp.notify, true);
		check_area(&vp.device, false);
		check_msix(&vp.msix);
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
