/* SPDX-License-Identifier: MIT */
/* kernel/arch/mmio.h for AArch64: Device-nGnRnE memory keeps the order among its own accesses, barriers
 * order them with RAM (Arm ARM B2.3.10).  Instructions without write-back: a hypervisor that emulates
 * an access gets no syndrome for others. */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include <arch/barrier.h>

static inline uint8_t mmio_read8(const volatile void *at)
{
	uint8_t v;

	__asm__ volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
	barrier_load();
	return v;
}

static inline uint16_t mmio_read16(const volatile void *at)
{
	uint16_t v;

	__asm__ volatile("ldrh %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
	barrier_load();
	return v;
}

static inline uint32_t mmio_read32(const volatile void *at)
{
	uint32_t v;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(v) : "r"(at) : "memory");
	barrier_load();
	return v;
}

static inline uint64_t mmio_read64(const volatile void *at)
{
	uint64_t v;

	__asm__ volatile("ldr %x0, [%1]" : "=r"(v) : "r"(at) : "memory");
	barrier_load();
	return v;
}

static inline void mmio_write8(volatile void *at, uint8_t v)
{
	barrier_store();
	__asm__ volatile("strb %w0, [%1]" : : "r"(v), "r"(at) : "memory");
}

static inline void mmio_write16(volatile void *at, uint16_t v)
{
	barrier_store();
	__asm__ volatile("strh %w0, [%1]" : : "r"(v), "r"(at) : "memory");
}

static inline void mmio_write32(volatile void *at, uint32_t v)
{
	barrier_store();
	__asm__ volatile("str %w0, [%1]" : : "r"(v), "r"(at) : "memory");
}

static inline void mmio_write64(volatile void *at, uint64_t v)
{
	barrier_store();
	__asm__ volatile("str %x0, [%1]" : : "r"(v), "r"(at) : "memory");
}

#endif
