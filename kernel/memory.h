/*
 * Memory: pages, heap, and device memory.  One address space; RAM is identity-mapped, so the
 * address of a buffer is what a device is told.
 */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

#include "base/compiler.h"
#include "boot/boot_info.h"

#define PAGE_SIZE 4096u

/* Takes the usable ranges of the (already checked) map.  Called once. */
void pages_init(const struct boot_info *bi);
/* `count` contiguous pages, page-aligned, zeroed; NULL when there are none. */
void *pages_alloc(size_t count) MUST_CHECK;
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

/* The address a device uses for `ptr`. */
static inline uint64_t phys_of(const volatile void *ptr)
{
	return (uint64_t)(uintptr_t)ptr;
}

#endif
