/* SPDX-License-Identifier: MIT */
/* kernel/arch/copy.h for x86-64: the string instructions by words of eight bytes.  CPUs run them at full
 * width, an emulator pays per repetition, and they are short, which counts where code runs cold. */
#ifndef ARCH_COPY_H
#define ARCH_COPY_H

static inline void copy_upwards(void *dst, const void *src, size_t len)
{
	size_t words = len / 8;

	__asm__ volatile("rep movsq\n\t"
			 "movq %3, %2\n\t"
			 "rep movsb"
			 : "+D"(dst), "+S"(src), "+c"(words)
			 : "r"(len % 8)
			 : "memory");
}

static inline void fill_bytes(void *dst, uint8_t byte, size_t len)
{
	size_t words = len / 8;

	__asm__ volatile("rep stosq\n\t"
			 "movq %2, %1\n\t"
			 "rep stosb"
			 : "+D"(dst), "+c"(words)
			 : "r"(len % 8), "a"(byte * UINT64_C(0x0101010101010101))
			 : "memory");
}

#endif
