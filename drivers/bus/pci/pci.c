/*
 * SPDX-License-Identifier: MIT
 *
 * Finding PCI functions; see pci.h.  Buses are found by following bridges, not by trying all 256:
 * each check of an empty slot costs two exits to the hypervisor.
 *
 * NOT DONE: further host bridges (QEMU's pxb), whose buses no bridge on bus 0 leads to; giving bus
 * numbers to bridges that the firmware left alone; ARI functions above 7.
 */
#include "drivers/bus/pci/pci.h"

#include <linux/pci_regs.h>

#include "base/strbuf.h"

#define BUS_COUNT 256
#define DEVICES_PER_BUS 32
#define FUNCTIONS_PER_DEVICE 8
#define BASE_CLASS_BRIDGE 0x06

struct bus_set {
	uint64_t bits[BUS_COUNT / 64];
};

struct scan {
	const struct pci_config_access *access;
	struct event_sink *events;
	void (*found)(void *ctx, const struct pci_device *pci);
	void *ctx;
	struct bus_set pending;     /* known and not yet scanned */
	struct bus_set seen;        /* ever in `pending` */
	struct bus_set single_slot; /* the other end of a PCI Express link: device 0 only */
};

static bool bus_in(const struct bus_set *set, unsigned bus)
{
	return (set->bits[bus / 64] >> (bus % 64) & 1) != 0;
}

static void bus_add(struct bus_set *set, unsigned bus)
{
	set->bits[bus / 64] |= UINT64_C(1) << (bus % 64);
}

/* Takes the lowest bus out of the set; BUS_COUNT when it is empty. */
static unsigned bus_take(struct bus_set *set)
{
	for (unsigned i = 0; i < ARRAY_LEN(set->bits); i++) {
		if (set->bits[i] == 0)
			continue;
		unsigned bit = (unsigned)__builtin_ctzll(set->bits[i]);

		set->bits[i] &= set->bits[i] - 1;
		return i * 64 + bit;
	}
	return BUS_COUNT;
}

void pci_at(const struct pci_device *pci, char at[PCI_AT_LEN])
{
	struct strbuf sb = strbuf_on(at, PCI_AT_LEN);

	strbuf_hex(&sb, pci->bdf >> 8, 2);
	strbuf_char(&sb, ':');
	strbuf_hex(&sb, pci->bdf >> 3 & 0x1f, 2);
	strbuf_char(&sb, '.');
	strbuf_u64(&sb, pci->bdf & 7);
}

static void complain(struct scan *scan, const struct pci_device *pci, const char *problem)
{
	char at[PCI_AT_LEN];

	pci_at(pci, at);
	event_emit(scan->events, EVENT_DEVICE_BAD, 0, 0, EV_STR("at", at),
		   EV_STR("problem", problem));
}

/* PCI Express 4.0, 7.3.1: a link leads to one device, whose number is 0. */
static bool leads_to_link(const struct pci_device *bridge)
{
	struct pci_cap_walk walk = pci_cap_first(bridge);
	uint8_t off = pci_cap_next(&walk, PCI_CAP_ID_EXP);

	if (off == 0)
		return false;

	uint32_t type = (pci_read32(bridge, off) >> 16 & PCI_EXP_FLAGS_TYPE) >> 4;

	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

static void follow_bridge(struct scan *scan, const struct pci_device *bridge)
{
	uint32_t numbers = pci_read32(bridge, PCI_PRIMARY_BUS);
	unsigned secondary = numbers >> 8 & 0xff;

	if (secondary == 0) {
		complain(scan, bridge, "a bridge without bus number: the firmware has not set up "
				       "what is behind it");
		return;
	}
	if (bus_in(&scan->seen, secondary)) {
		complain(scan, bridge, "a bridge to a bus that another bridge leads to");
		return;
	}
	bus_add(&scan->seen, secondary);
	bus_add(&scan->pending, secondary);
	if (leads_to_link(bridge))
		bus_add(&scan->single_slot, secondary);
}

/* `id` is the register with vendor and device, `header` the one with the header type. */
static void check_function(struct scan *scan, uint16_t bdf, uint32_t id, uint32_t header)
{
	struct pci_device pci = {
		.access = scan->access,
		.bdf = bdf,
		.vendor_id = (uint16_t)id,
		.device_id = (uint16_t)(id >> 16),
	};
	uint32_t class_revision = pci_read32(&pci, PCI_CLASS_REVISION);

	pci.base_class = (uint8_t)(class_revision >> 24);
	pci.sub_class = (uint8_t)(class_revision >> 16);
	if ((header >> 16 & 0x7f) == PCI_HEADER_TYPE_BRIDGE)
		follow_bridge(scan, &pci);
	else if ((header >> 16 & 0x7f) == PCI_HEADER_TYPE_NORMAL &&
		 pci.base_class != BASE_CLASS_BRIDGE)
		scan->found(scan->ctx, &pci);
}

static bool is_there(uint32_t id)
{
	return (id & 0xffff) != 0xffff && (id & 0xffff) != 0;
}

/* Functions above 0 are looked for only where function 0 says that there are some. */
static void scan_device(struct scan *scan, unsigned bus, unsigned device)
{
	const struct pci_config_access *access = scan->access;
	unsigned functions = 1;

	for (unsigned function = 0; function < functions; function++) {
		uint16_t bdf = pci_bdf(bus, device, function);
		uint32_t id = access->read(access, bdf, PCI_VENDOR_ID);

		if (!is_there(id))
			continue;

		uint32_t header = access->read(access, bdf, PCI_CACHE_LINE_SIZE);

		if (function == 0 && (header >> 16 & 0x80) != 0)
			functions = FUNCTIONS_PER_DEVICE;
		check_function(scan, bdf, id, header);
	}
}

void pci_enumerate(const struct pci_config_access *access, struct event_sink *events,
		   void (*found)(void *ctx, const struct pci_device *pci), void *ctx)
{
	struct scan scan = {.access = access, .events = events, .found = found, .ctx = ctx};
	unsigned bus;

	bus_add(&scan.pending, 0);
	while ((bus = bus_take(&scan.pending)) < BUS_COUNT) {
		unsigned devices = bus_in(&scan.single_slot, bus) ? 1 : DEVICES_PER_BUS;

		for (unsigned device = 0; device < devices; device++)
			scan_device(&scan, bus, device);
	}
}
