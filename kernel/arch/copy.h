/*
 * SPDX-License-Identifier: MIT
 *
 * Copying and filling memory as the CPU does it best, for kernel/libc/string.c; code that runs before
 * anything is set up, and with floating-point registers that are not the kernel's.
 *
 *   void copy_upwards(void *dst, const void *src, size_t len)   from the lowest byte to the highest, in
 *                                                 parts of eight bytes at most: `dst` may lie below `src`
 *   void fill_bytes(void *dst, uint8_t byte, size_t len)
 */
#ifndef KERNEL_ARCH_COPY_H
#define KERNEL_ARCH_COPY_H

#include "base/compiler.h"

#include <arch/copy.h>

#endif
