/*
 * SPDX-License-Identifier: MIT
 *
 * Two machines from one snapshot: what they draw must differ, and what was secret before is shared.
 *
 * Before each draw the CPU's random numbers are mixed in and the VM generation id is read; where that
 * changed, or a clock jumped, the machine may be a copy: all sources are asked, the entropy device too
 * (50 ms at most), and the generation counts up.  Else the entropy device is asked at most once a
 * second and not waited for: what it gives is mixed in at a later draw.
 */
#ifndef KERNEL_ENTROPY_RENEW_H
#define KERNEL_ENTROPY_RENEW_H

#include "base/compiler.h"
#include "log/event.h"

/* The machine's entropy device, if it has one. */
struct renew_device {
	void *ctx;
	/* Up to `len` bytes, waited for; returns how many there are. */
	size_t (*read)(void *ctx, void *buf, size_t len);
	/* What has come meanwhile, at once; `ask`: asks for more where nothing is asked for. */
	size_t (*poll)(void *ctx, void *buf, size_t len, bool ask);
};

/* Once, behind entropy_ready(): this is the first generation.  `device` must outlive the machine. */
void renew_begin(const struct renew_device *device, struct event_sink *events);
/* Before each draw: see above.  Returns the machine's generation, a number that has another value
 * than last time where the machine may have been copied in between; 0 before renew_begin(). */
uint64_t renew(void);

#endif
