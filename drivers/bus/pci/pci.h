/*
 * SPDX-License-Identifier: MIT
 *
 * PCI as the drivers need it: which functions exist, their capabilities, their BARs.
 *
 * All configuration space is reached through a struct pci_config_access, so everything here runs
 * against made-up configuration spaces in the unit tests.  What a device says in it is checked:
 * lists that loop, pointers outside, BARs that overflow.  PCI Local Bus 3.0, 6; PCI Express 4.0, 7.
 */
#ifndef DRIVERS_BUS_PCI_PCI_H
#define DRIVERS_BUS_PCI_PCI_H

#include "base/compiler.h"
#include "base/err.h"
#include "log/event.h"

#define PCI_AT_LEN 8 /* "00:1f.7" */

/* bus << 8 | device << 3 | function */
static inline uint16_t pci_bdf(unsigned bus, unsigned device, unsigned function)
{
	return (uint16_t)(bus << 8 | device << 3 | function);
}

/* Reads and writes 32-bit registers; `off` is a multiple of 4 below 256. */
struct pci_config_access {
	uint32_t (*read)(const struct pci_config_access *access, uint16_t bdf, uint8_t off);
	void (*write)(const struct pci_config_access *access, uint16_t bdf, uint8_t off,
		      uint32_t value);
};

/* The one of the machine we run on (host.c). */
extern const struct pci_config_access pci_host;

struct pci_device {
	const struct pci_config_access *access;
	uint16_t bdf;
	uint16_t vendor_id;
	uint16_t device_id;
	uint8_t base_class; /* PCI_BASE_CLASS_*: 2 is a network controller */
	uint8_t sub_class;
};

static inline uint32_t pci_read32(const struct pci_device *pci, uint8_t off)
{
	return pci->access->read(pci->access, pci->bdf, off);
}

static inline void pci_write32(const struct pci_device *pci, uint8_t off, uint32_t value)
{
	pci->access->write(pci->access, pci->bdf, off, value);
}

/* "00:03.0" */
void pci_at(const struct pci_device *pci, char at[PCI_AT_LEN]);

/* --- enumeration (pci.c) ------------------------------------------------------------------- */

/*
 * Calls found() for each function that is no bridge, on bus 0 and on every bus behind its
 * bridges, by the bus numbers that the firmware gave them.  A bridge without numbers, or with
 * impossible ones, is reported as EVENT_DEVICE_BAD: what is behind it cannot be seen.
 */
void pci_enumerate(const struct pci_config_access *access, struct event_sink *events,
		   void (*found)(void *ctx, const struct pci_device *pci), void *ctx);

/* --- capabilities (caps.c) ------------------------------------------------------------- */

struct pci_cap_walk {
	const struct pci_device *pci;
	uint64_t seen; /* one bit for each of the 64 places a capability can stand */
	uint8_t next;
};

/* Starts a walk through the device's capabilities. */
struct pci_cap_walk pci_cap_first(const struct pci_device *pci);
/* The offset of the next capability with this id, 0: no more.  Never visits a place twice, never
 * leaves 0x40..0xff. */
uint8_t pci_cap_next(struct pci_cap_walk *walk, uint8_t id);

/* --- BARs (bar.c) ---------------------------------------------------------------------- */

#define PCI_BAR_COUNT 6

struct pci_bar {
	uint64_t base; /* physical address, or port */
	uint64_t size; /* bytes, a power of two; 0 for ports, which are not sized */
	bool io;
	bool wide; /* a 64-bit BAR: the next one is its upper half */
};

/* Bus addresses below 4 GiB to give to BARs of bus 0 that the firmware gave none (qboot). */
struct pci_window {
	uint64_t next;
	uint64_t end;
};

/* Those of the machine we run on (host.c). */
struct pci_window pci_host_window(void);

/* The BARs of one device, each sized when it is first asked for. */
struct pci_bars {
	const struct pci_device *pci;
	struct pci_window *window; /* NULL: unassigned BARs stay so */
	uint8_t known;             /* one bit per BAR: bar[] and err[] are filled */
	uint8_t upper;             /* one bit per register that is a 64-bit BAR's upper half */
	int16_t err[PCI_BAR_COUNT];
	struct pci_bar bar[PCI_BAR_COUNT];
};

/* Memory decoding is off from here until pci_enable(). */
void pci_bars_init(struct pci_bars *bars, const struct pci_device *pci, struct pci_window *window);
/* *bar borrows from `bars`.  ERR_NOENT: not there; ERR_NXIO: no address, and none to give;
 * ERR_RANGE: nonsense. */
int pci_bar_get(struct pci_bars *bars, unsigned index, const struct pci_bar **bar) MUST_CHECK;
/* Checks that [off, off + len) lies in memory BAR `index` and maps it; *at is NULL otherwise.
 * Errors as pci_bar_get(); ERR_RANGE: outside; ERR_NOMEM: cannot be mapped. */
int pci_bar_map(struct pci_bars *bars, unsigned index, uint64_t off, uint64_t len,
		volatile uint8_t **at) MUST_CHECK;

/* Lets the device answer at its memory BARs and be a bus master. */
void pci_enable(const struct pci_device *pci);

#endif
