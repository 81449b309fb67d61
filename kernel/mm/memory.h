/*
 * SPDX-License-Identifier: MIT
 *
 * Memory: pages, heap, and device memory.  One address space; RAM is identity-mapped, so the
 * address of a buffer is what a device is given.
 */
#ifndef KERNEL_MM_MEMORY_H
#define KERNEL_MM_MEMORY_H

#include "base/compiler.h"
#include "log/event.h"
#include "boot/boot_info.h"

#define PAGE_SIZE 4096u

/* Builds the page tables and gives the usable ranges of the (already checked) map to the page
 * allocator.  Called once, by kernel_start(); panics where there is no room to live. */
void memory_init(const struct boot_info *bi);
void memory_report(struct event_sink *events);
/* `count` contiguous pages, page-aligned, zeroed; NULL when there are none. */
void *pages_alloc(size_t count) MUST_CHECK;
/* The same without the zeroes: for what is written before it is read. */
void *pages_alloc_dirty(size_t count) MUST_CHECK;
void pages_free(void *ptr, size_t count);
uint64_t pages_total(void); /* pages given to the allocator */
uint64_t pages_available(void);

/* `size` bytes aligned to 16, not zeroed; NULL when memory is short. */
void *heap_alloc(size_t size) MUST_CHECK;
/* `size` is the size asked for; NULL is allowed. */
void heap_free(void *ptr, size_t size);

/* Maps `len` bytes of device memory at `phys` uncached and not executable, and returns its
 * address; NULL when the page tables cannot grow or the range is RAM. */
volatile void *mmio_map(uint64_t phys, size_t len) MUST_CHECK;

/* Maps firmware tables (ACPI) read-only where they are not mapped already; NULL as above. */
const void *firmware_map(uint64_t phys, size_t len) MUST_CHECK;

/* The address a device uses for `ptr`. */
static inline uint64_t phys_of(const volatile void *ptr)
{
	return (uint64_t)(uintptr_t)ptr;
}

#endif
