/* SPDX-License-Identifier: MIT */
/* The generator's early half, for kernel/start.c: the seed that is there before memory is. */
#ifndef KERNEL_ENTROPY_ENTROPY_POOL_H
#define KERNEL_ENTROPY_ENTROPY_POOL_H

#include "boot/boot_info.h"

/* Mixes the time, the firmware's seed, and what the CPU's random instructions give.  entropy_fill() may be used
 * after it for what cannot wait for entropy_ready(). */
void entropy_begin(struct boot_info *bi);

#endif
