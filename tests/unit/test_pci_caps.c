/*
 * SPDX-License-Identifier: MIT
 *
 * Capabilities and BARs of devices that lie: lists that loop or leave their space, BARs that
 * overflow, MSI-X tables and virtio structures outside of their BARs (HOSTILE-INPUTS, device rows).
 */
#include <stdlib.h>
#include <string.h>
#include <linux/pci_regs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

#include "drivers/bus/pci/msix.h"
#include "drivers/virtio/pci/modern.h"
#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_pci.h"
#include "tests/runner/unit.h"

/* As a PC has it. */
#define PCI_WINDOW ((struct pci_window){.next = 0xfe000000, .end = 0xfeb00000})

#define MMIO_PHYS UINT64_C(0x800000000)
#define MMIO_LEN 0x8000

static struct fake_pci bus;
static struct fake_function *nic;
static struct pci_device pci;

static void setup(void)
{
	fake_machine_reset();
	fake_machine.mmio_phys = MMIO_PHYS;
	fake_machine.mmio_len = MMIO_LEN;
	fake_machine.mmio = calloc(1, MMIO_LEN);
	fake_pci_reset(&bus);
	nic = fake_pci_add(&bus, 0, 3, 0, 0x1af4, 0x1041, 2);
	pci = fake_pci_device(&bus, nic);
}

static void teardown(void)
{
	free(fake_machine.mmio);
}

FIXTURE(setup, teardown);

/* --- the list ------------------------------------------------------------------------------ */

static unsigned count_caps(uint8_t id)
{
	struct pci_cap_walk walk = pci_cap_first(&pci);
	unsigned n = 0;

	while (pci_cap_next(&walk, id) != 0)
		n++;
	return n;
}

TEST(list_is_walked)
{
	struct pci_cap_walk walk;

	fake_pci_cap(nic, 0x98, PCI_CAP_ID_MSIX, 0x84);
	fake_pci_cap(nic, 0x84, PCI_CAP_ID_VNDR, 0x40);
	fake_pci_cap(nic, 0x40, PCI_CAP_ID_VNDR, 0);
	walk = pci_cap_first(&pci);
	assert_int_equal(pci_cap_next(&walk, PCI_CAP_ID_VNDR), 0x84);
	assert_int_equal(pci_cap_next(&walk, PCI_CAP_ID_VNDR), 0x40);
	assert_int_equal(pci_cap_next(&walk, PCI_CAP_ID_VNDR), 0);
	assert_int_equal(count_caps(PCI_CAP_ID_MSIX), 1);
	assert_int_equal(count_caps(PCI_CAP_ID_EXP), 0);
}

TEST(list_without_the_status_bit_is_none)
{
	fake_pci_cap(nic, 0x40, PCI_CAP_ID_VNDR, 0);
	nic->regs[PCI_COMMAND / 4] &= 0xffff;
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 0);
}

TEST(loops_end)
{
	fake_pci_cap(nic, 0x40, PCI_CAP_ID_VNDR, 0x50);
	fake_pci_cap(nic, 0x50, PCI_CAP_ID_MSIX, 0x40);
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 1);
	assert_int_equal(count_caps(PCI_CAP_ID_MSIX), 1);
	fake_pci_cap(nic, 0x40, PCI_CAP_ID_VNDR, 0x40);
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 1);
	/* The reserved low bits make the same place look like four. */
	fake_pci_cap(nic, 0x40, PCI_CAP_ID_VNDR, 0x43);
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 1);
}

TEST(longest_list_is_walked_whole)
{
	for (unsigned off = 0x40; off < 0x100; off += 4)
		fake_pci_cap(nic, (uint8_t)off, PCI_CAP_ID_VNDR, (uint8_t)(off + 4));
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 48);
}

TEST(pointers_into_the_header_end_the_list)
{
	fake_pci_cap(nic, 0x40, PCI_CAP_ID_VNDR, 0x3c);
	fake_pci_set8(nic, 0x3c, PCI_CAP_ID_VNDR);
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 1);
	fake_pci_set8(nic, PCI_CAPABILITY_LIST, 0x04);
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 0);
}

TEST(device_that_vanished_has_no_caps)
{
	pci.bdf = pci_bdf(7, 7, 7); /* all reads are ones */
	assert_int_equal(count_caps(PCI_CAP_ID_VNDR), 0);
	assert_int_equal(count_caps(0xff), 1);
}

/* --- BARs ---------------------------------------------------------------------------------- */

