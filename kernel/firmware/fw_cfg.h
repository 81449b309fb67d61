/*
 * SPDX-License-Identifier: MIT
 *
 * QEMU's fw_cfg device as a source of configuration (QEMU docs/specs/fw_cfg.rst): named files that
 * the host hands to the guest.  `-fw_cfg name=opt/org.dialtone/KEY,string=VALUE` gives one key,
 * `opt/org.dialtone/config` a whole file in the grammar of dialtone.conf.  The single keys are
 * later, so they win.
 *
 * fw_cfg.c reads bytes from the device, fw_cfg_config.c goes through the files.
 */
#ifndef KERNEL_FIRMWARE_FW_CFG_H
#define KERNEL_FIRMWARE_FW_CFG_H

#include "base/compiler.h"
#include "config/config.h"

/* --- the device (fw_cfg.c) --------------------------------------------------------------------- */

/* Looks for the device; false: this machine has none. */
bool fw_cfg_init(void);
/* The first `len` bytes of an item into `buf`; false: the device did not answer. */
bool fw_cfg_read(uint16_t selector, void *buf, uint32_t len) MUST_CHECK;

/* --- its files as configuration ---------------------------------------------------------------- */

/* Reads what is ours as source "fw_cfg"; the number of faults. */
unsigned fw_cfg_read_config(const struct config_tables *tables, struct event_sink *events);

#endif
