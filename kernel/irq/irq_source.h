/*
 * SPDX-License-Identifier: MIT
 *
 * The sources that are watched, as the halt (machine/idle.c) sees them; see kernel/irq/irq.h.
 */
#ifndef KERNEL_IRQ_IRQ_SOURCE_H
#define KERNEL_IRQ_IRQ_SOURCE_H

#include "base/compiler.h"

/* Polls each of them; true if one had anything. */
bool irq_poll_sources(uint64_t now_ns);
/* Arms each of them.  Returns when the first one must be polled although no interrupt came; now_ns or
 * earlier if one has something already, so that a halt is not allowed. */
uint64_t irq_arm_sources(uint64_t now_ns);

#endif
