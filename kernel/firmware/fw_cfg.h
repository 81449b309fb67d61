/*
 * SPDX-License-Identifier: MIT
 *
 * QEMU's fw_cfg device (QEMU docs/specs/fw_cfg.rst): items that the host hands to the guest;
 * config/source_fw_cfg.c reads ours among them.
 */
#ifndef KERNEL_FIRMWARE_FW_CFG_H
#define KERNEL_FIRMWARE_FW_CFG_H

#include "base/compiler.h"

/* Finds the device; false: this machine has none. */
bool fw_cfg_init(void) MUST_CHECK;
/* The first `len` bytes of an item into `buf`; false: the device did not answer. */
bool fw_cfg_read(uint16_t selector, void *buf, uint32_t len) MUST_CHECK;

#endif
