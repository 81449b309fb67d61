/*
 * SPDX-License-Identifier: MIT
 *
 * The registers of QEMU's fw_cfg device (QEMU docs/specs/fw_cfg.rst), which are ports on a PC and memory
 * elsewhere.  What is behind them is kernel/firmware/fw_cfg.c's.
 */
#ifndef KERNEL_ARCH_FW_CFG_H
#define KERNEL_ARCH_FW_CFG_H

#include "base/compiler.h"

/* Whether it is safe to look for the device; false on a machine that cannot have one. */
bool fw_cfg_is_possible(void);
void fw_cfg_select(uint16_t selector);
/* The next byte of the item that is selected. */
uint8_t fw_cfg_next_byte(void);
/* Starts the transfer whose struct fw_cfg_dma_access lies at `address`; only on a device that can. */
void fw_cfg_start_dma(uint64_t address);

#endif
