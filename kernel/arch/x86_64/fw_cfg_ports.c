/*
 * SPDX-License-Identifier: MIT
 *
 * The fw_cfg device behind its I/O ports (QEMU docs/specs/fw_cfg.rst): a selector, a data port that
 * gives a byte at a time, and where the device can, a DMA port that gives a whole item in one go
 * (each port access leaves the guest, so that is what keeps it cheap).
 */
#include "kernel/firmware/fw_cfg.h"

#include <linux/qemu_fw_cfg.h>

#include "base/barrier.h"
#include "base/bytes.h"
#include "base/string.h"
#include "kernel/arch/x86_64/io.h"

#define PORT_SELECTOR 0x510u
#define PORT_DATA 0x511u
#define PORT_DMA_HIGH 0x514u /* big endian, as is all of the DMA interface */
#define PORT_DMA_LOW 0x518u

#define CPUID_HYPERVISOR (UINT32_C(1) << 31)
#define DMA_TURNS_MAX 100000u /* QEMU is through before the port access returns */

static bool has_dma;

static void read_bytes(uint16_t selector, uint8_t *buf, uint32_t len)
{
	outw(PORT_SELECTOR, selector);
	for (uint32_t i = 0; i < len; i++)
		buf[i] = inb(PORT_DATA);
}

/* Nobody reads unknown ports of real hardware: the device exists only under a hypervisor. */
bool fw_cfg_init(void)
{
	uint8_t bytes[4];

	if ((cpuid(1, 0).ecx & CPUID_HYPERVISOR) == 0)
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
	uint64_t at = (uint64_t)(uintptr_t)&access;

	outl(PORT_DMA_HIGH, __builtin_bswap32((uint32_t)(at >> 32)));
	outl(PORT_DMA_LOW, __builtin_bswap32((uint32_t)at));
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
