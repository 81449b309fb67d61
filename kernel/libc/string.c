/*
 * SPDX-License-Identifier: MIT
 *
 * The memory and string functions of base/string.h.
 */
#include "base/string.h"

#include "kernel/arch/copy.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	copy_upwards(dst, src, len);
	return dst;
}

void *memmove(void *dst, const void *src, size_t len)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	/* Upwards, as memcpy() goes, is right unless the destination begins inside the source. */
	if ((uintptr_t)d - (uintptr_t)s >= len)
		return memcpy(dst, src, len);
	for (; len >= 8; len -= 8) {
		uint64_t word;

		__builtin_memcpy(&word, s + len - 8, 8);
		__builtin_memcpy(d + len - 8, &word, 8);
	}
	while (len-- > 0)
		d[len] = s[len];
	return dst;
}

void *memset(void *dst, int byte, size_t len)
{
	fill_bytes(dst, (uint8_t)byte, len);
	return dst;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *p = a, *q = b;

	for (size_t i = 0; i < len; i++) {
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
	}
	return 0;
}

void *memchr(const void *s, int byte, size_t len)
{
	const unsigned char *p = s;

	for (size_t i = 0; i < len; i++) {
		if (p[i] == (unsigned char)byte)
			return (void *)(uintptr_t)(p + i);
	}
	return NULL;
}

size_t strlen(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		len++;
	return len;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t len)
{
	while (len > 0 && *a != '\0' && *a == *b) {
		a++;
		b++;
		len--;
	}
	return len == 0 ? 0 : (unsigned char)*a - (unsigned char)*b;
}
