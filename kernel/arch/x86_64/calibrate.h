/*
 * SPDX-License-Identifier: MIT
 *
 * How fast do the TSC and the local APIC's timer count?  Found in two steps a millisecond apart, so
 * that the machine can come up between them.
 */
#ifndef KERNEL_ARCH_X86_64_CALIBRATE_H
#define KERNEL_ARCH_X86_64_CALIBRATE_H

#include "base/compiler.h"

struct clock_rates {
	uint64_t tsc_hz;
	uint64_t apic_hz; /* of the count, as lapic.c divides it */
	const char *source;
};

/* First step: chooses a reference and takes the first sample. */
void calibrate_begin(void);
/* Second step: waits until the samples are far enough apart.  Panics where nothing tells the time. */
void calibrate_finish(struct clock_rates *rates);

#endif
