/*
 * SPDX-License-Identifier: MIT
 *
 * Memory barriers between this CPU and a device that reads and writes the same RAM.  x86 would
 * forgive most missing ones; other machines do not, so every ring access names the one it needs.
 *
 *   void barrier_full(void)    loads and stores before it come before loads and stores after it
 *   void barrier_store(void)   stores before it are visible before stores after it
 *   void barrier_load(void)    loads after it see at least what loads before it saw
 */
#ifndef KERNEL_ARCH_BARRIER_H
#define KERNEL_ARCH_BARRIER_H

#include <arch/barrier.h>

#endif
