/* SPDX-License-Identifier: MIT */
/* Which PCI functions are found, at what cost, and what a nonsensical tree of bridges does. */
#include <string.h>
#include <linux/pci_regs.h>

#include "tests/lib/fake_machine.h"
#include "tests/lib/fake_pci.h"
#include "tests/runner/unit.h"

#define NETWORK 2
#define BRIDGE 6

static struct fake_pci bus;
static uint16_t found_bdf[FAKE_PCI_MAX];
static unsigned found_count;

static void found(void *ctx, const struct pci_device *pci)
{
	assert_ptr_equal(ctx, &bus);
	assert_true(found_count < FAKE_PCI_MAX);
	found_bdf[found_count++] = pci->bdf;
}

static void enumerate(void)
{
	found_count = 0;
	bus.reads = 0;
	pci_enumerate(&bus.access, &fake_machine.sink, found, &bus);
}

static void setup(void)
{
	fake_machine_reset();
	fake_pci_reset(&bus);
	fake_pci_add(&bus, 0, 0, 0, 0x8086, 0x29c0, BRIDGE);
}

FIXTURE(setup, NULL);

static struct fake_function *add_nic(unsigned b, unsigned d, unsigned f)
{
	return fake_pci_add(&bus, b, d, f, 0x1af4, 0x1041, NETWORK);
}

static struct fake_function *add_root_port(unsigned device, uint8_t secondary)
{
	struct fake_function *f = fake_pci_add(&bus, 0, device, 0, 0x1b36, 0xc, BRIDGE);

	fake_pci_make_bridge(f, secondary);
	fake_pci_cap(f, 0x54, PCI_CAP_ID_EXP, 0);
	fake_pci_set8(f, 0x56, 2 | PCI_EXP_TYPE_ROOT_PORT << 4);
	return f;
}

TEST(flat_bus_is_found_without_useless_reads)
{
	add_nic(0, 3, 0);
	enumerate();
	assert_int_equal(found_count, 1);
	assert_int_equal(found_bdf[0], pci_bdf(0, 3, 0));
	/* One look at each of 32 slots, two more at each device that is there. */
	assert_true(bus.reads <= 32 + 2 * 2);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 0);
}

TEST(further_functions_only_where_function_0_reports_them)
{
	add_nic(0, 3, 0);
	add_nic(0, 3, 2);
	enumerate();
	assert_int_equal(found_count, 1);
	fake_pci_multifunction(&bus.functions[1]);
	enumerate();
	assert_int_equal(found_count, 2);
	assert_int_equal(found_bdf[1], pci_bdf(0, 3, 2));
}

TEST(behind_root_ports_only_device_0_is_looked_for)
{
	for (unsigned i = 0; i < 8; i++)
		add_root_port(2 + i, (uint8_t)(1 + i));
	add_nic(5, 0, 0);
	enumerate();
	assert_int_equal(found_count, 1);
	assert_int_equal(found_bdf[0], pci_bdf(5, 0, 0));
	assert_true(bus.reads < 32 + 8 * 8 + 16);
}

TEST(behind_bridges_behind_bridges)
{
	struct fake_function *f;

	f = fake_pci_add(&bus, 0, 30, 0, 0x1b36, 0x1, BRIDGE);
	fake_pci_make_bridge(f, 1);
	f = fake_pci_add(&bus, 1, 31, 0, 0x1b36, 0x1, BRIDGE);
	fake_pci_make_bridge(f, 255);
	add_nic(255, 31, 0);
	enumerate();
	assert_int_equal(found_count, 1);
	assert_int_equal(found_bdf[0], pci_bdf(255, 31, 0));
}

TEST(bridge_without_bus_number_is_reported)
{
	add_root_port(4, 0);
	enumerate();
	assert_int_equal(found_count, 0);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 1);
	assert_non_null(strstr(fake_machine.problem, "without bus number"));
}

/* A bus that is its own child, two bridges to one bus, a ring of two: each bus is seen once. */
TEST(loops_of_bridges_end)
{
	struct fake_function *f;

	add_root_port(4, 1);
	add_root_port(5, 1);
	f = fake_pci_add(&bus, 1, 0, 0, 0x1b36, 0x1, BRIDGE);
	fake_pci_make_bridge(f, 2);
	f = fake_pci_add(&bus, 2, 0, 0, 0x1b36, 0x1, BRIDGE);
	fake_pci_make_bridge(f, 1);
	f = fake_pci_add(&bus, 2, 1, 0, 0x1b36, 0x1, BRIDGE);
	fake_pci_make_bridge(f, 2);
	add_nic(2, 5, 0);
	enumerate();
	assert_int_equal(found_count, 1);
	assert_int_equal(fake_machine.event_count[EVENT_DEVICE_BAD], 3);
}

TEST(where_it_is_reads_well)
{
	struct pci_device pci = {.bdf = pci_bdf(0xa1, 0x1f, 7)};
	char at[PCI_AT_LEN];

	pci_at(&pci, at);
	assert_string_equal(at, "a1:1f.7");
}
