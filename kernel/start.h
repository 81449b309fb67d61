/*
 * SPDX-License-Identifier: MIT
 *
 * How the kernel comes up, and what kernel/main.c calls in which order.
 *
 * The entry point's assembly switches to our stack, sets a first canary, relocates the image, and enters
 * kernel_start() (or kernel_refuse()).  That does, silently, before it calls kernel_main():
 *
 *   boot_info_problem()  the structure is checked; what is wrong ends in a report, behind the next three
 *   console_init()       the ports are found, the empty line is queued
 *   log_open()           from here on an event is a line
 *   cpu_traps_init()     from here on every fault ends in a report and status 119
 *   cpu_init()           the CPU as it should be (write protection, no execution of data ...)
 *   entropy_begin()      the firmware's seed and the CPU's random numbers; with them a new canary
 *   memory_init()        page tables of our own, page allocator; the heap needs no call
 *   acpi_init()          the tables that clock and power need
 *   irq_init()           the interrupt controller: irq_line_open() works from here on
 *   clock_begin()        the first half of the clock's calibration
 *
 * kernel_main() then calls, in this order, with whatever else it does between:
 *
 *   machine_start()      the clock's second half; the events boot, cpu, memory and clock.  clock_now_ns()
 *                        and the event loop (machine/) work from here on
 *   (read the configuration, exit_set_debug_port(), exit_set_way(), log_set_mode())
 *   (find the devices, entropy_add() what virtio-rng gave), entropy_ready(), renew_begin(),
 *   kernel_new_canary()
 *   (network and application)
 *   machine_exit(status)
 */
#ifndef KERNEL_START_H
#define KERNEL_START_H

#include "base/compiler.h"
#include "log/event.h"
#include "boot/boot_info.h"

/* For the entry points' assembly, before anything else of the image: moves the image's pointers to where it was
 * loaded (relocate.c). */
void relocate(void);
/* Called by the entry code.  `bi` may be anything: it is checked. */
NORETURN void kernel_start(struct boot_info *bi);
/* The entry code cannot boot, for this reason; nothing is known about the machine. */
NORETURN void kernel_refuse(const char *problem);
/* Before kernel_start(): the entry code could not hand over the configuration that it was given.  The machine
 * comes up as far as machine_start(), which reports it and ends with status 2. */
void kernel_note_bad_config(const char *source, const char *problem);
/* The entry code cannot boot because of the configuration that it was given; status 2. */
NORETURN void kernel_refuse_config(const char *source, const char *problem);

/* kernel/main.c: the composition root. */
NORETURN void kernel_main(struct boot_info *bi);

/* Another value for the stack protector, from a generator that is seeded by now.  Only kernel_main()
 * itself may call it. */
void kernel_new_canary(void);

/* What kernel_main() calls first.  Panics on a machine without a clock. */
void machine_start(const struct boot_info *bi, struct event_sink *events);

#endif
