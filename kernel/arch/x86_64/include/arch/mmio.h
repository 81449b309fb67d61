/* SPDX-License-Identifier: MIT */
/* kernel/arch/mmio.h for x86-64: uncached memory is accessed in program order, and stores to RAM are
 * visible in theirs (Intel SDM volume 3, 8.2.2). */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

static inline uint8_t mmio_read8(const volatile void *at)
{
	return *(const volatile uint8_t *)at;
}

static inline uint16_t mmio_read16(const volatile void *at)
{
	return *(const volatile uint16_t *)at;
}

static inline uint32_t mmio_read32(const volatile void *at)
{
	return *(const volatile uint32_t *)at;
}

static inline uint64_t mmio_read64(const volatile void *at)
{
	return *(const volatile uint64_t *)at;
}

static inline void mmio_write8(volatile void *at, uint8_t v)
{
	*(volatile uint8_t *)at = v;
}

static inline void mmio_write16(volatile void *at, uint16_t v)
{
	*(volatile uint16_t *)at = v;
}

static inline void mmio_write32(volatile void *at, uint32_t v)
{
	*(volatile uint32_t *)at = v;
}

static inline void mmio_write64(volatile void *at, uint64_t v)
{
	*(volatile uint64_t *)at = v;
}

#endif
