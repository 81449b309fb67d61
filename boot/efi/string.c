/*
 * SPDX-License-Identifier: MIT
 *
 * The few memory functions that the loader and the compiler need (base/string.h), small rather
 * than fast: the loader copies one kernel.
 */
#include "base/string.h"

#include "base/assert.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t len)
{
	void *to = dst;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(len) : : "memory");
	return dst;
}

/* Backwards where the ends overlap that way. */
void *memmove(void *dst, const void *src, size_t len)
{
	char *to = dst;
	const char *from = src;

	if ((size_t)(to - from) >= len)
		return memcpy(dst, src, len);
	while (len-- > 0)
		to[len] = from[len];
	return dst;
}

void *memset(void *dst, int byte, size_t len)
{
	void *to = dst;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(byte) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < len; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		len++;
	return len;
}

/* A programming error in the loader: firmware's exception handler shows where. */
void assert_failed(const char *expr, const char *file, int line)
{
	(void)expr;
	(void)file;
	(void)line;
	__builtin_trap();
}
