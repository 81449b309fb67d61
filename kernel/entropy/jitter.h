/*
 * SPDX-License-Identifier: MIT
 *
 * How much a block of timing readings is worth as a seed.  Pure: readings in, bits out.
 */
#ifndef KERNEL_ENTROPY_JITTER_H
#define KERNEL_ENTROPY_JITTER_H

#include "base/compiler.h"

#define JITTER_BLOCK 2048u /* readings */

/* What of a reading counts: equal readings have equal symbols; that different ones may have them, too,
 * only costs bits. */
uint8_t jitter_symbol(uint64_t reading);

/*
 * Bits of entropy that the block is credited with, 0 to JITTER_BLOCK_BITS.  NIST SP 800-90B: 0 where
 * the repetition count test (4.4.1), of the symbols or of right guesses, or the adaptive proportion test
 * (4.4.2) fails; else an estimate of the min-entropy from the most common value (6.3.1) and from
 * how often simple predictors are right
 * (after 6.3.8 and 6.3.9), with the same margin, and never more than 1/16 bit a reading.  A sequence
 * that looks random and is not, such as a generator's, cannot be distinguished from noise.
 */
#define JITTER_BLOCK_BITS (JITTER_BLOCK / 16)
unsigned jitter_bits(const uint8_t symbols[JITTER_BLOCK]);

#endif
