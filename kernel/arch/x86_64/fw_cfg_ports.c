/* SPDX-License-Identifier: MIT */
/* fw_cfg's registers on a PC. */
#include "kernel/arch/fw_cfg.h"

#include "kernel/arch/x86_64/cpu.h"
#include "kernel/arch/x86_64/io.h"

#define PORT_SELECTOR 0x510u
#define PORT_DATA 0x511u
#define PORT_DMA_HIGH 0x514u /* big endian, as is all of the DMA interface */
#define PORT_DMA_LOW 0x518u

/* Unknown ports of real hardware are not read: the device exists only under a hypervisor. */
bool fw_cfg_is_possible(void)
{
	return cpu_features()->hypervisor;
}

void fw_cfg_select(uint16_t selector)
{
	outw(PORT_SELECTOR, selector);
}

uint8_t fw_cfg_next_byte(void)
{
	return inb(PORT_DATA);
}

void fw_cfg_start_dma(uint64_t address)
{
	outl(PORT_DMA_HIGH, __builtin_bswap32((uint32_t)(address >> 32)));
	outl(PORT_DMA_LOW, __builtin_bswap32((uint32_t)address));
}
