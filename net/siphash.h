/*
 * SPDX-License-Identifier: MIT
 *
 * SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012): a keyed hash of 64
 * bits.  The stack keys it with its secret where an outsider must not foresee the result: initial
 * sequence numbers (RFC 6528), lookup tables.
 */
#ifndef NET_SIPHASH_H
#define NET_SIPHASH_H

#include "base/compiler.h"

#define SIPHASH_KEY_LEN 16

uint64_t siphash(const uint8_t key[SIPHASH_KEY_LEN], const void *data, size_t len) MUST_CHECK;

#endif
