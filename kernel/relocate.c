/*
 * SPDX-License-Identifier: MIT
 *
 * Moves the image to where it was loaded, for both entry points: adds the load address to every pointer
 * that the linker left in the image.
 *
 * The linker packs the places (all of the RELATIVE kind; link.mk refuses any other) into the
 * RELR form of the ELF gABI: an even word is the address of one place, an odd word is a bitmap
 * over the 63 words that follow the last one.  The image is linked at 0, so its load address is
 * the bias.  Runs once, before any static pointer may be read: it must not need a relocation.
 */
#include "kernel/arch/image.h"
#include "kernel/start.h"

void relocate(void)
{
	uint64_t bias = (uint64_t)image_start;
	uint64_t *place = NULL;

	for (const uint64_t *word = relr_start; word < relr_end; word++) {
		if ((*word & 1) == 0) {
			place = (uint64_t *)(bias + *word);
			*place++ += bias;
			continue;
		}
		for (uint64_t bits = *word >> 1, i = 0; bits != 0; bits >>= 1, i++) {
			if (bits & 1)
				place[i] += bias;
		}
		place += 63;
	}
}
