/* SPDX-License-Identifier: MIT */
/* kernel/arch/copy.h for AArch64, whose loads and stores of RAM need no alignment. */
#ifndef ARCH_COPY_H
#define ARCH_COPY_H

static inline void copy_upwards(void *dst, const void *src, size_t len)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	for (; len >= 8; len -= 8, d += 8, s += 8) {
		uint64_t word;

		__builtin_memcpy(&word, s, 8);
		__builtin_memcpy(d, &word, 8);
	}
	while (len-- > 0)
		*d++ = *s++;
}

static inline void fill_bytes(void *dst, uint8_t byte, size_t len)
{
	uint64_t word = byte * UINT64_C(0x0101010101010101);
	unsigned char *d = dst;

	for (; len >= 8; len -= 8, d += 8)
		__builtin_memcpy(d, &word, 8);
	while (len-- > 0)
		*d++ = byte;
}

#endif