static int get_bar(unsigned index, struct pci_bar *out)
{
	const struct pci_bar *bar;
	struct pci_bars bars;
	struct pci_window window = PCI_WINDOW;
	int err;

	pci_bars_init(&bars, &pci, &window);
	err = pci_bar_get(&bars, index, &bar);
	*out = *bar;
	return err;
}

TEST(bars_are_decoded)
{
	struct pci_bar bar;

	fake_pci_bar(nic, 0, 0xc000, 32, PCI_BASE_ADDRESS_SPACE_IO);
	fake_pci_bar(nic, 1, 0xfeb00000, 4096, 0);
	fake_pci_bar(nic, 4, MMIO_PHYS, 0x4000,
		     PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
	assert_int_equal(get_bar(0, &bar), ERR_OK);
	assert_true(bar.io);
	assert_int_equal(bar.base, 0xc000);
	assert_int_equal(get_bar(1, &bar), ERR_OK);
	assert_false(bar.io);
	assert_int_equal(bar.base, 0xfeb00000);
	assert_int_equal(bar.size, 4096);
	assert_int_equal(get_bar(4, &bar), ERR_OK);
	assert_int_equal(bar.base, MMIO_PHYS);
	assert_int_equal(bar.size, 0x4000);
	assert_int_equal(get_bar(5, &bar), ERR_NOENT); /* the upper half of 4 */
	assert_int_equal(get_bar(2, &bar), ERR_NOENT);
	assert_int_equal(nic->writes_to_live_bars, 0);
	/* Sizing leaves no trace. */
	assert_int_equal(nic->regs[PCI_BASE_ADDRESS_1 / 4], 0xfeb00000);
	assert_int_equal(nic->regs[PCI_BASE_ADDRESS_4 / 4], 0xc);
	assert_int_equal(nic->regs[PCI_BASE_ADDRESS_5 / 4], MMIO_PHYS >> 32);
}

TEST(bars_are_sized_when_asked_for_only)
{
	struct pci_bars bars;
	const struct pci_bar *bar;
	unsigned reads;

	fake_pci_bar(nic, 1, 0xfeb00000, 4096, 0);
	pci_bars_init(&bars, &pci, NULL);
	assert_int_equal(pci_bar_get(&bars, 1, &bar), ERR_OK);
	reads = bus.reads;
	assert_int_equal(pci_bar_get(&bars, 1, &bar), ERR_OK);
	assert_int_equal(bus.reads, reads);
}

TEST(wide_bars_above_4_gib_have_their_size)
{
	struct pci_bar bar;

	fake_pci_bar(nic, 2, UINT64_C(0x4000000000), UINT64_C(0x200000000),
		     PCI_BASE_ADDRESS_MEM_TYPE_64);
	assert_int_equal(get_bar(2, &bar), ERR_OK);
	assert_int_equal(bar.size, UINT64_C(0x200000000));
	assert_int_equal(bar.base, UINT64_C(0x4000000000));
}

TEST(wide_bar_in_the_last_register_is_refused)
{
	struct pci_bar bar;

	fake_pci_bar(nic, 5, 0xfeb00000, 4096, PCI_BASE_ADDRESS_MEM_TYPE_64);
	nic->writable[0x28 / 4] = UINT32_MAX; /* the register behind would do as one */
	assert_int_equal(get_bar(5, &bar), ERR_RANGE);
}

TEST(bar_whose_mask_has_holes_is_refused)
{
	struct pci_bar bar;

	fake_pci_bar(nic, 1, 0xf0000000, 4096, 0);
	nic->writable[PCI_BASE_ADDRESS_1 / 4] = 0xf00ff000;
	assert_int_equal(get_bar(1, &bar), ERR_RANGE);
}

TEST(bar_that_would_wrap_is_refused)
{
	struct pci_bar bar;

	/* All address bits read-only and one: the last page there is, its end is 0. */
	fake_pci_bar(nic, 1, UINT64_C(0xfffffffffffff000), 4096, PCI_BASE_ADDRESS_MEM_TYPE_64);
	assert_int_equal(get_bar(1, &bar), ERR_RANGE);
}

TEST(unassigned_bars_get_addresses_on_bus_0_only)
{
	struct pci_bars bars;
	struct pci_window window = PCI_WINDOW;
	const struct pci_bar *bar;

	fake_pci_bar(nic, 1, 0, 0x1000, 0);
	fake_pci_bar(nic, 4, 0, 0x4000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	pci_bars_init(&bars, &pci, &window);
	assert_int_equal(pci_bar_get(&bars, 1, &bar), ERR_OK);
	assert_int_equal(bar->base, 0xfe000000);
	assert_int_equal(pci_bar_get(&bars, 4, &bar), ERR_OK);
	assert_int_equal(bar->base, 0xfe004000); /* aligned to its size */
	assert_int_equal(nic->regs[PCI_BASE_ADDRESS_1 / 4], 0xfe000000);
	assert_int_equal(nic->regs[PCI_BASE_ADDRESS_4 / 4], 0xfe004004);

	teardown();
	setup();
	nic->bdf = pci_bdf(1, 0, 0);
	pci.bdf = nic->bdf;
	fake_pci_bar(nic, 1, 0, 0x1000, 0);
	pci_bars_init(&bars, &pci, &window);
	assert_int_equal(pci_bar_get(&bars, 1, &bar), ERR_NXIO);
}

TEST(window_is_not_overrun)
{
	struct pci_bars bars;
	struct pci_window window = PCI_WINDOW;
	const struct pci_bar *bar;

	fake_pci_bar(nic, 1, 0, 0x800000, 0);
	fake_pci_bar(nic, 2, 0, 0x800000, 0);
	fake_pci_bar(nic, 3, 0, 0x80000000, 0);
	fake_pci_bar(nic, 4, 0, UINT64_C(0x100000000), PCI_BASE_ADDRESS_MEM_TYPE_64);
	pci_bars_init(&bars, &pci, &window);
	assert_int_equal(pci_bar_get(&bars, 1, &bar), ERR_OK);
	assert_int_equal(pci_bar_get(&bars, 2, &bar), ERR_NXIO);
	assert_int_equal(pci_bar_get(&bars, 3, &bar), ERR_NXIO);
	assert_int_equal(pci_bar_get(&bars, 4, &bar), ERR_NXIO);
}

TEST(map_stays_inside_its_bar)
{
	struct pci_bars bars;
	volatile uint8_t *at;

	fake_pci_bar(nic, 4, MMIO_PHYS, 0x4000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	fake_pci_bar(nic, 0, 0xc000, 32, PCI_BASE_ADDRESS_SPACE_IO);
	pci_bars_init(&bars, &pci, NULL);
	assert_int_equal(pci_bar_map(&bars, 4, 0x3000, 0x1000, &at), ERR_OK);
	assert_ptr_equal(at, fake_machine.mmio + 0x3000);
	assert_int_equal(pci_bar_map(&bars, 4, 0x3000, 0x1001, &at), ERR_RANGE);
	assert_null(at);
	assert_int_equal(pci_bar_map(&bars, 4, 0x4000, 1, &at), ERR_RANGE);
	assert_int_equal(pci_bar_map(&bars, 4, 0, 0, &at), ERR_RANGE);
	assert_int_equal(pci_bar_map(&bars, 4, UINT64_MAX, 2, &at), ERR_RANGE);
	assert_int_equal(pci_bar_map(&bars, 4, 2, UINT64_MAX, &at), ERR_RANGE);
	assert_int_equal(pci_bar_map(&bars, 0, 0, 4, &at), ERR_RANGE); /* ports */
	assert_int_equal(pci_bar_map(&bars, 5, 0, 4, &at), ERR_NOENT);
}

/* --- MSI-X --------------------------------------------------------------------------------- */

static int open_msix(struct msix *msix, uint16_t count, uint32_t table)
{
	struct pci_bars bars;

	fake_pci_bar(nic, 4, MMIO_PHYS, 0x1000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	fake_pci_cap(nic, 0x60, PCI_CAP_ID_MSIX, 0);
	fake_pci_set8(nic, 0x62, (uint8_t)(count - 1));
	fake_pci_set8(nic, 0x63, (uint8_t)((count - 1) >> 8));
	nic->writable[0x60 / 4] = 0xc0000000;
	fake_pci_set32(nic, 0x64, table);
	pci_bars_init(&bars, &pci, NULL);
	return msix_open(msix, &bars);
}

TEST(msix_vectors_are_programmed)
{
	struct msix msix;
	const uint32_t *entry = (const uint32_t *)(fake_machine.mmio + 0x800 + 2 * 16);

	assert_int_equal(open_msix(&msix, 4, 0x800 | 4), ERR_OK);
	assert_int_equal(msix.count, 4);
	msix_enable(&msix);
	assert_int_equal(nic->regs[0x60 / 4] >> 16, 0x8003);
	msix_connect(&msix, 2, (struct irq_message){.address = 0x1fee00000, .data = 0x41});
	assert_int_equal(entry[0], 0xfee00000);
	assert_int_equal(entry[1], 1);
	assert_int_equal(entry[2], 0x41);
	assert_int_equal(entry[3], 0);
	msix_mask(&msix, 2);
	assert_int_equal(entry[3], 1);
}

TEST(msix_table_outside_its_bar_is_refused)
{
	struct msix msix;

	assert_int_equal(open_msix(&msix, 4, 0xfc8 | 4), ERR_RANGE);
	assert_int_equal(msix.count, 0);
	assert_int_equal(open_msix(&msix, 4, 0xfc0 | 4), ERR_OK);
	assert_int_equal(open_msix(&msix, 2048, 0 | 4), ERR_RANGE);
	assert_int_equal(open_msix(&msix, 4, 0xfffffff8 | 4), ERR_RANGE);
	assert_int_equal(open_msix(&msix, 4, 7), ERR_RANGE); /* no such BAR number */
	assert_int_equal(open_msix(&msix, 4, 2), ERR_NOENT); /* no such BAR here */
	assert_int_equal(msix.count, 0);
}

/* --- virtio structures --------------------------------------------------------------------- */

static void virtio_cap(uint8_t off, uint8_t next, uint8_t type, uint8_t bar, uint32_t area_off,
		       uint32_t area_len)
{
	fake_pci_cap(nic, off, PCI_CAP_ID_VNDR, next);
	fake_pci_set8(nic, off + 2u, type == VIRTIO_PCI_CAP_NOTIFY_CFG ? 20 : 16);
	fake_pci_set8(nic, off + 3u, type);
	fake_pci_set32(nic, off + 4u, bar);
	fake_pci_set32(nic, off + 8u, area_off);
	fake_pci_set32(nic, off + 12u, area_len);
}

/* What QEMU's devices look like; the tests then bend one thing each. */
static void good_caps(void)
{
	fake_pci_bar(nic, 4, MMIO_PHYS, 0x4000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, 4, 0, 0x1000);
	virtio_cap(0x50, 0x60, VIRTIO_PCI_CAP_DEVICE_CFG, 4, 0x2000, 0x1000);
	virtio_cap(0x60, 0, VIRTIO_PCI_CAP_NOTIFY_CFG, 4, 0x3000, 0x1000);
	fake_pci_set32(nic, 0x70, 4);
}

static int open_virtio(struct virtio_pci *vp)
{
	struct pci_window window = PCI_WINDOW;

	return virtio_pci_open(vp, &pci, &window, &fake_machine.sink);
}

TEST(good_virtio_caps_are_mapped)
{
	struct virtio_pci vp;

	good_caps();
	assert_int_equal(open_virtio(&vp), ERR_OK);
	assert_int_equal(vp.dev.type, VIRTIO_ID_NET);
	assert_string_equal(vp.dev.at, "00:03.0");
	assert_ptr_equal(vp.common.at, fake_machine.mmio);
	assert_ptr_equal(vp.device.at, fake_machine.mmio + 0x2000);
	assert_ptr_equal(vp.notify.at, fake_machine.mmio + 0x3000);
	assert_int_equal(vp.notify_multiplier, 4);
	assert_int_equal(vp.dev.n_interrupts, 0);
	assert_int_equal(nic->regs[1] & 6, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
}

static void assert_refused(int err)
{
	struct virtio_pci vp;

	assert_int_equal(open_virtio(&vp), err);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	/* A refused device does not come back into memory, nor becomes bus master. */
	assert_int_equal(nic->regs[1] & (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER), 0);
}

TEST(common_structure_past_its_bar_is_refused)
{
	good_caps();
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, 4, 0x3fcc, 56);
	assert_refused(ERR_RANGE);
}

TEST(offset_plus_length_that_wraps_is_refused)
{
	good_caps();
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, 4, 0xfffffffc, 0xffffffff);
	assert_refused(ERR_RANGE);
}

TEST(common_structure_too_short_is_refused)
{
	good_caps();
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, 4, 0, 55);
	assert_refused(ERR_RANGE);
}

TEST(misaligned_structure_is_refused)
{
	good_caps();
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, 4, 2, 0x100);
	assert_refused(ERR_RANGE);
}

TEST(structure_in_ports_is_refused)
{
	good_caps();
	fake_pci_bar(nic, 0, 0xc000, 0x1000, PCI_BASE_ADDRESS_SPACE_IO);
	virtio_cap(0x40, 0x50, VIRTIO_PCI_CAP_COMMON_CFG, 0, 0, 0x100);
	assert_refused(ERR_RANGE);
}

TEST(notify_capability_truncated_is_refused)
{
	good_caps();
	fake_pci_set8(nic, 0x62, 16);
	assert_refused(ERR_RANGE);
}

TEST(notify_capability_past_the_space_is_refused)
{
	good_caps();
	fake_pci_cap(nic, 0x50, PCI_CAP_ID_VNDR, 0xf0);
	virtio_cap(0xf0, 0, VIRTIO_PCI_CAP_NOTIFY_CFG, 4, 0x3000, 0x1000);
	assert_refused(ERR_RANGE);
}

TEST(capability_at_the_end_of_the_space_is_ignored)
{
	good_caps();
	fake_pci_cap(nic, 0x50, PCI_CAP_ID_VNDR, 0xf8);
	fake_pci_cap(nic, 0xf8, PCI_CAP_ID_VNDR, 0);
	fake_pci_set8(nic, 0xfa, 20);
	fake_pci_set8(nic, 0xfb, VIRTIO_PCI_CAP_NOTIFY_CFG);
	assert_refused(ERR_NODEV);
}

TEST(reserved_bar_numbers_are_passed_over)
{
	struct virtio_pci vp;

	good_caps();
	virtio_cap(0x80, 0x40, VIRTIO_PCI_CAP_COMMON_CFG, 6, 0, 0x100);
	fake_pci_set8(nic, PCI_CAPABILITY_LIST, 0x80);
	assert_int_equal(open_virtio(&vp), ERR_OK);
	assert_ptr_equal(vp.common.at, fake_machine.mmio);
}

TEST(bad_capability_before_a_good_one_is_passed_over)
{
	struct virtio_pci vp;

	good_caps();
	virtio_cap(0x80, 0x40, VIRTIO_PCI_CAP_COMMON_CFG, 4, 0x10000, 0x100);
	fake_pci_set8(nic, PCI_CAPABILITY_LIST, 0x80);
	assert_int_equal(open_virtio(&vp), ERR_OK);
	assert_ptr_equal(vp.common.at, fake_machine.mmio);
}

TEST(first_good_capability_counts)
{
	struct virtio_pci vp;

	good_caps();
	virtio_cap(0x80, 0x90, VIRTIO_PCI_CAP_DEVICE_CFG, 4, 0x100, 0x100);
	virtio_cap(0x90, 0x40, VIRTIO_PCI_CAP_NOTIFY_CFG, 4, 0x200, 0x100);
	fake_pci_set32(nic, 0xa0, 0);
	fake_pci_set8(nic, PCI_CAPABILITY_LIST, 0x80);
	assert_int_equal(open_virtio(&vp), ERR_OK);
	assert_ptr_equal(vp.device.at, fake_machine.mmio + 0x100);
	assert_ptr_equal(vp.notify.at, fake_machine.mmio + 0x200);
	assert_int_equal(vp.notify_multiplier, 0);
}

TEST(legacy_only_device_is_refused_in_clear_words)
{
	nic->regs[0] = 0x10001af4;
	pci = fake_pci_device(&bus, nic);
	fake_pci_bar(nic, 0, 0xc000, 32, PCI_BASE_ADDRESS_SPACE_IO);
	assert_refused(ERR_NODEV);
	assert_non_null(strstr(fake_machine.problem, "legacy"));
}

TEST(device_without_address_behind_a_bridge_is_refused)
{
	good_caps();
	fake_pci_bar(nic, 4, 0, 0x4000, PCI_BASE_ADDRESS_MEM_TYPE_64);
	nic->bdf = pci_bdf(1, 0, 0);
	pci.bdf = nic->bdf;
	assert_refused(ERR_NXIO);
	assert_non_null(strstr(fake_machine.problem, "no address"));
}

TEST(bar_that_cannot_be_mapped_is_refused)
{
	good_caps();
	fake_machine.mmio_len = 0;
	assert_refused(ERR_NOMEM);
}

TEST(loop_of_virtio_caps_ends)
{
	struct virtio_pci vp;

	good_caps();
	fake_pci_set8(nic, 0x61, 0x40);
	assert_int_equal(open_virtio(&vp), ERR_OK);
}

TEST(types_come_from_both_ranges_of_ids)
{
	static const struct {
		uint16_t vendor, device, type;
	} rows[] = {
		{0x1af4, 0x1041, VIRTIO_ID_NET},  {0x1af4, 0x1000, VIRTIO_ID_NET},
		{0x1af4, 0x1044, VIRTIO_ID_RNG},  {0x1af4, 0x1005, VIRTIO_ID_RNG},
		{0x1af4, 0x1042, VIRTIO_ID_BLOCK}, {0x1af4, 0x1040, 0},
		{0x1af4, 0x1100, 0},              {0x1af4, 0x1080, 0},
		{0x8086, 0x1041, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pci_device d = {.vendor_id = rows[i].vendor, .device_id = rows[i].device};

		assert_int_equal(virtio_pci_type(&d), rows[i].type);
	}
}

