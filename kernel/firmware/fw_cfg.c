/*
 * SPDX-License-Identifier: MIT
 *
 * The fw_cfg device (QEMU docs/specs/fw_cfg.rst): a selector, a data register that gives a byte at a
 * time, and where the device can, a DMA register that gives a whole item in one go (each access leaves
 * the guest, so that is what keeps it cheap).
 */
#include "kernel/firmware/fw_cfg.h"

#include <linux/qemu_fw_cfg.h>

#include "base/bytes.h"
#include "base/string.h"
#include "kernel/arch/cpu.h"
#include "kernel/arch/fw_cfg.h"

#define DMA_TURNS_MAX 100000u /* QEMU is through before the access returns */

static bool has_dma;

static void read_bytes(uint16_t selector, uint8_t *buf, uint32_t len)
{
	fw_cfg_select(selector);
	for (uint32_t i = 0; i < len; i++)
		buf[i] = fw_cfg_next_byte();
}

bool fw_cfg_init(void)
{
	uint8_t bytes[4];

	if (!fw_cfg_is_possible())
		return false;
	read_bytes(FW_CFG_SIGNATURE, bytes, sizeof(bytes));
	if (memcmp(bytes, "QEMU", sizeof(bytes)) != 0)
		return false;
	read_bytes(FW_CFG_ID, bytes, sizeof(bytes));
	has_dma = load_le32(bytes) & FW_CFG_VERSION_DMA;
	return true;
}

static bool read_dma(uint16_t selector, void *buf, uint32_t len)
{
	uint64_t address = (uint64_t)(uintptr_t)buf;
	volatile struct fw_cfg_dma_access access = {
		.control = __builtin_bswap32((uint32_t)selector << 16 | FW_CFG_DMA_CTL_SELECT |
					     FW_CFG_DMA_CTL_READ),
		.length = __builtin_bswap32(len),
		.address = __builtin_bswap64(address),
	};

	fw_cfg_start_dma((uint64_t)(uintptr_t)&access);
	for (uint32_t i = 0; i < DMA_TURNS_MAX; i++) {
		if ((access.control & ~__builtin_bswap32(FW_CFG_DMA_CTL_ERROR)) == 0)
			break;
		cpu_pause();
	}
	return access.control == 0;
}

bool fw_cfg_read(uint16_t selector, void *buf, uint32_t len)
{
	if (has_dma)
		return read_dma(selector, buf, len);
	read_bytes(selector, buf, len);
	return true;
}
