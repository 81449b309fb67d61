/* SPDX-License-Identifier: MIT */
/* The page allocator, as the memory code and the tests see it; all others: kernel/mm/memory.h. */
#ifndef KERNEL_MM_PAGES_H
#define KERNEL_MM_PAGES_H

#include "kernel/mm/memory.h"

/* Gives [base, end), page-aligned, mapped and writable, to the allocator. */
void pages_add(uint64_t base, uint64_t end);

#endif
