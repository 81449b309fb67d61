/*
 * SPDX-License-Identifier: MIT
 *
 * What the firmware and the host hand to this machine, as sources of configuration.  The bytes come
 * from kernel/firmware/; here is what they mean.
 */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H

#include "config/config.h"

/* --- QEMU's fw_cfg (docs/specs/fw_cfg.rst): source_fw_cfg.c -------------------------------------- */

/* The device, and memory for what it holds. */
struct config_fw_cfg {
	/* The first `len` bytes of an item into `buf`; false: the device did not answer. */
	bool (*read)(uint16_t selector, void *buf, uint32_t len);
	void *(*alloc)(size_t size);
	void (*free)(void *ptr, size_t size); /* NULL is allowed */
};

/* Reads the files whose names are ours as source "fw_cfg": opt/org.dialtone/KEY is one key,
 * opt/org.dialtone/config a whole file in the grammar of dialtone.conf.  The single keys are later,
 * so they win.  `device` is NULL where the machine has none.  Returns the number of faults. */
unsigned config_read_fw_cfg(const struct config_tables *tables, const struct config_fw_cfg *device,
			    struct event_sink *events);

/* --- SMBIOS OEM strings (DMTF DSP0134 3.x, 7.12, type 11): source_smbios.c ------------------------ */

/* One OEM string as source "SMBIOS": ours begin with "dialtone:", others are skipped.  Returns the
 * number of faults. */
unsigned config_read_smbios(const struct config_tables *tables, const char *text, size_t len,
			    struct event_sink *events);
/* Reports that the machine has a table which cannot be read. */
void config_ignore_smbios(struct event_sink *events);

#endif
